"""`/v1/checks`, and what the systems behind them report: `POST /v1/requests/{id}/checks/{name}`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_after, body_of, house, once, several
from bot.api.rendering import answer_done, find
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.judging import (
    CheckChange,
    CheckIn,
    CheckReport,
    CheckRun,
    CheckView,
    ReportedView,
    show_check,
    show_reported,
)
from bot.wire.showing import DoneView
from core.model import command as c

router = APIRouter(tags=["checks"], route_class=Direct)
_CHECKS = several(CheckView)


@router.get("/v1/checks", **spec("List checks", lists=CheckView))
async def checks(request: Request) -> Response:
    found = await house(request).administration.checks.list(actor(request))
    return answer_list(_CHECKS, [show_check(one) for one in found], None)


@router.post("/v1/checks", **spec("Add a check", body=CheckIn, answer=CheckView, status=201, asks=True))
async def add(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = await body_of(request, CheckIn)
    made = await office.checks.add(who, said.written(), said.secret, once=await once(request))
    return answer(show_check(made), 201)


@router.get("/v1/checks/{id}", **spec("Look at a check, by id or name", answer=CheckView))
async def get(request: Request, id: str) -> Response:
    return answer(show_check(await house(request).administration.checks.get(actor(request), id)))


@router.put("/v1/checks/{id}", **spec("Change a check", body=CheckChange, answer=CheckView, asks=True))
async def change(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    await office.checks.get(who, id)
    said = await body_of(request, CheckChange)
    return answer(show_check(await office.checks.change(who, id, said.written(), said.secret, version=said.version)))


@router.delete("/v1/checks/{id}", **spec("Remove a check no rule names", answer=CheckView, writes=True, asks=True))
async def remove(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    seen = await office.checks.get(who, id)
    await office.checks.remove(who, id)
    return answer(show_check(seen))


@router.post(
    "/v1/requests/{id}/checks/{name}",
    **spec("Report a check, as the credential named for it", body=CheckReport, answer=ReportedView),
)
async def report(request: Request, id: str, name: str) -> Response:
    rooms, who = house(request), actor(request)
    found = await find(rooms, who, id)
    bare = c.ReportCheck(name, "pending")
    said = await body_after(request, CheckReport, lambda: rooms.desk.would_refuse(who, found, bare))
    done = await rooms.desk.do(who, found, said.to_command(name), once=await once(request))
    return answer(show_reported(done.request, name))


@router.post("/v1/requests/{id}/checks/{name}/run", **spec("Run a check again", body=CheckRun, answer=DoneView))
async def run(request: Request, id: str, name: str) -> Response:
    rooms, who = house(request), actor(request)
    found = await find(rooms, who, id)
    bare = c.RunCheck(name)
    said = await body_after(request, CheckRun, lambda: rooms.desk.would_refuse(who, found, bare))
    return await answer_done(
        rooms, who, await rooms.desk.do(who, found, said.to_command(name), once=await once(request))
    )


MEMBER = Routes("checks", router, (CheckIn, CheckChange, CheckReport, CheckRun))
