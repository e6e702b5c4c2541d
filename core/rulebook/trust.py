"""The trust budget: what an agent may do unasked because people have often said yes to its like. One formula.

Of an agent's past requests of one type only what people made of them counts. Each weighs 2^(-age / half-life): an
approval without edits is good, everything else bad, some of it several times. The score is the lower end of Wilson's
one-sided 99 % interval for the share of good ones (derived at `score`), so few or old ones never suffice.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from core.model.request import Content, ExecutionStatus, Request, Status
from core.model.trust import Made, Record, Safety, Spent
from core.phrases import phrase
from core.rulebook import outcomes as o
from core.rulebook.given import Offer

CAUSE: Final = "trust_budget"

Z: Final = 2.3263478740408408
"""The standard normal's 99 % point."""

HALF_LIFE: Final = timedelta(days=30)

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Weights are kept relative to this day, so that sums of them need never be touched again; they fit until after 2100."""

_BAD: Final[Mapping[Made, float]] = {Made.EDITED: 1, Made.TIMED_OUT: 1, Made.REJECTED: 3, Made.FAILED: 3}
"""How many good ones each bad one weighs."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The offer, if trust suffices, and the sentence that says why or why not."""

    offer: Offer | None
    sentence: str
    score: float


@dataclass(frozen=True, slots=True)
class Past:
    """One past request of an agent and type."""

    made: Made
    at: datetime

    @property
    def good(self) -> float:
        return _grown(self.at) if self.made is Made.APPROVED else 0.0

    @property
    def bad(self) -> float:
        weight = _BAD.get(self.made, 0.0)
        return _grown(self.at) * weight if weight else 0.0


def _grown(at: datetime) -> float:
    return float(2 ** ((at - EPOCH) / HALF_LIFE))


def record_of(history: Iterable[Past]) -> Record:
    """What the store keeps of such a history."""
    history = tuple(history)
    counts = {made.value: sum(past.made is made for past in history) for made in Made}
    return Record(**counts, good=sum(past.good for past in history), bad=sum(past.bad for past in history))


def made_of(before: Request | None, after: Request, *, was_drawn: Callable[[], bool]) -> Made | None:
    """What became of an agent's request by one change, if that says anything about trust.

    A spot check (`was_drawn`, asked for where it matters) that its requester takes away counts as one nobody answered: else it could be asked again
    and again until it is not drawn. A yes of nobody but the person the agent acts for earns nothing.
    """
    if before is None or after.requester.kind != "agent":
        return None
    if before.is_open and not after.is_open:
        return _ended(after, was_drawn=was_drawn)
    return Made.FAILED if _has_failed(after) and not _has_failed(before) else None


def _ended(request: Request, *, was_drawn: Callable[[], bool]) -> Made | None:
    if request.cause == "people":
        return _decided(request)
    if request.status is Status.EXPIRED:
        return Made.TIMED_OUT
    taken_away = request.status is Status.CANCELLED and request.cause in {"requester", "discarded", "superseded"}
    return Made.TIMED_OUT if taken_away and was_drawn() else None


def _decided(request: Request) -> Made | None:
    if request.status is Status.APPROVED:
        by_others = any(d.counts and d.member != request.on_behalf_of for d in request.decisions)
        return Made.APPROVED if by_others else None
    return {Status.APPROVED_WITH_EDITS: Made.EDITED, Status.REJECTED: Made.REJECTED}.get(request.status)


def _has_failed(request: Request) -> bool:
    return request.execution is not None and request.execution.status is ExecutionStatus.FAILED


def score(record: Record, now: datetime) -> float:
    """From 0 to below 1. Derivation: let g and b be the good and bad weight, n = g + b, and p the true share of yeses.

    The normal approximation says |g - n p| <= z sqrt(n p (1 - p)) but for one case in a hundred. The smaller root of the
    quadratic (g - n p)^2 = z^2 n p (1 - p) is the least p that fits. More g moves the root up, more b down. Waiting shrinks g and b by
    one factor, which leaves g / n and only widens the interval: so the score never rises but by people's approvals.
    """
    shrunk = 1 / _grown(now)
    return _lower_end(record.good * shrunk, (record.good + record.bad) * shrunk)


