"""What has happened to a request. Past tense; folding them in order gives the stored request.

`WORD` in `WORDS` is stored in the ledger and may never be renamed. Events carry all that folding needs, so that no
clock, roster or rule is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.model.emergency import Finding, Glass
from core.model.lease import Lease
from core.model.quick import dataclass
from core.model.request import (
    Content,
    Decision,
    Execution,
    HandOver,
    Plan,
    Question,
    Requester,
    Stage,
    Status,
)
from core.model.requirement import Report, Source


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a request at a moment (UTC)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Created(Event):
    id: str
    organisation: str
    project: str
    number: int
    requester: Requester
    content: Content
    digest: str
    action_digest: str
    on_behalf_of: str | None
    supersede_key: str | None
    named: tuple[Stage, ...]
    distinct: bool = False
    notify: tuple[str, ...] = ()
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Judged(Event):
    """The plan of the present revision was set. `expires_at` is the deadline that follows."""

    plan: Plan
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class StageOpened(Event):
    """`fixed` holds the people of `all` requirements, by requirement id."""

    stage: int
    fixed: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class StagePassed(Event):
    stage: int


@dataclass(frozen=True, slots=True)
class DecisionRecorded(Event):
    """An approval or a rejection was given."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class GlassBroken(Event):
    """Somebody named for it decided alone in an emergency; a review is owed from now on."""

    glass: Glass


@dataclass(frozen=True, slots=True)
class ReviewCalled(Event):
    """The review of broken glass is late, and was asked for."""

    glass: str


@dataclass(frozen=True, slots=True)
class ReviewClosed(Event):
    """Another person looked at it; `by` is a member's id."""

    glass: str
    by: str
    name: str
    finding: Finding
    remark: str


@dataclass(frozen=True, slots=True)
class ApprovalWithdrawn(Event):
    decision: str
    comment: str | None


@dataclass(frozen=True, slots=True)
class ApprovalLapsed(Event):
    """An approval stopped counting because its giver is no longer active, mapped or allowed."""

    decision: str
    reason: str


@dataclass(frozen=True, slots=True)
class Edited(Event):
    """An approver changed what is asked, which made a new revision. `keeps` are decision ids that went along."""

    by: str
    edits: Mapping[str, Any]
    content: Content
    revision: int
    digest: str
    action_digest: str
    keeps: frozenset[str]


@dataclass(frozen=True, slots=True)
class Revised(Event):
    """The requester changed what is asked."""

    content: Content
    revision: int
    digest: str
    action_digest: str
    named: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class CheckReported(Event):
    """An outside check said how it stands on a revision; its last word there counts."""

    name: str
    report: Report


@dataclass(frozen=True, slots=True)
class QuestionAsked(Event):
    question: Question


@dataclass(frozen=True, slots=True)
class QuestionAnswered(Event):
    question: str
    answer: str
    by: str


@dataclass(frozen=True, slots=True)
class Commented(Event):
    by: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Extended(Event):
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HandedOver(Event):
    """`by` is the name of whoever gave the seat away; empty in what was stored before it was kept."""

    hand_over: HandOver
    by: str = ""
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class LeaseGranted(Event):
    """Somebody whose one approval suffices here lets some like it pass unasked for a while."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class LeaseRevoked(Event):
    """A lease granted from this request was taken back; `by` is a name."""

    lease: str
    by: str


@dataclass(frozen=True, slots=True)
class StartedLooking(Event):
    """Somebody who is asked has said that they are looking at it."""

    member: str
    name: str


@dataclass(frozen=True, slots=True)
class Reminded(Event):
    """`rung` is how many steps of the ladder are behind us; `by_hand` when somebody asked for it."""

    rung: int
    by_hand: bool


@dataclass(frozen=True, slots=True)
class FoundImpossible(Event):
    """Rules ask for more than anybody could give; `missing` are the requirements that too few people could meet."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundPossible(Event):
    """There are enough people again for all that is asked."""


@dataclass(frozen=True, slots=True)
class CalledAnew(Event):
    """Whoever `principal` stands for is called `label` from now on."""

    principal: str
    label: str


@dataclass(frozen=True, slots=True)
class Escalated(Event):
    """Nobody answered in time: `to` joined the people of these requirements of a stage, or took their places.

    `place` is the escalation's in the plan. `fixed` holds the new people of `all` requirements.
    """

    stage: int
    place: int
    requirements: tuple[str, ...]
    to: tuple[Source, ...]
    reassign: bool
    fixed: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The request became final. `execution` is set after a yes. `by` is the name of whoever rejected or cancelled it."""

    status: Status
    cause: str
    comment: str | None
    execution: Execution | None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Superseded(Event):
    """A newer request took this one's place after its yes; it can no longer be claimed."""

    by: str
    by_number: int


@dataclass(frozen=True, slots=True)
class Discarded(Event):
    """`by` is a name."""

    comment: str | None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class ExecutionRequested(Event):
    """The requester's side was called upon to act: by itself with the yes, or by somebody's key and name."""

    by: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ExecutionStarted(Event):
    by: str
    times_out_at: datetime | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class ExecutionSucceeded(Event):
    detail: str | None


@dataclass(frozen=True, slots=True)
class ExecutionFailed(Event):
    detail: str | None


@dataclass(frozen=True, slots=True)
class ExecutionExpired(Event):
    pass


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """Somebody wanted something and was told no. Changes nothing; `missed` counts like ones left out before it."""

    command: str
    code: str
    sentence: str
    missed: int = 0


WORDS: Mapping[str, type[Event]] = {
    "created": Created,
    "judged": Judged,
    "stage_opened": StageOpened,
    "stage_passed": StagePassed,
    "decision_recorded": DecisionRecorded,
    "glass_broken": GlassBroken,
    "review_called": ReviewCalled,
    "review_closed": ReviewClosed,
    "approval_withdrawn": ApprovalWithdrawn,
    "approval_lapsed": ApprovalLapsed,
    "edited": Edited,
    "revised": Revised,
    "check_reported": CheckReported,
    "question_asked": QuestionAsked,
    "question_answered": QuestionAnswered,
    "commented": Commented,
    "extended": Extended,
    "handed_over": HandedOver,
    "lease_granted": LeaseGranted,
    "lease_revoked": LeaseRevoked,
    "started_looking": StartedLooking,
    "reminded": Reminded,
    "found_impossible": FoundImpossible,
    "found_possible": FoundPossible,
    "called_anew": CalledAnew,
    "escalated": Escalated,
    "ended": Ended,
    "superseded": Superseded,
    "discarded": Discarded,
    "execution_requested": ExecutionRequested,
    "execution_started": ExecutionStarted,
    "execution_succeeded": ExecutionSucceeded,
    "execution_failed": ExecutionFailed,
    "execution_expired": ExecutionExpired,
    "refused": Refused,
}
WORD: Mapping[type[Event], str] = {kind: word for word, kind in WORDS.items()}
