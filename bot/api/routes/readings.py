"""What can be read of a request besides itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, house, query_of, several
from bot.api.rendering import find, sees_whole
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.showing import (
    DecisionView,
    Explanation,
    Feed,
    RequirementView,
    explain,
    show_decision,
    show_event,
    show_requirements,
)
from bot.wire.strict import Shape
from core.model.digest import LARGEST_INTEGER
from core.model.request import Request as Asked
from core.veil import secrets_of

router = APIRouter(tags=["reading"], route_class=Direct)
_REQUIREMENTS = several(RequirementView)
_DECISIONS = several(DecisionView)


class FeedQuery(Shape):
    """What comes after a place in the request's chain."""

    after: Annotated[int, Field(ge=0, le=LARGEST_INTEGER, strict=False)] = 0
    limit: Annotated[int, Field(ge=1, le=100, strict=False)] = 100


async def _see(request: Request, id: str) -> Asked:
    rooms, who = house(request), actor(request)
    return await rooms.desk.see(who, await find(rooms, who, id))


@router.get("/v1/requests/{id}/requirements", **spec("Who must say yes, and who has", lists=RequirementView))
async def requirements(request: Request, id: str) -> Response:
    return answer_list(_REQUIREMENTS, show_requirements(await _see(request, id)), None)


@router.get("/v1/requests/{id}/decisions", **spec("All decisions, oldest first", lists=DecisionView))
async def decisions(request: Request, id: str) -> Response:
    found = await _see(request, id)
    whole = await sees_whole(house(request), actor(request), found)
    return answer_list(_DECISIONS, [show_decision(found, one, whole=whole) for one in found.decisions], None)


@router.get("/v1/requests/{id}/explain", **spec("Why these people, and how it stands", answer=Explanation))
async def explanation(request: Request, id: str) -> Response:
    return answer(explain(await _see(request, id)))


@router.get("/v1/requests/{id}/events", **spec("Its ledger, oldest first", query=FeedQuery, answer=Feed))
async def events(request: Request, id: str) -> Response:
    found = await _see(request, id)
    query = query_of(request, FeedQuery)
    rows = await house(request).store.read(lambda reader: reader.ledger(found.id, after=query.after, limit=query.limit))
    whole = await sees_whole(house(request), actor(request), found)
    hidden = ((), ()) if whole else (found.plan.secret, secrets_of(found))
    last = max((row.seq for row in rows), default=query.after)
    return answer(Feed(data=[show_event(row, *hidden) for row in rows], next_after=last, more=len(rows) == query.limit))


MEMBER = Routes("readings", router)
