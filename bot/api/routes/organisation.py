"""`/v1/organisation`: what holds everywhere in it, four eyes above all."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, body_of, house
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.setting_up import OrganisationSettings, OrganisationView, show_organisation

router = APIRouter(tags=["organisation"], route_class=Direct)


@router.get("/v1/organisation", **spec("Look at the organisation", answer=OrganisationView))
async def get(request: Request) -> Response:
    return answer(show_organisation(await house(request).administration.organisations.get(actor(request))))


@router.patch(
    "/v1/organisation/settings",
    **spec("Change settings; four eyes", body=OrganisationSettings, answer=OrganisationView, asks=True),
)
async def change(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = await body_of(request, OrganisationSettings)
    changed = await office.organisations.change(
        who, four_eyes=said.four_eyes, admin_channel=said.admin_channel, language=said.language
    )
    return answer(show_organisation(changed))


MEMBER = Routes("organisation", router, (OrganisationSettings,))
