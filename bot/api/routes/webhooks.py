"""`/v1/webhooks`: addresses that are told what happens, by id or name, their secrets, and what was delivered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, query_of, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.asking import Nothing
from bot.wire.strict import Shape
from bot.wire.webhooks import (
    AttemptView,
    NewWebhook,
    Rotation,
    WebhookChange,
    WebhookView,
    show_attempt,
    show_webhook,
)
from core.administration.webhooks import Webhooks
from core.errors import NotFound
from core.model.digest import LARGEST_INTEGER
from core.model.duration import parse_duration
from core.model.endpoint import OVERLAP

router = APIRouter(tags=["webhooks"], route_class=Direct)
_WEBHOOKS = several(WebhookView)
_ATTEMPTS = several(AttemptView)


class AttemptsQuery(Shape):
    """The newest first; `cursor` is what the page before gave."""

    cursor: Annotated[int, Field(ge=1, le=LARGEST_INTEGER, strict=False)] | None = None
    limit: Annotated[int, Field(ge=1, le=100, strict=False)] = 20


def _office(request: Request) -> Webhooks:
    return house(request).administration.webhooks


@router.get("/v1/webhooks", **spec("List webhooks", lists=WebhookView))
async def webhooks(request: Request) -> Response:
    return answer_list(_WEBHOOKS, [show_webhook(one) for one in await _office(request).list(actor(request))], None)


@router.post(
    "/v1/webhooks",
    **spec("Add a webhook; its secret is shown once", body=NewWebhook, answer=WebhookView, status=201, asks=True),
)
async def add(request: Request) -> Response:
    who = actor(request)
    await house(request).administration.must_manage(who)
    said = await body_of(request, NewWebhook)
    made = await _office(request).add(
        who,
        said.name,
        said.url,
        events=said.events,
        projects=said.projects,
        types=said.types,
        once=await once(request),
    )
    return answer(show_webhook(made.webhook, made.secret), 201)


@router.get("/v1/webhooks/{id}", **spec("Look at a webhook", answer=WebhookView))
async def get(request: Request, id: str) -> Response:
    return answer(show_webhook(await _office(request).get(actor(request), id)))


@router.patch("/v1/webhooks/{id}", **spec("Change a webhook", body=WebhookChange, answer=WebhookView, asks=True))
async def change(request: Request, id: str) -> Response:
    who = actor(request)
    await _office(request).get(who, id)
    await house(request).administration.must_manage(who)
    said = await body_of(request, WebhookChange)
    changed = await _office(request).change(who, id, name=said.name, url=said.url, filters=said.filters())
    return answer(show_webhook(changed))


@router.delete("/v1/webhooks/{id}", **spec("Remove a webhook", answer=WebhookView, writes=True, asks=True))
async def remove(request: Request, id: str) -> Response:
    seen = await _office(request).get(actor(request), id)
    await _office(request).remove(actor(request), seen.endpoint.id)
    return answer(show_webhook(seen))


@router.post(
    "/v1/webhooks/{id}/rotate",
    **spec("Make a new secret, shown once; the old one signs beside it for a while", body=Rotation, answer=WebhookView),
)
async def rotate(request: Request, id: str) -> Response:
    who = actor(request)
    await _office(request).get(who, id)
    await house(request).administration.must_manage(who)
    said = await body_of(request, Rotation)
    overlap = OVERLAP if said.overlap is None else parse_duration(said.overlap)
    made = await _office(request).rotate(who, id, overlap=overlap, once=await once(request))
    return answer(show_webhook(made.webhook, made.secret))


@router.post("/v1/webhooks/{id}/pause", **spec("Pause deliveries", body=Nothing, answer=WebhookView))
async def pause(request: Request, id: str) -> Response:
    who = actor(request)
    await _office(request).get(who, id)
    await house(request).administration.must_manage(who)
    await body_of(request, Nothing)
    return answer(show_webhook(await _office(request).pause(who, id, once=await once(request))))


@router.post(
    "/v1/webhooks/{id}/resume",
    **spec("Go on from where it was, also after it was parked", body=Nothing, answer=WebhookView),
)
async def resume(request: Request, id: str) -> Response:
    who = actor(request)
    await _office(request).get(who, id)
    await house(request).administration.must_manage(who)
    await body_of(request, Nothing)
    return answer(show_webhook(await _office(request).resume(who, id, once=await once(request))))


@router.post("/v1/webhooks/{id}/test", **spec("Send a test message now", body=Nothing, answer=AttemptView))
async def test(request: Request, id: str) -> Response:
    await _office(request).get(actor(request), id)
    await body_of(request, Nothing)
    return answer(show_attempt(await _office(request).test(actor(request), id)))


@router.get(
    "/v1/webhooks/{id}/deliveries",
    **spec("What was tried, newest first", query=AttemptsQuery, lists=AttemptView),
)
async def deliveries(request: Request, id: str) -> Response:
    who = actor(request)
    await _office(request).get(who, id)
    query = query_of(request, AttemptsQuery)
    found = await _office(request).attempts(who, id, before=query.cursor, limit=query.limit + 1)
    page = found[: query.limit]
    following = str(page[-1].id) if len(found) > query.limit else None
    return answer_list(_ATTEMPTS, [show_attempt(one) for one in page], following)


@router.post(
    "/v1/webhooks/{id}/deliveries/{delivery}/redeliver",
    **spec("Send the same message once more, now", body=Nothing, answer=AttemptView),
)
async def redeliver(request: Request, id: str, delivery: str) -> Response:
    who = actor(request)
    await _office(request).get(who, id)
    await house(request).administration.must_manage(who)
    if not (delivery.isascii() and delivery.isdecimal() and len(delivery) < 18):
        raise NotFound("There is no such delivery here; look at the list of deliveries.")
    await body_of(request, Nothing)
    return answer(show_attempt(await _office(request).redeliver(who, id, int(delivery))))


MEMBER = Routes("webhooks", router, (NewWebhook, WebhookChange, Rotation, Nothing))
