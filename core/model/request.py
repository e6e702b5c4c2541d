"""A request and everything that hangs on it: content, plan, decisions, questions, execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.model.absence import ANYONE
from core.model.emergency import Glass
from core.model.explanation import Explanation
from core.model.lease import Lease
from core.model.organisation import Bounds
from core.model.people import Actor, Proof, Way
from core.model.quick import dataclass
from core.model.requirement import Delegated, Report, Requirement, Source
from core.phrases import kept, listed, phrase


class Status(StrEnum):
    PENDING = "pending"
    ASKED_QUESTION = "asked_question"
    APPROVED = "approved"
    APPROVED_WITH_EDITS = "approved_with_edits"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    AUTO_APPROVED = "auto_approved"
    AUTO_REJECTED = "auto_rejected"


OPEN = frozenset({Status.PENDING, Status.ASKED_QUESTION})
YES = frozenset({Status.APPROVED, Status.APPROVED_WITH_EDITS, Status.AUTO_APPROVED})


class ExecutionStatus(StrEnum):
    PENDING = "pending"
    EXECUTING = "executing"
    SUCCESS = "success"
    FAILED = "failed"
    EXPIRED = "expired"


class Verdict(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


class Life(StrEnum):
    """Whether a decision still stands. A stale one belongs to an earlier revision."""

    LIVE = "live"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing a request gates, e.g. a run, a task attempt, a remediation."""

    kind: str
    id: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """Declared cost. Undeclared (None) is not zero. `usd` in dollars."""

    usd: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Content:
    """What exactly is being asked: all the requester says, and all the digest covers of it.

    `editable` maps dotted paths the requester lets approvers edit to their bounds, as JSON objects.
    """

    type: str
    title: str
    subject: Subject | None = None
    description: str | None = None
    action: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    reasoning: str | None = None
    cost: Cost | None = None
    side_effects: tuple[str, ...] = ()
    if_denied: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    editable: Mapping[str, Any] = field(default_factory=dict)


BEFORE_PEOPLE: Final = phrase("Checks before people")
"""What stage 0 is called: checks and policies that must answer before anybody is asked."""


def unnamed(number: int) -> str:
    """What a stage is called that nobody gave a name. Kept, and so in English; `Stage.said` says it in any language."""
    return f"Stage {number}"


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a request. Stage 0, where there is one, comes before all people."""

    number: int
    name: str
    requirements: tuple[Requirement, ...]

    @property
    def said(self) -> str:
        """Its name; one of our own words in the language spoken now."""
        if not self.number:
            return kept(self.name)
        return phrase("Stage {number}", number=self.number) if self.name == unnamed(self.number) else self.name

    @property
    def title(self) -> str:
        """`stage 2 (Security)`, as sentences call it."""
        if not self.number:
            return phrase("the checks before people")
        return phrase("stage {number} ({name})", number=self.number, name=self.said)


@dataclass(frozen=True, slots=True)
class Escalates:
    """After so long in a stage, `to` join the people of these requirements (by id), or take their places."""

    after: timedelta
    to: tuple[Source, ...]
    requirements: tuple[str, ...]
    reassign: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What judging a revision came to: who must say yes, in which order, within which windows.

    Copied into the request, so that later changes of settings leave running requests alone. `barred` are member ids
    that may not decide. `notify` are places told besides: `#channel` or `channel:<id>`; `tell` are people told besides.
    `allowed_by` is the cause of a yes for which no person is needed once the checks of the plan have passed. `secret` are
    the dotted paths whose values its type keeps hidden. `late_members`: who comes into a mirrored group while a stage is open
    counts in it. `delegation` says who may decide in somebody's place (`core.model.absence`). `bounds` are those its type put
    on fields that may be edited; they ask nobody else, so other ones alone are no other plan.
    """

    stages: tuple[Stage, ...] = ()
    reply_window: timedelta | None = None
    remind: tuple[timedelta, ...] = ()
    execution_window: timedelta | None = None
    execution_timeout: timedelta | None = None
    auto_execute: bool = False
    distinct: bool = False
    comment_on_reject: bool = False
    barred: frozenset[str] = frozenset()
    decide_in: frozenset[str] = frozenset({"slack", "token", "oidc"})
    notify: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    tell: tuple[Source, ...] = ()
    escalations: tuple[Escalates, ...] = ()
    allowed_by: str | None = None
    secret: tuple[str, ...] = ()
    late_members: bool = False
    delegation: str = ANYONE
    bounds: Mapping[str, Bounds] = field(default_factory=dict, compare=False)
    explanation: Explanation | None = field(default=None, compare=False)

    def stage(self, number: int) -> Stage | None:
        return next((stage for stage in self.stages if stage.number == number), None)


