"""An endpoint: an address that is told of what happens to requests (a webhook), and how the telling goes.

Nothing is queued for an endpoint: its `cursor` walks along the organisation's feed. Only where a request's event was not
taken is there an arrear: from that event on, this request's events wait and are tried again, while those of other
requests go on. So order holds within each request, and one that an endpoint chokes on holds up nothing else. With too
many arrears the cursor stands still: the endpoint is down, and what waits for it waits in the feed.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any, Final

from core.model.quick import dataclass

ANNOUNCED: Final = (
    "request.created",
    "request.approved",
    "request.approved_with_edits",
    "request.auto_approved",
    "request.rejected",
    "request.auto_rejected",
    "request.expired",
    "request.cancelled",
    "request.asked_question",
    "request.answered",
    "request.revised",
    "decision.recorded",
    "stage.passed",
    "execution.requested",
    "execution.started",
    "execution.succeeded",
    "execution.failed",
    "execution.expired",
)
"""Events as endpoints know them. None may ever be renamed."""

EXECUTION_REQUESTED: Final = "execution.requested"
"""Comes with a receipt."""

TEST: Final = "webhook.test"
"""What a test delivery says; it comes of no request."""

_NAMES: Final = {
    "created": "request.created",
    "question_asked": "request.asked_question",
    "question_answered": "request.answered",
    "revised": "request.revised",
    "edited": "request.revised",
    "decision_recorded": "decision.recorded",
    "stage_passed": "stage.passed",
    "execution_requested": EXECUTION_REQUESTED,
    "execution_started": "execution.started",
    "execution_succeeded": "execution.succeeded",
    "execution_failed": "execution.failed",
    "execution_expired": "execution.expired",
}

STEPS: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 300, 900, 1800, 3600))
"""How long after the first, the second … failure it is tried again; the last one is repeated."""

PATIENCE: Final = timedelta(days=3)
"""How long what is not taken is tried again; then it is parked, and people must look."""

MOST_ARREARS: Final = 20
"""Requests of one endpoint that may be behind before its cursor stands still."""

KEPT: Final = timedelta(days=30)
"""How long attempts, and what was given up, are kept."""

OVERLAP: Final = timedelta(hours=24)
"""How long a secret still signs after a new one was made, unless said otherwise."""


def announced(word: str, payload: Any) -> str | None:
    """What the ledger's event is called towards endpoints; None for one they are not told of."""
    if word == "ended" and payload is not None:
        return f"request.{payload['status']}"
    return _NAMES.get(word)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and what it is told of. None as a filter is everything. `paused` by hand, for as long as wanted."""

    id: str
    organisation: str
    name: str
    url: str
    events: tuple[str, ...] | None
    projects: tuple[str, ...] | None
    types: tuple[str, ...] | None
    paused: bool
    created_by: str
    created_at: datetime

    def wants(self, event: str | None, project: str | None, type: str | None) -> bool:
        return (
            event is not None
            and (self.events is None or event in self.events)
            and (self.projects is None or project in self.projects)
            and (self.types is None or type in self.types)
        )


@dataclass(frozen=True, slots=True)
class EndpointSecret:
    """One signing secret, encrypted. `until` is when it signs no longer; None for the present one."""

    id: str
    endpoint: str
    sealed: str
    created_at: datetime
    until: datetime | None = None

    def signs(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an endpoint has been told, and how that goes. `parked_at`: given up until somebody resumes it."""

    cursor: int
    delivered_at: datetime | None = None
    failed_at: datetime | None = None
    problem: str | None = None
    parked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrear:
    """A request whose events an endpoint has not taken, from `seq` of its chain on. `parked`: no longer tried."""

    endpoint: str
    request: str
    seq: int
    attempts: int
    since: datetime
    next_try_at: datetime
    problem: str
    parked: bool = False

    def is_due(self, now: datetime) -> bool:
        return not self.parked and self.next_try_at <= now


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of an endpoint: of which event, and what came of it. `status` is None where there was no answer."""

    endpoint: str
    request: str | None
    seq: int | None
    event: str
    at: datetime
    delivered: bool
    status: int | None
    milliseconds: int
    number: int
    problem: str | None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call. `wait` is how many seconds the endpoint wants to be left alone; `gone`: for ever."""

    delivered: bool
    status: int | None
    milliseconds: int
    problem: str | None
    wait: float | None = None
    gone: bool = False


def next_try(arrear: Arrear, now: datetime, at_least: float | None = None) -> datetime:
    """After so many failures: later each time, up to a fifth more or less so that not all come at once, always the same."""
    step = STEPS[min(arrear.attempts, len(STEPS)) - 1]
    spread = zlib.crc32(f"{arrear.endpoint} {arrear.request} {arrear.attempts}".encode()) % 1000 / 1000
    wait = step * (0.8 + 0.4 * spread)
    return now + max(wait, min(timedelta(seconds=at_least or 0), STEPS[-1]))


def attempt_at(endpoint: Endpoint, row: Any, outcome: Outcome, at: datetime, number: int) -> Attempt:
    """One call as it is noted; `row` is the ledger's, None for a test."""
    return Attempt(
        endpoint=endpoint.id,
        request=None if row is None else row.request,
        seq=None if row is None else row.seq,
        event=TEST if row is None else announced(row.word, row.payload) or row.word,
        at=at,
        delivered=outcome.delivered,
        status=outcome.status,
        milliseconds=outcome.milliseconds,
        number=number,
        problem=outcome.problem,
    )


def message_id(request: str, seq: int) -> str:
    """The `webhook-id`: the same for every attempt and every endpoint."""
    return f"evt_{request.removeprefix('req_')}_{seq}"
