"""How a request came out, one type per way; a `match` over `Outcome` that forgets one is a type error.

Approved              as asked: by people, or by a rule, a lease or the like (`automatic`)
ApprovedWithEdits     approved, but changed: `edits` has before, changes, after
Rejected              by people, a rule, a policy or a check
Expired               nobody answered in time; never somebody's refusal
Cancelled             by whoever asked, an admin, or a newer request
StillOpen             the wait was over first, or stopped at a question
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from countersign_client.errors import CountersignError, NotUnderstood
from countersign_client.models import Decision, Edits, Json, Question, Request


@dataclass(frozen=True, slots=True)
class Came:
    """What every outcome has."""

    approved: ClassVar[bool] = False
    request: Request

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def number(self) -> int:
        return self.request.number

    @property
    def cause(self) -> str | None:
        """The one word why it ended so: `people`, `rule:…`, `nobody_answered` and so on."""
        return self.request.cause

    @property
    def by(self) -> tuple[str, ...]:
        """Names of the people whose decisions count."""
        return tuple(dict.fromkeys(decision.name for decision in self.request.live_decisions))

    @property
    def comment(self) -> str | None:
        """The last thing said along with a decision that counts."""
        said = [decision.comment for decision in self.request.live_decisions if decision.comment]
        return said[-1] if said else None

    def __str__(self) -> str:
        return f"#{self.number} {self._words()}"

    def _words(self) -> str:
        status = self.request.status.replace("_", " ")
        by = f" by {', '.join(self.by)}" if self.by else ""
        cause = f" ({self.cause})" if self.cause and self.cause != "people" else ""
        said = f": {self.comment}" if self.comment else ""
        return f"{status}{by}{cause}{said}"


@dataclass(frozen=True, slots=True)
class Approved(Came):
    approved: ClassVar[bool] = True

    @property
    def automatic(self) -> bool:
        """No person was needed."""
        return self.request.status == "auto_approved"


@dataclass(frozen=True, slots=True)
class ApprovedWithEdits(Came):
    """Only what stands in `edited` was approved, not what was asked."""

    approved: ClassVar[bool] = True
    edits: Edits

    @property
    def edited(self) -> Json:
        return self.edits.edited

    @property
    def params(self) -> Json:
        found: Json = self.request.params
        return found


@dataclass(frozen=True, slots=True)
class Rejected(Came):
    @property
    def rejection(self) -> Decision | None:
        """None where no person rejected it."""
        return next((one for one in self.request.live_decisions if one.decision == "rejected"), None)


@dataclass(frozen=True, slots=True)
class Expired(Came): ...


@dataclass(frozen=True, slots=True)
class Cancelled(Came):
    @property
    def by(self) -> tuple[str, ...]:
        """Whoever cancelled or discarded it; nobody where a newer request took its place."""
        return (self.request.ended_by,) if self.request.ended_by else ()

    @property
    def comment(self) -> str | None:
        """What was said with it."""
        return self.request.end_comment


@dataclass(frozen=True, slots=True)
class StillOpen(Came):
    @property
    def questions(self) -> tuple[Question, ...]:
        """Those that wait for an answer."""
        return self.request.open_questions

    def _words(self) -> str:
        asked = self.questions
        if asked:
            return f"waits for an answer: {asked[0].name} asks “{asked[0].text}”"
        people = ", ".join(self.request.waits_for)
        return f"still waits for {people}" if people else "is still open"


Outcome = Approved | ApprovedWithEdits | Rejected | Expired | Cancelled | StillOpen


class NotApproved(CountersignError):
    """There is no yes to go on with."""

    def __init__(self, sentence: str, outcome: Outcome) -> None:
        super().__init__(sentence)
        self.outcome = outcome


class EditsNotAccepted(NotApproved):
    """The yes is for something else than what was asked."""


_PLAIN: dict[str, type[Any]] = {
    "pending": StillOpen,
    "asked_question": StillOpen,
    "approved": Approved,
    "auto_approved": Approved,
    "rejected": Rejected,
    "auto_rejected": Rejected,
    "expired": Expired,
    "cancelled": Cancelled,
}


def outcome_of(request: Request) -> Outcome:
    """How it stands, as one of the types above."""
    if request.status == "approved_with_edits":
        edits = request.edits or Edits({}, {}, {})
        return ApprovedWithEdits(request, edits)
    kind = _PLAIN.get(request.status)
    if kind is None:
        raise NotUnderstood(
            f"#{request.number} is {request.status!r}, which this client is too old to know; update it."
        )
    found: Outcome = kind(request)
    return found
