"""`/v1/members` and `/v1/grants`: people, and the roles given to them and to groups."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, query_of, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.setting_up import (
    GrantIn,
    GrantView,
    MemberChange,
    MemberView,
    NewMember,
    RoleWord,
    show_grant,
    show_member,
)
from bot.wire.strict import Shape, Who, some
from core.model.people import Role

router = APIRouter(tags=["people"], route_class=Direct)
_MEMBERS = several(MemberView)
_GRANTS = several(GrantView)


class PageQuery(Shape):
    cursor: Annotated[str, some(320)] | None = None
    limit: Annotated[int, Field(ge=1, le=100, strict=False)] = 20


class GrantQuery(Shape):
    """Which grant: whose, which role, in which project (left out: everywhere)."""

    to: Who
    role: RoleWord
    project: Annotated[str, some(100)] | None = None


@router.get("/v1/members", **spec("List members", query=PageQuery, lists=MemberView))
async def members(request: Request) -> Response:
    query = query_of(request, PageQuery)
    office = house(request).administration.members
    found = await office.list(actor(request), cursor=query.cursor, limit=query.limit)
    following = found[-1].id if len(found) == query.limit else None
    return answer_list(_MEMBERS, [show_member(member) for member in found], following)


@router.post("/v1/members", **spec("Add a member", body=NewMember, answer=MemberView, status=201, asks=True))
async def add(request: Request) -> Response:
    rooms, who = house(request), actor(request)
    await rooms.administration.must_manage(who)
    said = await body_of(request, NewMember)
    office = rooms.administration.members
    member = await office.add(who, said.email, said.name, roles=said.held(), once=await once(request))
    return answer(show_member(member), 201)


@router.get("/v1/members/{id}", **spec("Look at a member", answer=MemberView))
async def get(request: Request, id: str) -> Response:
    return answer(show_member(await house(request).administration.members.get(actor(request), id)))


@router.patch(
    "/v1/members/{id}", **spec("Change or deactivate a member", body=MemberChange, answer=MemberView, asks=True)
)
async def change(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.members.get(who, id)
    await office.must_manage(who)
    said = await body_of(request, MemberChange)
    changed = await office.members.change(who, id, email=said.email, name=said.name, active=said.active)
    return answer(show_member(changed))


@router.get("/v1/grants", **spec("List the roles given", lists=GrantView))
async def grants(request: Request) -> Response:
    found = await house(request).administration.grants.list(actor(request))
    return answer_list(_GRANTS, [show_grant(grant) for grant in found], None)


@router.post("/v1/grants", **spec("Give a role", body=GrantIn, answer=GrantView, status=201, asks=True))
async def give(request: Request) -> Response:
    who, office = actor(request), house(request).administration
    await office.must_manage_somewhere(who)
    said = await body_of(request, GrantIn)
    grant = await office.grants.give(who, said.to, Role(said.role), said.project, once=await once(request))
    return answer(show_grant(grant), 201)


@router.delete("/v1/grants", **spec("Take a role back", query=GrantQuery, answer=GrantView, asks=True))
async def take(request: Request) -> Response:
    who, office = actor(request), house(request).administration
    await office.must_manage_somewhere(who)
    query = query_of(request, GrantQuery)
    return answer(show_grant(await office.grants.take(who, query.to, Role(query.role), query.project)))


MEMBER = Routes("members", router, (NewMember, MemberChange, GrantIn))
