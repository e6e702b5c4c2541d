"""`/v1/delegations`: who decides for whom, and until when; `/v1/me/preferences`: how one likes to be told."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, query_of, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.absence import (
    DelegationIn,
    DelegationQuery,
    DelegationView,
    PreferencesIn,
    PreferencesView,
    show_delegation,
    show_preferences,
)
from core.administration.delegations import must_delegate_as_a_person
from core.administration.preferences import must_prefer_as_a_person

router = APIRouter(tags=["delegations"], route_class=Direct)
_DELEGATIONS = several(DelegationView)


@router.get(
    "/v1/delegations",
    **spec("List delegations in force or to come", query=DelegationQuery, lists=DelegationView),
)
async def delegations(request: Request) -> Response:
    everybody = query_of(request, DelegationQuery).whose == "all"
    found = await house(request).administration.delegations.list(actor(request), everybody=everybody)
    return answer_list(_DELEGATIONS, [show_delegation(one) for one in found], None)


@router.post(
    "/v1/delegations",
    **spec("Let somebody decide for you for a while", body=DelegationIn, answer=DelegationView, status=201),
)
async def give(request: Request) -> Response:
    who = actor(request)
    must_delegate_as_a_person(who)
    said = await body_of(request, DelegationIn)
    given = await house(request).administration.delegations.give(
        who, said.to, said.until, starts_at=said.starts_at, project=said.project, once=await once(request)
    )
    return answer(show_delegation(given), 201)


@router.get("/v1/delegations/{id}", **spec("Look at a delegation", answer=DelegationView))
async def get(request: Request, id: str) -> Response:
    return answer(show_delegation(await house(request).administration.delegations.get(actor(request), id)))


@router.delete("/v1/delegations/{id}", **spec("Stop a delegation", answer=DelegationView, writes=True))
async def stop(request: Request, id: str) -> Response:
    return answer(show_delegation(await house(request).administration.delegations.stop(actor(request), id)))


@router.get("/v1/me/preferences", **spec("How one likes to be told", answer=PreferencesView))
async def preferences(request: Request) -> Response:
    return answer(show_preferences(await house(request).administration.preferences.get(actor(request))))


@router.patch("/v1/me/preferences", **spec("Say how one likes to be told", body=PreferencesIn, answer=PreferencesView))
async def prefer(request: Request) -> Response:
    who = actor(request)
    must_prefer_as_a_person(who)
    said = await body_of(request, PreferencesIn)
    chosen = await house(request).administration.preferences.change(who, said.changes(), once=await once(request))
    return answer(show_preferences(chosen))


MEMBER = Routes("delegations", router, (DelegationIn, DelegationQuery, PreferencesIn))
