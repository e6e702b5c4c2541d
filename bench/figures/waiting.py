"""Five thousand long polls on one process: what holding them costs, and how soon those who wait hear of a decision."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.asks import asks
from bench.errands import Errands, run
from bench.figures.base import Bench, Figure
from bench.outcome import Outcome, percentile, say
from bench.polls import Watch, Woken, watching
from bench.process import Server, serving
from bench.product import Workplace, core, workplace
from bench.world import World
from core.administration import operator
from core.model.people import Verb

EACH: Final = 5
"""Who wait for one request."""

WOKEN: Final = 200
"""Requests decided while everybody waits."""

CALM: Final = 20.0
BURST: Final = 200.0
"""Decisions a second."""

WATCHED: Final = 5.0
SETTLING: Final = 40.0
QUIET: Final = 0.03
"""Seconds of processor time in half a second of a server at rest."""

CALLED: Final = 300
SOON: Final = {"SQLite": 10.0, "PostgreSQL": 30.0}
"""Milliseconds."""

READ: Final = "/v1/requests/{}?wait=60s"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Values of `Authorization`: of one agent that asks and waits, and of one person who decides."""

    asks: str
    decides: str


def measure(bench: Bench) -> Iterable[Outcome]:
    many = bench.so_many(5000, 1000)
    for kind in ("SQLite", "PostgreSQL"):
        url = bench.sqlite("waiting") if kind == "SQLite" else bench.postgres.fresh()
        with workplace(bench.folder, url) as place, ExitStack() as stack:
            place.ask(many // EACH + WOKEN, cards=False)
            who = asyncio.run(credentials(url, place.world))
            ours = stack.enter_context(place.product())
            other = ours if kind == "SQLite" else stack.enter_context(place.product())
            polls = Polls(bench.folder, place, who, many)
            yield from polls.held(kind, ours, other)
            yield polls.burst(kind, ours, other)
            yield polls.one_by_one(kind, ours)


@dataclass
class Polls:
    folder: Path
    place: Workplace
    who: Credentials
    many: int

    def held(self, kind: str, ours: Server, other: Server) -> Iterable[Outcome]:
        """Memory and processor time of those who wait, against bare waiters; then decisions at a calm pace."""
        with serving("bench.floors.plain_waiter") as floor:
            empty = floor.memory()
            with watching(self.folder, self.watch(floor.port)):
                settle(floor)
                bare = (floor.memory() - empty) * 1024 / self.many
        empty = ours.memory()
        with watching(self.folder, self.watch(ours.port, other.port, CALM)) as held:
            settle(ours)
            mine = (ours.memory() - empty) * 1024 / self.many
            before = ours.cpu_seconds()
            time.sleep(WATCHED)
            busy = (ours.cpu_seconds() - before) / WATCHED * 100
            woken = held.go()
        woken.must_succeed()
        where = "" if other is ours else " on another replica"
        yield Outcome(
            f"memory of a waiter, {self.many:,} waiting, {kind}", say(mine, "kB"), say(bare, "kB"), mine / bare, 1.6
        )
        yield Outcome(f"{self.many:,} waiting, processor, {kind}", say(busy, "% of a core"), "–", busy, 5)
        yield late(f"a decision{where} wakes who waits, p99, {self.many:,} waiting, {kind}", woken, 0.1)

    def burst(self, kind: str, ours: Server, other: Server) -> Outcome:
        """So many requests with five waiters each, decided within a second."""
        places = range(self.many // EACH, self.many // EACH + WOKEN)
        with watching(self.folder, self.watch(ours.port, other.port, BURST, places)) as held:
            settle(ours)
            woken = held.go()
        woken.must_succeed()
        return late(f"{WOKEN} requests decided within 1 s, {WOKEN * EACH:,} waiting, p99, {kind}", woken, 1.0)

    def one_by_one(self, kind: str, ours: Server) -> Outcome:
        """A request is asked for, somebody waits, a person decides, the waiter has it: all of it."""
        errands = Errands(ours.port, asks(CALLED), self.who.asks, self.who.decides)
        seconds = percentile(run(errands), 50)
        what = f"asked, approved by a person, the waiter has it, p50, {kind}"
        return Outcome(what, say(seconds * 1000, "ms"), "–", seconds * 1000, SOON[kind])

    def watch(self, port: int, deciding: int = 0, rate: float = 1.0, places: range | None = None) -> Watch:
        places = range(self.many // EACH) if places is None else places
        ids = [self.place.requests[place].id for place in places]
        polls = tuple((READ.format(id), self.who.asks) for id in ids for _ in range(EACH))
        decided = ids[:WOKEN] if deciding else []
        decisions = tuple((f"/v1/requests/{id}/approve", self.who.decides) for id in decided)
        wakes = tuple(tuple(range(place * EACH, place * EACH + EACH)) for place in range(len(decided)))
        return Watch(port, polls, deciding, decisions, wakes, rate)


def late(figure: str, woken: Woken, limit: float) -> Outcome:
    seconds = percentile(woken.took, 99)
    return Outcome(figure, say(seconds * 1000, "ms"), "–", seconds, limit)


def settle(server: Server) -> None:
    """Until it has taken in all that was sent and has nothing to do but to wait."""
    until = time.monotonic() + SETTLING
    before = -1.0
    while server.cpu_seconds() - before > QUIET and time.monotonic() < until:
        before = server.cpu_seconds()
        time.sleep(0.5)


async def credentials(url: str, world: World) -> Credentials:
    async with core(url) as made:
        office = made.administration
        host = operator(world.organisation)
        key = await office.keys.add(host, world.agent(0), verbs=(Verb.ASK, Verb.READ))
        token = await office.logins.exchange(
            await office.logins.show_code(world.approver(1), may_decide=True), "bench", origin="127.0.0.1"
        )
    return Credentials(f"Bearer {key.secret}", f"Bearer {token.secret}")


MEMBER = Figure("waiting", measure)