def _lower_end(good: float, total: float) -> float:
    if good <= 0 or total <= 1e-9:
        return 0.0
    share, spread = good / total, Z * Z / total
    root = math.sqrt(share * (1 - share) * spread + spread * spread / 4)
    return max(0.0, (share + spread / 2 - root) / (1 + spread))


def trust(record: Record, content: Content, safety: Safety, spent: Spent, now: datetime, *, spot_check: bool) -> Trust:
    """Whether trust answers for the people this time."""
    reached = score(record, now)
    alike = said_of(record)
    against = _against(content, safety, spent, reached, spot_check=spot_check)
    if against is not None:
        return Trust(None, f"{against} ({alike}).", reached)
    sentence = o.trust_answers(alike, _money(spent.usd + usd_of(content)), _money(safety.usd_a_day))
    return Trust(Offer(CAUSE, sentence), sentence, reached)


def said_of(record: Record) -> str:
    """`47 of 48 alike approved`, and how many of those failed."""
    approved, asked = str(record.approved), str(record.asked)
    if record.failed:
        return o.alike_approved_and_failed(approved, asked, str(record.failed))
    return o.alike_approved(approved, asked)


def standing_of(record: Record, safety: Safety, spent: Spent, now: datetime) -> str:
    """How trust stands before anything in particular is asked, for whoever looks at it."""
    reached = score(record, now)
    against = next((said for stands, said in _obstacles(safety, spent, reached) if stands), None)
    today = phrase(
        "{spent} of {limit} and {count} of {count_a_day} today",
        spent=_money(spent.usd),
        limit=_money(safety.usd_a_day),
        count=spent.count,
        count_a_day=safety.count_a_day,
    )
    verdict = (
        phrase("Small requests pass unasked")
        if against is None
        else phrase("{against}, so people are asked", against=against)
    )
    return f"{verdict} ({said_of(record)}; {today})."


def _obstacles(safety: Safety, spent: Spent, reached: float) -> tuple[tuple[bool, str], ...]:
    return (
        (not safety.enabled, phrase("Trust budgets are off")),
        (
            reached < safety.least_score,
            phrase("The score {down} is below {least_score:.2f}", down=_down(reached), least_score=safety.least_score),
        ),
        (
            spent.count >= safety.count_a_day,
            phrase("Today's {count_a_day} are used up", count_a_day=safety.count_a_day),
        ),
    )


def _against(content: Content, safety: Safety, spent: Spent, reached: float, *, spot_check: bool) -> str | None:
    """The first thing that stands in the way."""
    usd = usd_of(content)
    off, *obstacles = _obstacles(safety, spent, reached)
    small = (
        (bool(content.side_effects), phrase("It has side effects")),
        (not 0 <= usd < math.inf, phrase("Its cost in dollars is not declared")),
        (usd > safety.usd_each, phrase("It costs more than {money}", money=_money(safety.usd_each))),
    )
    last = (
        (
            micros(spent.usd) + micros(usd) > micros(safety.usd_a_day),
            phrase("It would exceed today's {money}", money=_money(safety.usd_a_day)),
        ),
        (spot_check, phrase("It was drawn for a spot check")),
    )
    return next((said for stands, said in (off, *small, *obstacles, *last) if stands), None)


def usd_of(content: Content) -> float:
    """Undeclared is not zero: it is no number at all."""
    return math.nan if content.cost is None or content.cost.usd is None else content.cost.usd


def micros(usd: float) -> int:
    """Millionths of a dollar, rounded up, so that sums are exact; 0 for what is no amount and so is never spent."""
    return math.ceil(round(usd * 1_000_000, 3)) if 0 <= usd < 1e12 else 0


def _money(usd: float) -> str:
    return f"${usd:.2f}"


def _down(reached: float) -> str:
    """Rounded down: a score said to be below 0.85 must not be printed as 0.85."""
    return f"{math.floor(reached * 100) / 100:.2f}"


def is_drawn(request: str, key: bytes, share: float) -> bool:
    """Whether this request's id is drawn for a spot check; nobody without the key can tell beforehand."""
    drawn = int.from_bytes(hmac.digest(key, request.encode(), hashlib.sha256)[:8]) / 2**64
    return drawn < share
