"""`/v1/trust`: what agents have earned. Read only: it is earned, and switched on in Slack (`settings safety`)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer_list, house, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.trusting import TrustView, show_trust

router = APIRouter(tags=["trust"], route_class=Direct)
_TRUST = several(TrustView)


@router.get("/v1/trust", **spec("What each agent has earned, per type", lists=TrustView))
async def trust(request: Request) -> Response:
    found = await house(request).administration.safety.earned(actor(request))
    return answer_list(_TRUST, [show_trust(one) for one in found], None)


MEMBER = Routes("trust", router)
