"""`/v1/login`, `/v1/tokens`, `/v1/me`: a person's own credentials, and whom a credential stands for."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, query_of, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.setting_up import LoginIn, Me, TokenView, show_token
from bot.wire.strict import Shape, Who
from core.administration.office import verbs
from core.model.people import Actor
from core.ports import Reader

router = APIRouter(tags=["credentials"], route_class=Direct)
_TOKENS = several(TokenView)


class TokenQuery(Shape):
    """As an admin: whose."""

    member: Who | None = None


@router.post(
    "/v1/login",
    **spec("Exchange the code that /countersign login shows for a token", body=LoginIn, answer=TokenView, status=201),
)
async def login(request: Request) -> Response:
    said = await body_of(request, LoginIn)
    origin = request.client.host if request.client else "unknown"
    made = await house(request).administration.logins.exchange(said.code, said.label, origin=origin)
    return answer(show_token(made.token, made.secret), 201)


@router.get("/v1/tokens", **spec("List one's tokens", query=TokenQuery, lists=TokenView))
async def tokens(request: Request) -> Response:
    member = query_of(request, TokenQuery).member
    found = await house(request).administration.logins.tokens(actor(request), member)
    return answer_list(_TOKENS, [show_token(token) for token in found], None)


@router.delete("/v1/tokens/{id}", **spec("Revoke a token", query=TokenQuery, answer=TokenView))
async def revoke(request: Request, id: str) -> Response:
    member = query_of(request, TokenQuery).member
    return answer(show_token(await house(request).administration.logins.revoke(actor(request), id, member)))


@router.get("/v1/me", **spec("Whom this credential stands for", answer=Me))
async def me(request: Request) -> Response:
    who = actor(request)
    return answer(await house(request).store.read(lambda reader: _me(reader, who)))


def _me(reader: Reader, who: Actor) -> Me:
    member = reader.member(who.organisation, who.id) if who.is_member else None
    organisation = reader.organisation(who.organisation)
    return Me.model_validate(
        {
            "kind": who.kind,
            "id": who.id,
            "name": who.name,
            "email": None if member is None else member.email,
            "organisation": who.organisation,
            "organisation_name": "" if organisation is None else organisation.name,
            "team": who.team,
            "may_decide": who.may_decide,
            "verbs": sorted(who.verbs or ()) if who.is_agent else sorted(verbs(reader, who)),
            "projects": None if who.projects is None else sorted(who.projects),
        }
    )


MEMBER = Routes("tokens", router, (LoginIn,))
