"""What trust is made of: an admin's safety settings, what became of an agent's past requests, what is spent today."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from core.model.quick import dataclass


class Made(StrEnum):
    """What people, or what came after them, made of one past request. An automatic yes, or a reported success, is none."""

    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Safety:
    """An organisation's settings for trust budgets; off by default. Caps are per agent and count days in UTC.

    `spot_checks` is the share of requests that is asked all the same, `least_score` the score from which trust suffices.
    """

    enabled: bool = False
    least_score: float = 0.85
    usd_each: float = 1.0
    usd_a_day: float = 20.0
    count_a_day: int = 20
    spot_checks: float = 0.05


OFF: Final = Safety()


@dataclass(frozen=True, slots=True)
class Record:
    """What became of an agent's past requests of one type: how often each, and the weights its score is made of.

    `good` and `bad` are sums of weights that grow with the date instead of shrinking with age (`core.rulebook.trust`),
    so that adding to them needs no look at what is there.
    """

    approved: int = 0
    edited: int = 0
    rejected: int = 0
    failed: int = 0
    timed_out: int = 0
    good: float = 0.0
    bad: float = 0.0

    @property
    def asked(self) -> int:
        """Requests that people had to do with; one that failed after its yes is counted by the yes."""
        return self.approved + self.edited + self.rejected + self.timed_out


@dataclass(frozen=True, slots=True)
class Spent:
    """What an agent's trust has been used for today."""

    usd: float = 0.0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Trusted:
    """One line of what an organisation knows of an agent and a type."""

    agent: str
    type: str
    record: Record
    spent: Spent = Spent()
