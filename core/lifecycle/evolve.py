"""Folding events into the request. Total and dumb: whatever needs judgement was judged before the event was made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from core.model import event as e
from core.model.altered import altered
from core.model.request import (
    Decision,
    Execution,
    ExecutionStatus,
    Life,
    Looking,
    Plan,
    Question,
    Request,
    Stage,
    Status,
)
from core.model.requirement import Source
from core.scheduling.escalations import after_escalation, key

Changes = dict[str, Any]
"""Fields of the request and what they become."""


def fold(request: Request | None, events: Iterable[e.Event]) -> Request:
    """The request after all the events, its version one higher by each; the first one of a new request is `Created`.

    One copy for all of them, for copying was a tenth of a decision: it is nobody else's before it is returned.
    """
    made: Request | None = None
    for event in events:
        if isinstance(event, e.Created):
            made = _created(event)
        elif made is not None:
            _go_on(made, version=made.version + 1, **_HOW[type(event)](made, event))
        elif request is not None:
            made = altered(request, version=request.version + 1, **_HOW[type(event)](request, event))
        else:
            raise ValueError(f"{type(event).__name__} before Created")
    after = request if made is None else made
    if after is None:
        raise ValueError("nothing to fold")
    return after


def _go_on(made: Request, **changes: Any) -> None:
    """Frozen for everybody but `fold`, which has just made it."""
    for name, value in changes.items():
        object.__setattr__(made, name, value)


def evolve(request: Request | None, event: e.Event) -> Request:
    """The request after one event; its version is one higher."""
    return fold(request, (event,))


def _created(event: e.Created) -> Request:
    return Request(
        id=event.id,
        organisation=event.organisation,
        project=event.project,
        number=event.number,
        requester=event.requester,
        content=event.content,
        original=event.content,
        revision=1,
        digest=event.digest,
        action_digest=event.action_digest,
        status=Status.PENDING,
        plan=Plan(),
        created_at=event.at,
        revised_at=event.at,
        expires_at=None,
        on_behalf_of=event.on_behalf_of,
        supersede_key=event.supersede_key,
        named=event.named,
        distinct=event.distinct,
        notify=event.notify,
        batch=event.batch,
        version=1,
    )


def _judged(request: Request, event: e.Judged) -> Changes:
    return {"plan": event.plan, "expires_at": event.expires_at, "fixed": {}, "escalated": (), "late_since": None}


def _stage_opened(request: Request, event: e.StageOpened) -> Changes:
    return {
        "stage": event.stage,
        "stage_opened_at": event.at,
        "fixed": {**request.fixed, **event.fixed},
        "reminders_rung": 0,
        "late_since": request.revised_at if _opens_again(request, event) else request.late_since,
    }


def _opens_again(request: Request, event: e.StageOpened) -> bool:
    """An approval by which an earlier stage had passed no longer counts."""
    return request.stage_opened_at is not None and event.stage < request.stage


def _unchanged(request: Request, event: e.Event) -> Changes:
    return {}


def _decision_recorded(request: Request, event: e.DecisionRecorded) -> Changes:
    return {"decisions": (*request.decisions, event.decision)}


def _glass_broken(request: Request, event: e.GlassBroken) -> Changes:
    return {"glasses": (*request.glasses, event.glass)}


def _review_called(request: Request, event: e.ReviewCalled) -> Changes:
    return _with_glass(request, event.glass, reminded_at=event.at)


def _review_closed(request: Request, event: e.ReviewClosed) -> Changes:
    return _with_glass(
        request,
        event.glass,
        reviewed_by=event.by,
        reviewer_name=event.name,
        reviewed_at=event.at,
        finding=event.finding,
        remark=event.remark,
    )


def _with_glass(request: Request, glass: str, **changes: Any) -> Changes:
    return {"glasses": tuple(altered(one, **changes) if one.id == glass else one for one in request.glasses)}


def _mark(request: Request, decision: str, life: Life) -> Changes:
    return {"decisions": tuple(altered(d, life=life) if d.id == decision else d for d in request.decisions)}


def _withdrawn(request: Request, event: e.ApprovalWithdrawn) -> Changes:
    return _mark(request, event.decision, Life.WITHDRAWN)


def _lapsed(request: Request, event: e.ApprovalLapsed) -> Changes:
    return _mark(request, event.decision, Life.LAPSED)


def _edited(request: Request, event: e.Edited) -> Changes:
    carried = _with_stale(request.decisions, event.keeps)
    kept = (altered(d, revision=event.revision) if d.id in event.keeps else d for d in carried)
    return {**_new_revision(event), "edits": {**request.edits, **event.edits}, "decisions": tuple(kept)}


def _revised(request: Request, event: e.Revised) -> Changes:
    hour = (at for at in request.revised_recently if (event.at - at).total_seconds() < 3600)
    return {
        **_new_revision(event),
        "original": event.content,
        "edits": {},
        "named": event.named,
        "decisions": _with_stale(request.decisions, frozenset()),
        "revised_recently": (*hour, event.at),
        "hand_overs": (),
    }


def _new_revision(event: e.Edited | e.Revised) -> Changes:
    return {
        "content": event.content,
        "revision": event.revision,
        "digest": event.digest,
        "action_digest": event.action_digest,
        "revised_at": event.at,
        "fixed": {},
    }


def _with_stale(decisions: tuple[Decision, ...], keeps: frozenset[str]) -> tuple[Decision, ...]:
    return tuple(altered(d, life=Life.STALE) if d.counts and d.id not in keeps else d for d in decisions)


def _check_reported(request: Request, event: e.CheckReported) -> Changes:
    return {"checks": {**request.checks, event.name: event.report}}


def _question_asked(request: Request, event: e.QuestionAsked) -> Changes:
    return {"questions": (*request.questions, event.question), "status": Status.ASKED_QUESTION}


def _question_answered(request: Request, event: e.QuestionAnswered) -> Changes:
    def answer(question: Question) -> Question:
        if question.id != event.question:
            return question
        return altered(question, answer=event.answer, answered_by=event.by, answered_at=event.at)

    questions = tuple(answer(question) for question in request.questions)
    still_open = any(question.is_open for question in questions)
    return {"questions": questions, "status": Status.ASKED_QUESTION if still_open else Status.PENDING}


def _extended(request: Request, event: e.Extended) -> Changes:
    return {"expires_at": event.expires_at}


def _handed_over(request: Request, event: e.HandedOver) -> Changes:
    return {"hand_overs": (*request.hand_overs, event.hand_over)}


def _lease_granted(request: Request, event: e.LeaseGranted) -> Changes:
    return {"leases": (*request.leases, event.lease)}


def _lease_revoked(request: Request, event: e.LeaseRevoked) -> Changes:
    changed = (
        altered(one, revoked_at=event.at, revoked_by=event.by) if one.id == event.lease else one
        for one in request.leases
    )
    return {"leases": tuple(changed)}


def _started_looking(request: Request, event: e.StartedLooking) -> Changes:
    others = tuple(one for one in request.looking if one.member != event.member)
    return {"looking": (*others, Looking(event.member, event.name, event.at))}


def _reminded(request: Request, event: e.Reminded) -> Changes:
    return {"reminded_at": event.at} if event.by_hand else {"reminders_rung": event.rung}


def _escalated(request: Request, event: e.Escalated) -> Changes:
    plan = after_escalation(request.plan, event.requirements, event.to, reassign=event.reassign)
    done = tuple(key(event.place, requirement) for requirement in event.requirements)
    return {"plan": plan, "fixed": {**request.fixed, **event.fixed}, "escalated": (*request.escalated, *done)}


def _ended(request: Request, event: e.Ended) -> Changes:
    return {
        "status": event.status,
        "cause": event.cause,
        "decided_at": event.at,
        "execution": event.execution,
        "ended_by": event.by,
        "end_comment": event.comment,
    }


def _superseded(request: Request, event: e.Superseded) -> Changes:
    return {"superseded_by": event.by}


def _discarded(request: Request, event: e.Discarded) -> Changes:
    return {"discarded": True, "ended_by": event.by, "end_comment": event.comment}


def _execution(request: Request, **changes: Any) -> Changes:
    return {"execution": altered(request.execution or Execution(ExecutionStatus.PENDING), **changes)}


def _called_upon(request: Request, event: e.ExecutionRequested) -> Changes:
    return _execution(request, requested_at=event.at, requested_by=event.name)


def _started(request: Request, event: e.ExecutionStarted) -> Changes:
    return _execution(
        request,
        status=ExecutionStatus.EXECUTING,
        claimed_by=event.by,
        claimed_at=event.at,
        times_out_at=event.times_out_at,
        detail=event.detail,
    )


def _succeeded(request: Request, event: e.ExecutionSucceeded) -> Changes:
    return _execution(request, status=ExecutionStatus.SUCCESS, finished_at=event.at, detail=event.detail)


def _failed(request: Request, event: e.ExecutionFailed) -> Changes:
    return _execution(request, status=ExecutionStatus.FAILED, finished_at=event.at, detail=event.detail)


def _execution_expired(request: Request, event: e.ExecutionExpired) -> Changes:
    return _execution(request, status=ExecutionStatus.EXPIRED)


def _found_impossible(request: Request, event: e.FoundImpossible) -> Changes:
    return {"impossible": event.missing}


def _found_possible(request: Request, event: e.FoundPossible) -> Changes:
    return {"impossible": ()}


def _called_anew(request: Request, event: e.CalledAnew) -> Changes:
    """Whatever names them says so; what was decided under the old name keeps it."""
    called = Source(event.principal, event.label)

    def bind(source: Source) -> tuple[Source, ...]:
        return (called if source.principal == called.principal else source,)

    def said(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        return tuple(altered(one, requirements=tuple(r.bound(bind) for r in one.requirements)) for one in stages)

    to = (altered(one, to=tuple(bind(source)[0] for source in one.to)) for one in request.plan.escalations)
    plan = altered(request.plan, stages=said(request.plan.stages), escalations=tuple(to))
    return {"plan": plan, "named": said(request.named)}


_HOW: dict[type[e.Event], Callable[[Request, Any], Changes]] = {
    e.Judged: _judged,
    e.StageOpened: _stage_opened,
    e.StagePassed: _unchanged,
    e.DecisionRecorded: _decision_recorded,
    e.GlassBroken: _glass_broken,
    e.ReviewCalled: _review_called,
    e.ReviewClosed: _review_closed,
    e.ApprovalWithdrawn: _withdrawn,
    e.ApprovalLapsed: _lapsed,
    e.Edited: _edited,
    e.Revised: _revised,
    e.CheckReported: _check_reported,
    e.QuestionAsked: _question_asked,
    e.QuestionAnswered: _question_answered,
    e.Commented: _unchanged,
    e.Extended: _extended,
    e.HandedOver: _handed_over,
    e.LeaseGranted: _lease_granted,
    e.LeaseRevoked: _lease_revoked,
    e.StartedLooking: _started_looking,
    e.Reminded: _reminded,
    e.FoundImpossible: _found_impossible,
    e.FoundPossible: _found_possible,
    e.CalledAnew: _called_anew,
    e.Escalated: _escalated,
    e.Ended: _ended,
    e.Superseded: _superseded,
    e.Discarded: _discarded,
    e.ExecutionRequested: _called_upon,
    e.ExecutionStarted: _started,
    e.ExecutionSucceeded: _succeeded,
    e.ExecutionFailed: _failed,
    e.ExecutionExpired: _execution_expired,
}
"""How each event changes a request. `Refused` rows stand in the ledger but are never folded."""
