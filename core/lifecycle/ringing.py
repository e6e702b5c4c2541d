"""What the clock writes: expiry, closed windows, silent executions, rungs of the reminder ladder."""

from __future__ import annotations

from datetime import datetime

from core.lifecycle.ending import expire
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.duration import say_duration
from core.model.request import ExecutionStatus, Request
from core.scheduling.deadlines import next_reminder, rungs_reached


def overdue(request: Request, now: datetime) -> tuple[e.Event, ...]:
    """Ends that time alone has brought; written before anything else is read or decided."""
    if request.is_open:
        late = request.expires_at is not None and now >= request.expires_at
        return (expire(request, now),) if late else ()
    return _execution_overdue(request, now)


def _execution_overdue(request: Request, now: datetime) -> tuple[e.Event, ...]:
    execution = request.execution
    if execution is None or request.discarded or request.superseded_by:
        return ()
    window, timeout = execution.window_ends_at, execution.times_out_at
    if execution.status is ExecutionStatus.PENDING and window is not None and now >= window:
        return (e.ExecutionExpired(now),)
    if execution.status is ExecutionStatus.EXECUTING and timeout is not None and now >= timeout:
        allowed = say_duration(timeout - execution.claimed_at) if execution.claimed_at else "the time allowed"
        return (e.ExecutionFailed(now, f"No report within {allowed}."),)
    return ()


def ring(request: Request, command: c.Ring, facts: Facts) -> tuple[e.Event, ...]:
    """Whatever has fallen due. Rungs missed during an outage are one reminder, not many."""
    ended = overdue(request, facts.now)
    if ended:
        return ended
    at = next_reminder(request)
    if at is None or facts.now < at:
        return ()
    reminded = e.Reminded(facts.now, rungs_reached(request, facts.now), by_hand=False)
    return (reminded,)
