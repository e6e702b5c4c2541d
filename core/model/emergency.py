"""What emergencies leave behind: broken glass that owes a review, and freezes that stop claims."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.model.people import Proof, Way
from core.model.quick import dataclass
from core.phrases import phrase

REVIEW_WITHIN: Final = timedelta(hours=72)
"""How long another person has to look at it."""

REMIND_AGAIN: Final = timedelta(hours=24)
"""A review that is late is asked for once more after this, until somebody closes it."""

CAUSE: Final = "break_glass"


class Finding(StrEnum):
    """What the reviewer found. Stored, never to be renamed."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"


@dataclass(frozen=True, slots=True)
class Glass:
    """One decision by break-glass, on one revision, and the review it owes. No approval, and never counted as one.

    `reviewed_by` is a member's id. `reminded_at` is when its late review was last asked for.
    """

    id: str
    member: str
    name: str
    email: str
    reason: str
    revision: int
    stage: int
    at: datetime
    way: Way
    proof: Proof | None
    review_by: datetime
    reminded_at: datetime | None = None
    reviewed_by: str | None = None
    reviewer_name: str | None = None
    reviewed_at: datetime | None = None
    finding: Finding | None = None
    remark: str | None = None

    @property
    def owes_review(self) -> bool:
        return self.finding is None

    @property
    def next_call(self) -> datetime | None:
        """When its review is asked for next, if it is still owed."""
        if not self.owes_review:
            return None
        return self.review_by if self.reminded_at is None else self.reminded_at + REMIND_AGAIN


@dataclass(frozen=True, slots=True)
class Review:
    """A review that is owed: who broke which request's glass, and by when another person must have looked."""

    glass: str
    organisation: str
    project: str
    request: str
    number: int
    member: str
    name: str
    opened_at: datetime
    review_by: datetime


@dataclass(frozen=True, slots=True)
class Freeze:
    """No claims in `project` (None: in the whole organisation), until a moment or until it is lifted."""

    id: str
    organisation: str
    project: str | None
    reason: str
    by: str
    by_name: str
    at: datetime
    until: datetime | None = None
    lifted_at: datetime | None = None
    lifted_by: str | None = None

    def holds(self, now: datetime) -> bool:
        return self.lifted_at is None and (self.until is None or now < self.until)

    @property
    def sentence(self) -> str:
        """Why nothing is executed now, for whoever wants to."""
        where = "Everything" if self.project is None else phrase("This project")
        return phrase(
            "{where} is frozen by {name}: {reason}.",
            where=where,
            name=self.by_name,
            reason=self.reason.rstrip("."),
        )
