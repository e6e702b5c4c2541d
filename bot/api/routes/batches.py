"""`/v1/batches`: asking for several alike at once, what waits for the caller by likeness, and deciding several, each by itself."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_after, house, once, several
from bot.api.house import House
from bot.api.rendering import emails_of, sees_whole
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.batching import BatchDecision, BatchView, NewBatch, OutcomeView, TogetherView, show_batch, show_outcome
from bot.wire.showing import show
from core.model.people import Actor
from core.model.request import Request as Asked

router = APIRouter(tags=["batches"], route_class=Direct)
_BATCHES = several(BatchView)
_OUTCOMES = several(OutcomeView)


@router.post(
    "/v1/batches",
    **spec(
        "Ask for several like approvals together, all or none",
        body=NewBatch,
        answer=TogetherView,
        status=201,
        again=True,
    ),
)
async def create(request: Request) -> Response:
    rooms, who = house(request), actor(request)
    said = await body_after(request, NewBatch, lambda: rooms.administration.refuses_asking(who))
    made = await rooms.desk.create_batch(who, said.to_drafts(), once=await once(request))
    view = await show_together(rooms, who, made.id, made.requests)
    response = answer(view, 200 if made.replayed else 201)
    response.headers["Location"] = f"/v1/batches/{made.id}"
    return response


@router.get("/v1/batches/{id}", **spec("Look at what was asked together", answer=TogetherView))
async def together(request: Request, id: str) -> Response:
    rooms, who = house(request), actor(request)
    found = await rooms.administration.batches.together(who, id)
    return answer(await show_together(rooms, who, id, found))


@router.get("/v1/batches", **spec("List like requests that wait for you, most first", lists=BatchView))
async def batches(request: Request) -> Response:
    found = await house(request).administration.batches.waiting(actor(request))
    return answer_list(_BATCHES, [show_batch(batch) for batch in found], None)


@router.post("/v1/batches/decide", **spec("Decide several, each by itself", body=BatchDecision, lists=OutcomeView))
async def decide(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    said = await body_after(request, BatchDecision, lambda: office.refuses_deciding(who))
    outcomes = await office.batches.decide(
        who,
        [item.to_item() for item in said.requests],
        said.verdict,
        said.comment,
        once=await once(request),
    )
    return answer_list(_OUTCOMES, [show_outcome(outcome) for outcome in outcomes], None)


async def show_together(house: House, who: Actor, id: str, requests: Sequence[Asked]) -> TogetherView:
    emails = await house.store.glance(lambda reader: emails_of(reader, *requests))
    views = [show(one, emails, whole=await sees_whole(house, who, one)) for one in requests]
    return TogetherView(id=id, requests=views)


MEMBER = Routes("batches", router, (NewBatch, BatchDecision))
