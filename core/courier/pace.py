"""Keeps an outlet's pace: who comes gets a slot in order of coming, and keeps it when it comes back for it.

Slots are promised per place first and per lane after, so that a crowded channel never holds up another one, and no lane
(a Slack workspace, say) another lane, whoever they belong to.
Kept in memory only: one courier per outlet holds the lease, and whoever takes over begins with an empty book.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from core.courier.outlet import Pace, Spot
from core.model.quick import dataclass

Key = tuple[str, ...]
MOST_BUCKETS = 4096
MOST_KNOWN = 512
"""Gates kept as made: those of a crowded place are asked for with each of its rows."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One limit an errand has to pass: one every `gap` seconds, `burst` at once; the errand takes `cost` of them.

    A `lane` is named by a gate that counts for all of it.
    """

    key: Key
    gap: float
    burst: int = 1
    cost: int = 1
    lane: str | None = None


@lru_cache(maxsize=MOST_KNOWN)
def update_gates(pace: Pace, spot: Spot) -> tuple[Gate, ...]:
    return (Gate(("update", spot.lane), 60 / pace.updates, pace.burst, lane=spot.lane),)


def post_gates(pace: Pace, spots: Iterable[Spot]) -> tuple[Gate, ...]:
    """To post once in each of these places."""
    return _post_gates(pace, frozenset(spots))


@lru_cache(maxsize=MOST_KNOWN)
def _post_gates(pace: Pace, spots: frozenset[Spot]) -> tuple[Gate, ...]:
    there = sorted(spots, key=lambda spot: (spot.lane, spot.place))
    each = [Gate(("place", spot.lane, spot.place), pace.post_gap) for spot in there]
    lanes = Counter(spot.lane for spot in there)
    whole = [Gate(("post", lane), 60 / pace.posts, pace.burst, cost, lane) for lane, cost in lanes.items()]
    return (*each, *whole)


@dataclass(slots=True)
class Bucket:
    """`full_at` is when the slots given so far are used up; `closed_until` when the outlet said that it is busy."""

    full_at: float
    closed_until: float = 0.0

    def reserve(self, gate: Gate, now: float) -> float:
        at = max(now, self.full_at - (gate.burst - 1) * gate.gap, self.closed_until)
        self.full_at = max(self.full_at, at) + gate.gap * gate.cost
        return at


class Book:
    """The promised slots. `now` is in seconds of any steady clock, always the same one."""

    def __init__(self) -> None:
        self._buckets: dict[Key, Bucket] = {}
        self._promised: dict[str, dict[Key, float]] = {}

    def wait(self, errand: str, gates: Iterable[Gate], now: float) -> float:
        """Seconds until the errand may go; 0 when it may go now. The slot stays promised until `done`."""
        promised = self._promised.setdefault(errand, {})
        for gate in gates:
            if gate.key not in promised:
                promised[gate.key] = self._bucket(gate.key, now).reserve(gate, now)
            if promised[gate.key] > now:
                return promised[gate.key] - now
        return 0.0

    def until(self, errand: str, now: float) -> float:
        """Seconds until the last slot it was promised so far; 0 where there is none."""
        return max(0.0, max(self._promised.get(errand, {}).values(), default=now) - now)

    def done(self, errand: str) -> None:
        self._promised.pop(errand, None)

    def close(self, gates: Iterable[Gate], seconds: float, now: float, lane: str | None = None) -> None:
        """The outlet is busy: nobody passes the gates of this lane (all lanes, where it was not said) for so long."""
        for gate in gates:
            if gate.lane is not None and lane in (None, gate.lane):
                self._close(gate, seconds, now)

    def _close(self, gate: Gate, seconds: float, now: float) -> None:
        bucket = self._bucket(gate.key, now)
        bucket.closed_until = max(bucket.closed_until, now + seconds)
        bucket.full_at = max(bucket.full_at, bucket.closed_until + (gate.burst - 1) * gate.gap)
        for promised in self._promised.values():
            promised.pop(gate.key, None)

    def forget(self) -> None:
        self._buckets.clear()
        self._promised.clear()

    def _bucket(self, key: Key, now: float) -> Bucket:
        if len(self._buckets) >= MOST_BUCKETS:
            self._buckets = {k: b for k, b in self._buckets.items() if max(b.full_at, b.closed_until) > now}
        return self._buckets.setdefault(key, Bucket(now))
