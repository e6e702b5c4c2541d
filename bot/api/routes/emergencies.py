"""`/v1/freezes`: nothing is executed while one holds. `/v1/reviews`: what broken glass still owes."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.emergencies import FreezeIn, FreezeView, LiftIn, ReviewView, show_freeze, show_review

router = APIRouter(tags=["emergencies"], route_class=Direct)
_FREEZES = several(FreezeView)
_REVIEWS = several(ReviewView)


@router.get("/v1/freezes", **spec("List what is frozen now, oldest first", lists=FreezeView))
async def freezes(request: Request) -> Response:
    found = await house(request).administration.freezes.list(actor(request))
    return answer_list(_FREEZES, [show_freeze(one) for one in found], None)


@router.post("/v1/freezes", **spec("Freeze a project, or everything", body=FreezeIn, answer=FreezeView, status=201))
async def freeze(request: Request) -> Response:
    await house(request).administration.must_manage_somewhere(actor(request))
    said = await body_of(request, FreezeIn)
    made = await house(request).administration.freezes.freeze(
        actor(request), said.project, said.reason, until=said.until, once=await once(request)
    )
    return answer(show_freeze(made), 201)


@router.post("/v1/freezes/lift", **spec("Lift a freeze", body=LiftIn, lists=FreezeView, asks=True))
async def lift(request: Request) -> Response:
    await house(request).administration.must_manage_somewhere(actor(request))
    said = await body_of(request, LiftIn)
    lifted = await house(request).administration.freezes.lift(actor(request), said.project, once=await once(request))
    return answer_list(_FREEZES, [show_freeze(one) for one in lifted], None)


@router.get("/v1/reviews", **spec("List reviews that are owed, earliest deadline first", lists=ReviewView))
async def reviews(request: Request) -> Response:
    found = await house(request).administration.reviews.list(actor(request))
    return answer_list(_REVIEWS, [show_review(one) for one in found], None)


MEMBER = Routes("emergencies", router, (FreezeIn, LiftIn))
