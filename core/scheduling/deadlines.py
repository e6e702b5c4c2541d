"""When something about a request next falls due. Pure: kept in an indexed column, never in a scheduler's memory."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.model.request import Execution, ExecutionStatus, Plan, Request
from core.scheduling.escalations import next_escalation


def expiry(start: datetime, window: timedelta | None, asked: datetime | None) -> datetime | None:
    """The deadline: the reply window from `start`, shortened but never lengthened by what was asked for."""
    ends = None if window is None else start + window
    if ends is None or asked is None:
        return ends or asked
    return min(ends, asked)


def next_reminder(request: Request) -> datetime | None:
    """When the next rung of the ladder comes, counted from the opening of the stage; none past the deadline."""
    if not request.is_open or request.stage_opened_at is None or request.reminders_rung >= len(request.plan.remind):
        return None
    at = request.stage_opened_at + request.plan.remind[request.reminders_rung]
    return at if request.expires_at is None or at < request.expires_at else None


def rungs_reached(request: Request, now: datetime) -> int:
    """How many rungs of the ladder lie behind `now`."""
    if request.stage_opened_at is None:
        return 0
    opened = request.stage_opened_at
    return sum(1 for offset in request.plan.remind if opened + offset <= now)


def next_due(request: Request) -> datetime | None:
    """The earliest moment at which the clock has something to write."""
    moments = [next_reminder(request), next_escalation(request), *(glass.next_call for glass in request.glasses)]
    if request.is_open:
        moments.append(request.expires_at)
    if request.execution is not None and not (request.discarded or request.superseded_by):
        moments.append(_execution_due(request.execution))
    return min((moment for moment in moments if moment is not None), default=None)


def _execution_due(execution: Execution) -> datetime | None:
    if execution.status is ExecutionStatus.PENDING:
        return execution.window_ends_at
    return execution.times_out_at if execution.status is ExecutionStatus.EXECUTING else None


def handed_over(plan: Plan, now: datetime) -> Execution:
    """The execution that begins with a yes at `now`; where the plan says so, whoever asked is called upon at once."""
    ends = None if plan.execution_window is None else now + plan.execution_window
    return Execution(ExecutionStatus.PENDING, window_ends_at=ends, requested_at=now if plan.auto_execute else None)
