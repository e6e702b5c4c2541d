"""What the clock writes: expiry, closed windows, silent executions, rungs of the reminder ladder."""

from __future__ import annotations

from datetime import datetime

from core.lifecycle.advancing import advance, recount
from core.lifecycle.breaking import call_for_reviews
from core.lifecycle.ending import expire
from core.lifecycle.evolve import fold
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.duration import say_duration
from core.model.request import ExecutionStatus, Request
from core.phrases import phrase
from core.scheduling.deadlines import next_reminder, rungs_reached
from core.scheduling.escalations import next_escalation, waiting_escalations
from core.standing import people_to_fix


def overdue(request: Request, now: datetime, *, nobody_could: bool = False) -> tuple[e.Event, ...]:
    """Ends that time alone has brought; written before anything else is read or decided.

    `nobody_could` says that too few people were left who could have answered.
    """
    if request.is_open:
        late = request.expires_at is not None and now >= request.expires_at
        return (expire(request, now, nobody_could=nobody_could),) if late else ()
    return _execution_overdue(request, now)


def _execution_overdue(request: Request, now: datetime) -> tuple[e.Event, ...]:
    execution = request.execution
    if execution is None or request.discarded or request.superseded_by:
        return ()
    window, timeout = execution.window_ends_at, execution.times_out_at
    if execution.status is ExecutionStatus.PENDING and window is not None and now >= window:
        return (e.ExecutionExpired(now),)
    if execution.status is ExecutionStatus.EXECUTING and timeout is not None and now >= timeout:
        allowed = say_duration(timeout - execution.claimed_at) if execution.claimed_at else phrase("the time allowed")
        return (e.ExecutionFailed(now, phrase("No report within {allowed}.", allowed=allowed)),)
    return ()


def ring(request: Request, command: c.Ring, facts: Facts) -> tuple[e.Event, ...]:
    """Whatever has fallen due. Rungs missed during an outage are one reminder, not many."""
    ended = overdue(request, facts.now, nobody_could=bool(facts.impossible))
    if ended:
        return (*ended, *call_for_reviews(request, facts))
    escalated = (*call_for_reviews(request, facts), *_escalate(request, facts))
    after = fold(request, escalated)
    at = next_reminder(after)
    if at is None or facts.now < at:
        return escalated
    return (*escalated, e.Reminded(facts.now, rungs_reached(after, facts.now), by_hand=False))


def check_people(request: Request, command: c.CheckPeople, facts: Facts) -> tuple[e.Event, ...]:
    """Approvals of people who left lapse. Told once when it can no longer pass, and once when it can again.

    `facts.impossible` is how it is now.
    """
    if not request.is_open:
        return ()
    lapsed = recount(request, facts)
    if bool(facts.impossible) == bool(request.impossible):
        return lapsed
    found = e.FoundImpossible(facts.now, facts.impossible) if facts.impossible else e.FoundPossible(facts.now)
    return (*lapsed, found)


def call_anew(request: Request, command: c.CallAnew, facts: Facts) -> tuple[e.Event, ...]:
    """Only where it is still called otherwise."""
    sources = {source for stage in request.plan.stages for one in stage.requirements for source in one.sources}
    sources |= {source for escalation in request.plan.escalations for source in escalation.to}
    labels = {source.label for source in sources if source.principal == command.principal}
    if not request.is_open or not labels - {command.label}:
        return ()
    return (e.CalledAnew(facts.now, command.principal, command.label),)


def _escalate(request: Request, facts: Facts) -> tuple[e.Event, ...]:
    """Whatever has waited long enough goes to others, too; one after the other, for one may have met the next."""
    at = next_escalation(request)
    if at is None or facts.now < at:
        return ()
    waiting = min(waiting_escalations(request), key=lambda one: one.escalation.after)
    to, reassign = waiting.escalation.to, waiting.escalation.reassign
    fixed = {
        requirement.id: people_to_fix(requirement.bound(lambda _: to), facts.rosters, request.plan.barred)
        for requirement in waiting.requirements
        if requirement.fixes_people and reassign
    }
    ids = tuple(requirement.id for requirement in waiting.requirements)
    escalated = e.Escalated(facts.now, request.stage, waiting.place, ids, to, reassign, fixed)
    after = fold(request, (escalated,))
    follows = advance(after, facts)
    return (escalated, *follows, *_escalate(fold(after, follows), facts))
