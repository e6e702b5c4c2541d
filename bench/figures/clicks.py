"""A click on Approve: signed HTTP in, decided and committed, 200 out, against Bolt that only acks the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bench.clicks import FORM, PATH
from bench.figures.base import Bench, Figure
from bench.floors.bolt import SECRET
from bench.load import Job, Load, offer
from bench.outcome import Outcome, Turns, percentile, say
from bench.process import serving
from bench.product import Workplace, workplace
from bench.progress import report

RATE: Final = 300.0
CONNECTIONS: Final = 64
BURST: Final = 1000
IN_TIME: Final = 3.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The most times the floor's p50 and p99, the least share of its clicks a second."""

    p50: float
    share: float
    p99: float


LIMITS: Final = {"SQLite": Limits(4, 0.4, 6), "PostgreSQL": Limits(6, 0.2, 6)}


@dataclass
class Sides:
    """Ours and the floor, and the clicks not yet spent; each pair is offered the same bytes."""

    place: Workplace
    ours: int
    floor: int
    clicks: Iterator[bytes]

    def pair(self, count: int, connections: int, rate: float | None = None) -> tuple[Load, Load]:
        """The floor's turn, then ours."""
        bodies = tuple(next(self.clicks) for _ in range(count))
        its = offer(Job(self.floor, PATH, bodies, connections, rate, SECRET, FORM))
        mine = offer(Job(self.ours, PATH, bodies, connections, rate, self.place.secret, FORM))
        its.must_succeed()
        mine.must_succeed()
        return mine, its


def measure(bench: Bench) -> Iterable[Outcome]:
    for kind in ("SQLite", "PostgreSQL"):
        url = bench.sqlite("clicks") if kind == "SQLite" else bench.postgres.fresh()
        yield from on(bench, kind, url)


def on(bench: Bench, kind: str, url: str) -> Iterable[Outcome]:
    rounds = bench.so_many(7, 3)
    alone, together = bench.so_many(300, 150), bench.so_many(1500, 500)
    turns, each = bench.so_many(4, 2), int(RATE) * bench.so_many(15, 5)
    with workplace(bench.folder, url) as place:
        place.ask(1 + rounds * (alone + together) + turns * each + BURST)
        place.show()
        report(f"{kind}: {len(place.requests):,} requests to be clicked")
        clicks = iter(place.clicks())
        report(f"{kind}: clicks built")
        with place.product() as ours, serving("bench.floors.bolt") as floor:
            sides = Sides(place, ours.port, floor.port, clicks)
            sides.pair(1, 1)
            limits = LIMITS[kind]
            yield one_at_a_time(sides, kind, rounds, alone, limits.p50)
            report(f"{kind}: clicked one at a time")
            yield sixteen(sides, kind, rounds, together, limits.share)
            report(f"{kind}: clicked sixteen at once; now {turns * each / RATE:.0f} s of open load for each side")
            yield open_load(sides, kind, turns, each, limits.p99)
            if not all(place.approved(place.requests[:-BURST])):
                raise SystemExit("a click was answered with 200 and its request is not approved")
            yield burst(sides, kind)


def one_at_a_time(sides: Sides, kind: str, rounds: int, count: int, limit: float) -> Outcome:
    pairs = [[percentile(load.took, 50) * 1000 for load in sides.pair(count, 1)] for _ in range(rounds)]
    return _turns(pairs).compare(f"click on Approve, p50, {kind}", "ms", limit)


def sixteen(sides: Sides, kind: str, rounds: int, count: int, limit: float) -> Outcome:
    pairs = [[load.per_second for load in sides.pair(count, 16)] for _ in range(rounds)]
    return _turns(pairs).compare(f"clicks, 16 at once, {kind}", "/s", limit, at_least=True)


def open_load(sides: Sides, kind: str, turns: int, count: int, limit: float) -> Outcome:
    """All turns of one side together, since a p99 needs many."""
    pairs = [sides.pair(count, CONNECTIONS, RATE) for _ in range(turns)]
    mine, its = ([took for load in loads for took in load.took] for loads in zip(*pairs, strict=True))
    p99 = [percentile(took, 99) * 1000 for took in (mine, its)]
    return _turns([p99]).compare(f"clicks, {RATE:.0f}/s offered, p99, {kind}", "ms", limit)


def burst(sides: Sides, kind: str) -> Outcome:
    """The slowest click that was carried out; those refused for being too late must not have been."""
    bodies = tuple(next(sides.clicks) for _ in range(BURST))
    mine = offer(Job(sides.ours, PATH, bodies, BURST, None, sides.place.secret, FORM))
    decided = sides.place.approved(sides.place.requests[-BURST:])
    carried_out = [took for took, done in zip(mine.took, decided, strict=True) if done]
    answered = sum(status == 200 for status in mine.statuses)
    note = f"{len(carried_out)} carried out, {BURST - len(carried_out)} refused unexecuted, {answered} answered 200"
    slowest = max(carried_out)
    figure = f"{BURST:,} clicks at once, slowest carried out, {kind}"
    return Outcome(figure, say(slowest, "s"), "–", slowest, IN_TIME, note=note)


def _turns(pairs: list[list[float]]) -> Turns:
    mine, its = zip(*pairs, strict=True)
    return Turns(mine, its)


MEMBER = Figure("clicks", measure)
