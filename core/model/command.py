"""What people, machines and clocks may want of a request. Imperative; carries no facts but what was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core.model.emergency import Finding
from core.model.quick import dataclass
from core.model.request import Content, ExecutionStatus, Requester, Stage


@dataclass(frozen=True, slots=True)
class Command:
    """Something wanted of one request."""


@dataclass(frozen=True, slots=True)
class Create(Command):
    """`stages` are resolved (people and groups found); empty means nobody was named."""

    project: str
    content: Content
    requester: Requester
    stages: tuple[Stage, ...] = ()
    distinct: bool = False
    notify: tuple[str, ...] = ()
    on_behalf_of: str | None = None
    supersede_key: str | None = None
    expires_at: datetime | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Judge(Command):
    """Judge the present revision again, because something outside has answered or changed."""


@dataclass(frozen=True, slots=True)
class Approve(Command):
    comment: str | None = None
    edits: Mapping[str, Any] | None = None
    revision: int | None = None
    stage: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Reject(Command):
    comment: str | None = None
    revision: int | None = None
    stage: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class BreakGlass(Command):
    """An emergency: decide alone, now, and owe a review."""

    reason: str
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class CloseReview(Command):
    """Another person has looked at what was decided by break-glass. `glass` may be left out while one review is open."""

    finding: Finding
    remark: str
    glass: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw(Command):
    """Take one's own approval back while the request is open."""

    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Ask(Command):
    question: str
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Answer(Command):
    """`question` may be left out while exactly one is open."""

    answer: str
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Comment(Command):
    text: str


@dataclass(frozen=True, slots=True)
class Revise(Command):
    """A new revision by the requester. `stages` None keeps the people named before."""

    content: Content
    stages: tuple[Stage, ...] | None = None


@dataclass(frozen=True, slots=True)
class Cancel(Command):
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Supersede(Command):
    """A newer request with the same supersede key has opened."""

    by: str
    by_number: int


@dataclass(frozen=True, slots=True)
class Look(Command):
    """Somebody asks for a request by its number: changes nothing, but who may not is refused, and the ledger knows."""


@dataclass(frozen=True, slots=True)
class CheckPeople(Command):
    """Look whether approvals still count, and whether there are still enough people who could meet all that is asked."""


@dataclass(frozen=True, slots=True)
class CallAnew(Command):
    """A group that is asked is called otherwise now."""

    principal: str
    label: str


@dataclass(frozen=True, slots=True)
class FollowRule(Command):
    """A rule that had people asked is removed or switched off."""

    rule: str
    name: str


@dataclass(frozen=True, slots=True)
class Discard(Command):
    """What was asked for is no longer wanted; before the claim, even after the yes."""

    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Extend(Command):
    """Move the deadline later."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class GiveSeat(Command):
    """Hand one's own seats in this request over to another member."""

    taker: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class GrantLease(Command):
    """Let so many like this request pass unasked for a while; `action` widens what they may do (`core.model.lease.Kind`)."""

    uses: int
    lasts: timedelta
    action: str | None = None


@dataclass(frozen=True, slots=True)
class RevokeLease(Command):
    lease: str


@dataclass(frozen=True, slots=True)
class ReportCheck(Command):
    """What an outside check says of a revision: `state` is `passed`, `failed` or `pending`."""

    name: str
    state: str
    summary: str | None = None
    url: str | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class RunCheck(Command):
    """Have a check look at the present revision once more."""

    name: str
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class StartLooking(Command):
    """Somebody asked says to the others that they are on it; decides nothing."""


@dataclass(frozen=True, slots=True)
class Remind(Command):
    """Tell those who have not answered again, now."""


@dataclass(frozen=True, slots=True)
class Ring(Command):
    """The clock: write whatever has fallen due (reminder, expiry, windows)."""


@dataclass(frozen=True, slots=True)
class Run(Command):
    """Call upon the requester's side to do what was approved, now."""


@dataclass(frozen=True, slots=True)
class ReportExecution(Command):
    """`executing` claims, `success` and `failed` end it. `action_digest` is what the claimant is about to do."""

    status: ExecutionStatus
    action_digest: str | None = None
    detail: str | None = None
