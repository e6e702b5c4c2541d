"""`/v1/rules`: who must say yes, who need not be asked; checked and tried on past requests before they bite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.api.exchange import PRIVATE, actor, answer, answer_list, body_of, house, once, query_of, several
from bot.api.routes.base import REF, Direct, Routes, spec
from bot.wire.ruling import (
    CheckedRule,
    ReplayIn,
    ReplayProgress,
    ReplayView,
    RuleChange,
    RuleIn,
    RuleQuery,
    RuleSwitch,
    RuleVersionView,
    RuleView,
    SavedRule,
    show_checked,
    show_replay,
    show_rule,
    show_saved,
)
from core.model.rule import Mode
from core.rulebook.replay import Replayed

router = APIRouter(tags=["rules"], route_class=Direct)
_RULES = several(RuleView)
_VERSIONS = several(RuleVersionView)
LINES: Final = "application/x-ndjson"
EVERY: Final = 100
"""Requests between two lines of progress."""


def _streamed(described: dict[str, Any]) -> dict[str, Any]:
    """Who accepts lines is told of the progress: `{"seen", "total", "result": null}`, the last one with the result."""
    schema = {"$ref": REF.format(model=ReplayProgress.__name__)}
    described["responses"][200]["content"][LINES] = {"schema": schema}
    return described


@router.get("/v1/rules", **spec("List all rules, oldest first", lists=RuleView))
async def rules(request: Request) -> Response:
    found = await house(request).administration.rules.list(actor(request))
    return answer_list(_RULES, [show_rule(rule) for rule in found.rules], None)


@router.post("/v1/rules", **spec("Add a rule", body=RuleIn, answer=SavedRule, status=201, asks=True))
async def add(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = await body_of(request, RuleIn)
    return answer(show_saved(await office.rules.add(who, said.rule, once=await once(request))), 201)


@router.post("/v1/rules/validate", **spec("Check a rule without saving it", body=RuleIn, answer=CheckedRule))
async def validate(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_oversee(who)
    said = await body_of(request, RuleIn)
    await once(request)
    return answer(show_checked(await office.rules.validate(who, said.rule)))


@router.post("/v1/rules/replay", **_streamed(spec("Try rules on past requests", body=ReplayIn, answer=ReplayView)))
async def replay(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_oversee(who)
    said = await body_of(request, ReplayIn)
    await once(request)
    found = office.rules.replay(who, said.rules, days=said.days, most=said.limit)
    if LINES in request.headers.get("accept", ""):
        request.state.held = True
        return StreamingResponse(_told(await anext(found, Replayed()), found), media_type=LINES, headers=PRIVATE)
    last = Replayed()
    async for so_far in found:
        last = so_far
    return answer(show_replay(last))


async def _told(first: Replayed, found: AsyncIterator[Replayed]) -> AsyncIterator[bytes]:
    """A line of progress now and then, and at the end one with the whole. What cannot be is refused before the first."""
    last, told = first, 0
    yield _line(ReplayProgress(seen=first.seen, total=first.total))
    async for last in found:
        if last.seen - told >= EVERY:
            told = last.seen
            yield _line(ReplayProgress(seen=last.seen, total=last.total))
    yield _line(ReplayProgress(seen=last.seen, total=last.total, result=show_replay(last)))


def _line(progress: ReplayProgress) -> bytes:
    return progress.model_dump_json().encode() + b"\n"


@router.get("/v1/rules/{id}", **spec("Look at a rule", answer=RuleView))
async def get(request: Request, id: str) -> Response:
    return answer(show_rule(await house(request).administration.rules.get(actor(request), id)))


@router.get("/v1/rules/{id}/versions", **spec("Every version, newest first", lists=RuleVersionView))
async def versions(request: Request, id: str) -> Response:
    found = await house(request).administration.rules.history(actor(request), id)
    return answer_list(
        _VERSIONS, [RuleVersionView(removed=one.removed, rule=show_rule(one.rule)) for one in found], None
    )


@router.put("/v1/rules/{id}", **spec("Change a rule", body=RuleChange, answer=SavedRule, asks=True))
async def change(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    await office.rules.get(who, id)
    said = await body_of(request, RuleChange)
    return answer(show_saved(await office.rules.change(who, id, said.rule, version=said.version)))


@router.post("/v1/rules/{id}/switch", **spec("Switch on, to shadow, off", body=RuleSwitch, answer=RuleView, asks=True))
async def switch(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    await office.rules.get(who, id)
    said = await body_of(request, RuleSwitch)
    key = await once(request)
    return answer(show_rule(await office.rules.switch(who, id, Mode(said.mode), reason=said.reason, once=key)))


@router.post("/v1/rules/{id}/undo", **spec("Take the last change back", answer=RuleView, writes=True, asks=True))
async def undo(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    await office.rules.history(who, id)
    return answer(show_rule(await office.rules.undo(who, id, once=await once(request))))


@router.delete("/v1/rules/{id}", **spec("Remove a rule", query=RuleQuery, answer=RuleView, writes=True, asks=True))
async def remove(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = query_of(request, RuleQuery)
    return answer(show_rule(await office.rules.remove(who, id, version=said.version)))


MEMBER = Routes("rules", router, (RuleIn, RuleChange, RuleSwitch, ReplayIn, ReplayProgress))
