"""`POST /v1/requests/{id}/…`: everything that can be done to a request. The desk judges; a repeat gets the same answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, body_after, house, once, was_sent_before
from bot.api.rendering import answer_done, find
from bot.api.routes.base import Direct, Routes, spec
from bot.wire import asking as a
from bot.wire.emergencies import BreakGlassIn, ReviewIn
from bot.wire.showing import DoneView
from bot.wire.strict import Shape
from core.errors import Conflict
from core.model import command as c
from core.model.emergency import Finding
from core.model.request import ExecutionStatus
from core.model.request import Request as Asked
from core.naming import find_member

router = APIRouter(tags=["decisions"], route_class=Direct)
S = TypeVar("S", bound=Shape)
FAR = datetime(9999, 1, 1, tzinfo=UTC)


async def _do(request: Request, id: str, shape: type[S], bare: c.Command, say: Callable[[S], c.Command]) -> Response:
    """`bare` is the command with nothing said, to ask who may before saying what is wrong with the body."""
    rooms, who = house(request), actor(request)
    found = await find(rooms, who, id)
    said = await body_after(request, shape, lambda: rooms.desk.would_refuse(who, found, bare))
    return await answer_done(rooms, who, await rooms.desk.do(who, found, say(said), once=await once(request)))


@router.post("/v1/requests/{id}/approve", **spec("Approve, as it is or with edits", body=a.Approval, answer=DoneView))
async def approve(request: Request, id: str) -> Response:
    return await _do(request, id, a.Approval, c.Approve(), a.Approval.to_command)


@router.post("/v1/requests/{id}/reject", **spec("Reject; the comment is the reason", body=a.Rejection, answer=DoneView))
async def reject(request: Request, id: str) -> Response:
    return await _do(request, id, a.Rejection, c.Reject("?"), a.Rejection.to_command)


@router.post(
    "/v1/requests/{id}/break-glass", **spec("Decide alone, in an emergency", body=BreakGlassIn, answer=DoneView)
)
async def break_glass(request: Request, id: str) -> Response:
    return await _do(request, id, BreakGlassIn, c.BreakGlass("?"), BreakGlassIn.to_command)


@router.post("/v1/requests/{id}/review", **spec("Close the review of broken glass", body=ReviewIn, answer=DoneView))
async def review(request: Request, id: str) -> Response:
    return await _do(request, id, ReviewIn, c.CloseReview(Finding.JUSTIFIED, "?"), ReviewIn.to_command)


@router.post("/v1/requests/{id}/withdraw", **spec("Take one's own approval back", body=a.Remark, answer=DoneView))
async def withdraw(request: Request, id: str) -> Response:
    return await _do(request, id, a.Remark, c.Withdraw(), lambda said: c.Withdraw(said.comment))


@router.post("/v1/requests/{id}/ask", **spec("Ask the requester something", body=a.QuestionIn, answer=DoneView))
async def ask(request: Request, id: str) -> Response:
    return await _do(request, id, a.QuestionIn, c.Ask("?"), a.QuestionIn.to_command)


@router.post("/v1/requests/{id}/answer", **spec("Answer a question", body=a.AnswerIn, answer=DoneView))
async def answer_question(request: Request, id: str) -> Response:
    return await _do(request, id, a.AnswerIn, c.Answer("?"), a.AnswerIn.to_command)


@router.post("/v1/requests/{id}/comment", **spec("Say something; changes no status", body=a.CommentIn, answer=DoneView))
async def comment(request: Request, id: str) -> Response:
    return await _do(request, id, a.CommentIn, c.Comment("?"), a.CommentIn.to_command)


@router.post("/v1/requests/{id}/cancel", **spec("Cancel, as the requester or an admin", body=a.Remark, answer=DoneView))
async def cancel(request: Request, id: str) -> Response:
    return await _do(request, id, a.Remark, c.Cancel(), lambda said: c.Cancel(said.comment))


@router.post("/v1/requests/{id}/discard", **spec("Discard, before it is claimed", body=a.Remark, answer=DoneView))
async def discard(request: Request, id: str) -> Response:
    return await _do(request, id, a.Remark, c.Discard(), lambda said: c.Discard(said.comment))


@router.post("/v1/requests/{id}/remind", **spec("Remind those who have not answered", body=a.Nothing, answer=DoneView))
async def remind(request: Request, id: str) -> Response:
    return await _do(request, id, a.Nothing, c.Remind(), lambda _: c.Remind())


@router.post("/v1/requests/{id}/extend", **spec("Move the deadline later", body=a.Extension, answer=DoneView))
async def extend(request: Request, id: str) -> Response:
    return await _do(request, id, a.Extension, c.Extend(FAR), a.Extension.to_command)


@router.post("/v1/requests/{id}/handover", **spec("Give one's own seat away", body=a.HandOverIn, answer=DoneView))
async def handover(request: Request, id: str) -> Response:
    rooms, who = house(request), actor(request)
    found = await find(rooms, who, id)
    bare = c.GiveSeat(who.id)
    said = await body_after(request, a.HandOverIn, lambda: rooms.desk.would_refuse(who, found, bare))
    taker = await rooms.store.read(lambda reader: find_member(reader, who.organisation, said.to))
    command = c.GiveSeat(said.to if taker is None else taker.id, said.comment)
    return await answer_done(rooms, who, await rooms.desk.do(who, found, command, once=await once(request)))


@router.post("/v1/requests/{id}/run", **spec("Have it executed now", body=a.Nothing, answer=DoneView))
async def run(request: Request, id: str) -> Response:
    return await _do(request, id, a.Nothing, c.Run(), lambda _: c.Run())


@router.post("/v1/requests/{id}/execution", **spec("Claim or report", body=a.ExecutionReport, answer=DoneView))
async def execution(request: Request, id: str) -> Response:
    bare = c.ReportExecution(ExecutionStatus.EXECUTING)
    return await _do(request, id, a.ExecutionReport, bare, a.ExecutionReport.to_command)


@router.post("/v1/requests/{id}/revise", **spec("Change what is asked", body=a.Revision, answer=DoneView))
async def revise(request: Request, id: str) -> Response:
    rooms, who = house(request), actor(request)
    found = await find(rooms, who, id)
    stored = await rooms.desk.see(who, found)
    bare = c.Revise(stored.content)
    said = await body_after(request, a.Revision, lambda: rooms.desk.would_refuse(who, found, bare))
    await _must_be_current(request, stored, said.revision)
    draft = said.to_draft(stored)
    done = await rooms.desk.revise(who, found, draft, keep_people=said.keeps_people, once=await once(request))
    return await answer_done(rooms, who, done)


async def _must_be_current(request: Request, stored: Asked, revision: int | None) -> None:
    """What is left out stays as it was in the revision the caller saw. A repeat of a call long done may be late."""
    if revision is None or revision == stored.revision or await was_sent_before(request):
        return
    raise Conflict(
        f"Request #{stored.number} is now at revision {stored.revision}; look at it again and change that one.",
        code="stale_revision",
        revision=stored.revision,
        stage=stored.stage,
    )


MEMBER = Routes(
    "decisions",
    router,
    (
        a.Approval,
        a.Rejection,
        a.Remark,
        a.QuestionIn,
        a.AnswerIn,
        a.CommentIn,
        a.Nothing,
        a.Extension,
        a.HandOverIn,
        a.ExecutionReport,
        a.Revision,
        BreakGlassIn,
        ReviewIn,
    ),
)
