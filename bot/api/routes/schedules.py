"""`/v1/schedules`: calendars of who is on duty, named by rules as `oncall:<name>`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.asking import Nothing
from bot.wire.trusting import ScheduleFeed, ScheduleIn, ScheduleView, show_schedule

router = APIRouter(tags=["schedules"], route_class=Direct)
_SCHEDULES = several(ScheduleView)


@router.get("/v1/schedules", **spec("List schedules", lists=ScheduleView))
async def schedules(request: Request) -> Response:
    found = await house(request).administration.schedules.list(actor(request))
    return answer_list(_SCHEDULES, [show_schedule(one) for one in found], None)


@router.post("/v1/schedules", **spec("Add a schedule", body=ScheduleIn, answer=ScheduleView, status=201, asks=True))
async def add(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = await body_of(request, ScheduleIn)
    await office.schedules.add(who, said.name, said.url, once=await once(request))
    return await _read_anew(request, said.name, 201)


@router.get("/v1/schedules/{name}", **spec("Look at a schedule", answer=ScheduleView))
async def get(request: Request, name: str) -> Response:
    return answer(show_schedule(await house(request).administration.schedules.get(actor(request), name)))


@router.put("/v1/schedules/{name}", **spec("Give it another feed", body=ScheduleFeed, answer=ScheduleView, asks=True))
async def change(request: Request, name: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    await office.schedules.get(who, name)
    said = await body_of(request, ScheduleFeed)
    await office.schedules.change(who, name, said.url)
    return await _read_anew(request, name)


@router.post("/v1/schedules/{name}/refresh", **spec("Read its feed now", body=Nothing, answer=ScheduleView))
async def refresh(request: Request, name: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    await office.schedules.get(who, name)
    await body_of(request, Nothing)
    return await _read_anew(request, name)


@router.delete(
    "/v1/schedules/{name}", **spec("Remove a schedule no rule names", answer=ScheduleView, writes=True, asks=True)
)
async def remove(request: Request, name: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    seen = await office.schedules.get(who, name)
    await office.schedules.remove(who, name)
    return answer(show_schedule(seen))


async def _read_anew(request: Request, name: str, status: int = 200) -> Response:
    return answer(show_schedule(await house(request).administration.schedules.refresh(actor(request), name)), status)


MEMBER = Routes("schedules", router, (ScheduleIn, ScheduleFeed))
