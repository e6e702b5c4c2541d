"""The trust budget: what an agent may do unasked because people have often said yes to its like. One formula.

Of an agent's past requests of one type only what people made of them counts. Each weighs 2^(-age / half-life): an
approval without edits is good, everything else bad, some of it several times. The score is the lower end of Wilson's
one-sided 99 % interval for the share of good ones (derived at `score`), so few or old ones never suffice.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.model.request import Content
from core.rulebook.given import Offer

Z: Final = 2.3263478740408408
"""The standard normal's 99 % point."""


class Made(StrEnum):
    """What people, or what came after them, made of one past request. An automatic yes, or a reported success, is none."""

    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


_BAD: Final[Mapping[Made, float]] = {Made.EDITED: 1, Made.TIMED_OUT: 1, Made.REJECTED: 3, Made.FAILED: 3}
"""How many good ones each bad one weighs."""


@dataclass(frozen=True, slots=True)
class Past:
    """One past request of an agent and type."""

    made: Made
    at: datetime


@dataclass(frozen=True, slots=True)
class Safety:
    """An admin's settings; off by default. `spot_checks` is the share that is asked all the same."""

    enabled: bool = False
    least_score: float = 0.85
    usd_each: float = 1.0
    usd_a_day: float = 20.0
    count_a_day: int = 20
    spot_checks: float = 0.05
    half_life: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Spent:
    """What the agent's trust has been used for today."""

    usd: float = 0.0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Trust:
    """The offer, if trust suffices, and the sentence that says why or why not."""

    offer: Offer | None
    sentence: str
    score: float


def score(history: Iterable[Past], now: datetime, half_life: timedelta) -> float:
    """From 0 to below 1. Derivation: let g and b be the good and bad weight, n = g + b, and p the true share of yeses.

    The normal approximation says |g - n p| <= z sqrt(n p (1 - p)) but for one case in a hundred. The smaller root of the
    quadratic (g - n p)^2 = z^2 n p (1 - p) is the least p that fits. More g moves the root up, more b down. Waiting shrinks g and b by
    one factor, which leaves g / n and only widens the interval: so the score never rises but by people's approvals.
    """
    good = bad = 0.0
    for past in history:
        weight = 0.5 ** (max(timedelta(), now - past.at) / half_life)
        good += weight if past.made is Made.APPROVED else 0.0
        bad += weight * _BAD.get(past.made, 0.0)
    return _lower_end(good, good + bad)


def _lower_end(good: float, total: float) -> float:
    if good <= 0 or total <= 1e-9:
        return 0.0
    share, spread = good / total, Z * Z / total
    root = math.sqrt(share * (1 - share) * spread + spread * spread / 4)
    return max(0.0, (share + spread / 2 - root) / (1 + spread))


def trust(
    history: Iterable[Past], content: Content, safety: Safety, spent: Spent, now: datetime, *, spot_check: bool
) -> Trust:
    """Whether trust answers for the people this time."""
    history = tuple(history)
    reached = score(history, now, safety.half_life)
    alike = f"{sum(past.made is Made.APPROVED for past in history)} of {len(history)} alike approved"
    against = _against(content, safety, spent, reached, spot_check=spot_check)
    if against is not None:
        return Trust(None, f"{against} ({alike}).", reached)
    after = spent.usd + _usd(content)
    sentence = f"{alike}; ${after:.2f} of ${safety.usd_a_day:.2f} today."
    return Trust(Offer("trust_budget", sentence), sentence, reached)


def _against(content: Content, safety: Safety, spent: Spent, reached: float, *, spot_check: bool) -> str | None:
    """The first thing that stands in the way."""
    usd = _usd(content)
    obstacles = (
        (not safety.enabled, "Trust budgets are off"),
        (bool(content.side_effects), "It has side effects"),
        (not 0 <= usd < math.inf, "Its cost in dollars is not declared"),
        (usd > safety.usd_each, f"It costs more than ${safety.usd_each:.2f}"),
        (reached < safety.least_score, f"The score {reached:.2f} is below {safety.least_score:.2f}"),
        (spent.count >= safety.count_a_day, f"Today's {safety.count_a_day} are used up"),
        (spent.usd + usd > safety.usd_a_day, f"It would exceed today's ${safety.usd_a_day:.2f}"),
        (spot_check, "It was drawn for a spot check"),
    )
    return next((sentence for stands, sentence in obstacles if stands), None)


def _usd(content: Content) -> float:
    """Undeclared is not zero: it is no number at all."""
    return math.nan if content.cost is None or content.cost.usd is None else content.cost.usd


def is_drawn(request: str, key: bytes, share: float) -> bool:
    """Whether this request's id is drawn for a spot check; nobody without the key can tell beforehand."""
    drawn = int.from_bytes(hmac.digest(key, request.encode(), hashlib.sha256)[:8]) / 2**64
    return drawn < share
