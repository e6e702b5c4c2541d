"""`/v1/mirrors`, `/v1/groups/{id}/mirror`: groups that follow a Slack user group, and who of it is missing here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.setting_up import GroupView, show_group
from bot.wire.showing import View
from bot.wire.strict import Shape
from core.administration.groups import GroupWithMembers
from core.administration.mirrors import Unlinked
from core.model.installation import Unmapped
from core.model.mirror import Mirrored

router = APIRouter(tags=["people"], route_class=Direct)


class NewMirror(Shape):
    """`user_group` is its id in Slack; `workspace` a team's id, or an Enterprise organisation's that has the app as a whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_group": "S0614TZR7", "workspace": "T012AB3C4"}]})

    user_group: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Z0-9]+$")]
    workspace: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Z0-9]+$")] | None = None


class MissingView(View):
    """Somebody of the user group who stands for no member; `reason` is None until Slack was asked who they are."""

    issuer: str
    user: str
    name: str | None
    email: str | None
    reason: str | None


class MirrorView(View):
    """`problem` says why Slack could not be followed when it was last looked at."""

    group: str
    name: str
    follows: str
    looked_at: datetime | None
    problem: str | None
    missing: list[MissingView]


_MIRRORS = several(MirrorView)


@router.get("/v1/mirrors", **spec("List groups that follow a Slack user group", lists=MirrorView))
async def mirrors(request: Request) -> Response:
    found = await house(request).administration.mirrors.list(actor(request))
    return answer_list(_MIRRORS, [_show(one) for one in found], None)


@router.post(
    "/v1/groups/{id}/mirror",
    **spec("Let a group follow a Slack user group", body=NewMirror, answer=GroupView, status=201, asks=True),
)
async def start(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.groups.get(who, id)
    await office.must_manage(who)
    said = await body_of(request, NewMirror)
    key = await once(request)
    return answer(_group(await office.mirrors.follow(who, id, said.user_group, said.workspace, once=key)), 201)


@router.delete("/v1/groups/{id}/mirror", **spec("Keep a group by hand again", answer=GroupView, asks=True))
async def stop(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.groups.get(who, id)
    return answer(_group(await office.mirrors.stop(who, id)))


def _group(found: GroupWithMembers) -> GroupView:
    return show_group(found.group, list(found.members))


def _show(one: Unlinked) -> MirrorView:
    mirror = one.mirror
    return MirrorView(
        group=mirror.group.id,
        name=mirror.group.name,
        follows=mirror.follows,
        looked_at=mirror.looked_at,
        problem=mirror.problem,
        missing=[_missing(user) for user in one.users],
    )


def _missing(one: Unmapped | Mirrored) -> MissingView:
    if isinstance(one, Unmapped):
        return MissingView(issuer=one.issuer, user=one.user, name=one.name, email=one.email, reason=one.reason)
    return MissingView(issuer=one.issuer, user=one.user, name=None, email=None, reason=None)


MEMBER = Routes("mirrors", router, (NewMirror,))
