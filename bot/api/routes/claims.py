"""`/v1/claims`: people of Slack who say which member they are; an admin confirms it or turns it down."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, several, was_sent_before
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.setting_up import IdentityView, show_identity
from bot.wire.showing import View
from bot.wire.strict import Shape, Who
from core.model.installation import Unmapped

KIND = "slack"
router = APIRouter(tags=["people"], route_class=Direct)


class Confirmation(Shape):
    """`member` is the address they named, as it was listed: a claim that changed meanwhile is not confirmed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"member": "ada@example.com"}]})

    member: Who


class ClaimView(View):
    """`wanted` is the address of the member they say they are; `email` is theirs in Slack, `reason` why they are not linked."""

    issuer: str
    user: str
    name: str
    email: str | None
    reason: str
    wanted: str | None
    seen_at: datetime
    asked_at: datetime | None


_CLAIMS = several(ClaimView)


@router.get("/v1/claims", **spec("List who says which member they are", lists=ClaimView))
async def claims(request: Request) -> Response:
    found = await house(request).administration.identities.claims(actor(request))
    return answer_list(_CLAIMS, [_show(one) for one in found], None)


@router.post(
    "/v1/claims/{issuer}/{user}/confirm",
    **spec("Confirm who they are", body=Confirmation, answer=IdentityView, status=201, asks=True),
)
async def confirm(request: Request, issuer: str, user: str) -> Response:
    """What that member was linked to there before falls."""
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    if not await was_sent_before(request):
        await office.identities.claimed(who, issuer, user)
    said = await body_of(request, Confirmation)
    pinned = await office.identities.confirm(who, KIND, issuer, user, said.member, once=await once(request))
    return answer(show_identity(pinned), 201)


@router.delete("/v1/claims/{issuer}/{user}", **spec("Turn down what they say", answer=ClaimView))
async def turn_down(request: Request, issuer: str, user: str) -> Response:
    return answer(_show(await house(request).administration.identities.dismiss(actor(request), issuer, user)))


def _show(one: Unmapped) -> ClaimView:
    return ClaimView(
        issuer=one.issuer,
        user=one.user,
        name=one.name,
        email=one.email,
        reason=one.reason,
        wanted=one.wanted,
        seen_at=one.seen_at,
        asked_at=one.asked_at,
    )


MEMBER = Routes("claims", router, (Confirmation,))
