"""`/v1/groups`: named sets of members, by id or name."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.setting_up import GroupMembers, GroupView, NewGroup, show_group
from core.administration.groups import GroupWithMembers

router = APIRouter(tags=["people"], route_class=Direct)
_GROUPS = several(GroupView)


@router.get("/v1/groups", **spec("List groups with their members", lists=GroupView))
async def groups(request: Request) -> Response:
    found = await house(request).administration.groups.list(actor(request))
    return answer_list(_GROUPS, [_view(group) for group in found], None)


@router.post("/v1/groups", **spec("Add a group", body=NewGroup, answer=GroupView, status=201, asks=True))
async def add(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = await body_of(request, NewGroup)
    return answer(_view(await office.groups.add(who, said.name, said.members, once=await once(request))), 201)


@router.get("/v1/groups/{id}", **spec("Look at a group", answer=GroupView))
async def get(request: Request, id: str) -> Response:
    return answer(_view(await house(request).administration.groups.get(actor(request), id)))


@router.post(
    "/v1/groups/{id}/members", **spec("Set, add, remove members", body=GroupMembers, answer=GroupView, asks=True)
)
async def set_members(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.groups.get(who, id)
    await office.must_manage(who)
    said = await body_of(request, GroupMembers)
    changed = await office.groups.set_members(
        who, id, said.members, add=said.add, remove=said.remove, once=await once(request)
    )
    return answer(_view(changed))


def _view(found: GroupWithMembers) -> GroupView:
    return show_group(found.group, list(found.members))


MEMBER = Routes("groups", router, (NewGroup, GroupMembers))
