"""What comes back: the nouns of the API, frozen. `raw` is the server's own JSON, for whatever has no name here yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, Literal, TypeVar

T = TypeVar("T")
Json = Mapping[str, Any]

Status = Literal[
    "pending",
    "asked_question",
    "approved",
    "approved_with_edits",
    "rejected",
    "expired",
    "cancelled",
    "auto_approved",
    "auto_rejected",
]
ExecutionStatus = Literal["pending", "executing", "success", "failed", "expired"]

OPEN: Final = frozenset({"pending", "asked_question"})


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing a request gates."""

    kind: str
    id: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What it would cost; what was not declared is None, which is not zero."""

    usd: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Requester:
    kind: str
    id: str
    name: str
    email: str | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Somebody who is waited for: `principal` for programs, `label` as people call it."""

    principal: str
    label: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition of a stage: `approved` of `min` so far."""

    id: str
    stage: int
    kind: str
    label: str
    min: int
    approved: int
    satisfied: bool
    active: bool
    sentence: str
    people: tuple[Source, ...] = field(default=(), metadata={"key": "from"})
    approved_by: tuple[str, ...] = ()
    waiting_for: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    number: int
    name: str
    state: Literal["passed", "open", "waiting", "not_reached"]
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """`state` is `live`, or `withdrawn`, `lapsed`, `stale` for one that no longer counts."""

    id: str
    member: str
    name: str
    email: str
    decision: Literal["approved", "rejected"]
    revision: int
    stage: int
    state: str
    way: str
    created_at: datetime
    comment: str | None = None
    edits: Json | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    member: str
    name: str
    text: str
    asked_at: datetime
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """What the requester's side does after the yes."""

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
class Edits:
    """What approvers changed: before, changes by dotted path, after."""

    original: Json
    edits: Json
    edited: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A request in a list."""

    id: str
    number: int
    version: int
    project: str
    type: str
    title: str
    status: Status
    requester: Requester
    revision: int
    stage: int
    created_at: datetime
    subject: Subject | None = None
    cause: str | None = None
    execution_status: ExecutionStatus | None = None
    on_behalf_of: str | None = None
    expires_at: datetime | None = None
    decided_at: datetime | None = None
    waiting_for: tuple[Source, ...] = ()
    batch: str | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Those in `waiting_for` as people call them, each once: of a whole group every member is waited for by its name."""
        return tuple(dict.fromkeys(source.label for source in self.waiting_for))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Summary):
    """A whole request. Whatever was not declared is None, which is not zero."""

    digest: str
    action_digest: str
    description: str | None = None
    action: str | None = None
    params: Json = field(default_factory=dict)
    reasoning: str | None = None
    cost: Cost | None = None
    side_effects: tuple[str, ...] = ()
    if_denied: str | None = None
    facts: Json = field(default_factory=dict)
    metadata: Json = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    editable: Json = field(default_factory=dict)
    supersede_key: str | None = None
    approvers: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    why: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    questions: tuple[Question, ...] = ()
    edits: Edits | None = None
    execution: Execution | None = None
    discarded: bool = False
    superseded_by: str | None = None
    ended_by: str | None = None
    end_comment: str | None = None
    hints: tuple[str, ...] = ()

    @property
    def open_questions(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.answer is None)

    @property
    def live_decisions(self) -> tuple[Decision, ...]:
        """Those that count."""
        return tuple(decision for decision in self.decisions if decision.state == "live")


@dataclass(frozen=True, slots=True)
class Done:
    """What came of doing something to a request; `decision` is None for what is none."""

    request: Request
    decision: Decision | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """What was asked together, in the order of its numbers; each is decided, and waited for, by itself."""

    id: str
    requests: tuple[Request, ...]
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next_cursor` is None on the last one; `total` is there when asked for, counted up to 1,000."""

    data: tuple[T, ...]
    next_cursor: str | None = None
    total: int | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a request."""

    request: str
    seq: int
    event: str
    at: datetime
    actor: str
    way: str
    revision: int
    position: int | None = None
    payload: Json | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Login:
    """A fresh token, shown this once."""

    secret: str = field(repr=False)
    expires_at: datetime
    may_decide: bool
