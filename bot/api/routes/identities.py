"""`/v1/identities`: which outside user is which member."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, query_of, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.setting_up import IdentityView, NewIdentity, show_identity
from bot.wire.strict import Shape, Who

router = APIRouter(tags=["people"], route_class=Direct)
_IDENTITIES = several(IdentityView)


class IdentityQuery(Shape):
    """Of one member alone."""

    member: Who | None = None


@router.get("/v1/identities", **spec("List pinned identities", query=IdentityQuery, lists=IdentityView))
async def identities(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_oversee(who)
    found = await office.identities.list(who, query_of(request, IdentityQuery).member)
    return answer_list(_IDENTITIES, [show_identity(identity) for identity in found], None)


@router.post(
    "/v1/identities", **spec("Pin a user to a member", body=NewIdentity, answer=IdentityView, status=201, asks=True)
)
async def pin(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = await body_of(request, NewIdentity)
    key = await once(request)
    return answer(
        show_identity(await office.identities.pin(who, said.kind, said.issuer, said.user, said.member, once=key)), 201
    )


@router.delete("/v1/identities/{id}", **spec("Unpin", answer=IdentityView, asks=True))
async def unpin(request: Request, id: str) -> Response:
    return answer(show_identity(await house(request).administration.identities.unpin(actor(request), id)))


MEMBER = Routes("identities", router, (NewIdentity,))