class Outcome(StrEnum):
    ASK = "ask"
    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The explained answer to: what does this revision need? `cause` is set where no person is needed.

    `spared_by` is the cause of what answered for people who would else have been asked, whether or not others still are.
    """

    outcome: Outcome
    plan: Plan
    cause: str | None = None
    spared_by: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One approver's approve or reject of one revision in one stage.

    `seats` are the labels under which the person was named ("as platform"); `name` and `email` are as they were then.
    `delegated` are those in whose place they decided, where they had no part of their own. `bounds` are the type's that an
    approval was given under: as judged and, where they were others by then, those too. Empty where the type had none.
    """

    id: str
    member: str
    name: str
    email: str
    verdict: Verdict
    revision: int
    stage: int
    at: datetime
    way: Way
    proof: Proof | None
    comment: str | None = None
    edits: Mapping[str, Any] | None = None
    principals: frozenset[str] = frozenset()
    seats: tuple[str, ...] = ()
    life: Life = Life.LIVE
    delegated: tuple[Delegated, ...] = ()
    bounds: tuple[Mapping[str, Bounds], ...] = ()

    @property
    def signed(self) -> str:
        """Who decided, and for whom: `Ben`, `Ben for Ada`."""
        if not self.delegated:
            return self.name
        names = listed(one.name for one in self.delegated)
        return phrase("{name} for {delegators}", name=self.name, delegators=names)

    @property
    def relies_on(self) -> frozenset[str]:
        """The members who must still be there for it to count."""
        return frozenset({self.member, *(one.delegator for one in self.delegated)})

    @property
    def counts(self) -> bool:
        return self.verdict is Verdict.APPROVED and self.life is Life.LIVE


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    member: str
    name: str
    text: str
    at: datetime
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.answer is None


@dataclass(frozen=True, slots=True)
class Looking:
    """Somebody who has said that they are looking at it."""

    member: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandOver:
    """One person's seats in a request, given to another; `principals` are the names that moved."""

    giver: str
    taker: str
    taker_name: str
    principals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Execution:
    """What the requester's side does after the yes.

    `requested_at` is when it was called upon to act: with the yes itself, or by `requested_by` (a name).
    """

    status: ExecutionStatus
    window_ends_at: datetime | None = None
    requested_at: datetime | None = None
    requested_by: str | None = None
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    times_out_at: datetime | None = None
    finished_at: datetime | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks: a member or an agent. `key` names it as an actor's key does."""

    kind: str
    id: str
    name: str
    team: str | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    def is_actor(self, actor: Actor) -> bool:
        return self.kind == actor.kind and self.id == actor.id


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, as it now stands. `version` rises with every event and guards every write.

    `original` is the content of the last revision the requester made; it differs from `content` after an approver's
    edits. `stage` is the number of the open stage (the last one once the request is final). `fixed` maps a requirement
    id to the member ids an `all` requirement was fixed to when its stage opened. `named` are the stages the requester asked
    for, before judging added to them; `distinct` and `notify` likewise. `checks` holds each check's last report by its
    name, also those on earlier revisions, which no longer count. `escalated` are the requirements of the plan's escalations that
    have acted, each as `<place of the escalation>/<requirement>`. `leases` were granted from it. `impossible`
    names what too few people are left for, as admins were last told. `glasses` were broken for it, each owing its review.
    `late_since` is set where a stage opened again: whoever came into a mirrored group after it came late. `batch` is what it
    was asked together with. `ended_by` is the name of whoever rejected, cancelled or discarded it, `end_comment` what was said
    with that; of what ended before they were kept, None.
    """

    id: str
    organisation: str
    project: str
    number: int
    requester: Requester
    content: Content
    original: Content
    revision: int
    digest: str
    action_digest: str
    status: Status
    plan: Plan
    created_at: datetime
    revised_at: datetime
    expires_at: datetime | None
    stage: int = 1
    stage_opened_at: datetime | None = None
    on_behalf_of: str | None = None
    supersede_key: str | None = None
    named: tuple[Stage, ...] = ()
    distinct: bool = False
    notify: tuple[str, ...] = ()
    cause: str | None = None
    decided_at: datetime | None = None
    decisions: tuple[Decision, ...] = ()
    questions: tuple[Question, ...] = ()
    hand_overs: tuple[HandOver, ...] = ()
    fixed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    edits: Mapping[str, Any] = field(default_factory=dict)
    execution: Execution | None = None
    discarded: bool = False
    superseded_by: str | None = None
    reminders_rung: int = 0
    reminded_at: datetime | None = None
    revised_recently: tuple[datetime, ...] = ()
    checks: Mapping[str, Report] = field(default_factory=dict)
    escalated: tuple[str, ...] = ()
    impossible: tuple[str, ...] = ()
    late_since: datetime | None = None
    leases: tuple[Lease, ...] = ()
    looking: tuple[Looking, ...] = ()
    glasses: tuple[Glass, ...] = ()
    batch: str | None = None
    ended_by: str | None = None
    end_comment: str | None = None
    version: int = 0

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_yes(self) -> bool:
        return self.status in YES

    @property
    def glass(self) -> Glass | None:
        """Broken for what is asked now."""
        if not self.glasses:
            return None
        return next((one for one in self.glasses if one.revision == self.revision), None)

    @property
    def late_after(self) -> datetime | None:
        """Whoever came into a mirrored group after this came late, and does not count; None where nobody does."""
        return None if self.plan.late_members else self.late_since or self.stage_opened_at

    @property
    def owed_reviews(self) -> tuple[Glass, ...]:
        return tuple(one for one in self.glasses if one.owes_review)

    @property
    def open_questions(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.is_open)
