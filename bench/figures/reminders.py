"""Ten thousand reminders due at once for five hundred people: one message each, and what they cost the acks meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from bench.asks import ask
from bench.figures.base import Bench, Figure
from bench.outcome import Outcome, percentile, say
from bench.product import prepare
from bench.world import BEGAN, World, at_once, create, fresh, settings
from bot.assemble import derive
from bot.wire.asking import NewRequest
from core import requirements
from core.codec import Codec
from core.collection import members
from core.courier import Courier, Pace, Reminder, Spot
from core.desk import Desk, DraftRequirement, DraftStage
from core.ledger import chain
from core.model.command import Approve
from core.model.organisation import Grant, Identity, Member
from core.model.people import Role
from core.model.request import Request
from core.ports import Delivery, Notice, Store, Transaction
from core.scheduling.alarm import SLICE
from core.store import open_store

PEOPLE: Final = 500
RATE: Final = 50.0
AT_LEAST: Final = 25.0
"""Milliseconds of p99 that are no trouble, however quick it is when nothing else goes on."""

QUICK: Final = Pace(post_gap=0.0, posts=1e9, updates=1e9, burst=1_000)


@dataclass
class Clock:
    """Real time, turned by hand."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=time.monotonic()) + self.offset


@dataclass
class Board:
    """An outlet that counts what reaches each place, and takes as long for it as Slack does."""

    word: ClassVar[str] = "board"
    pace: Pace = QUICK
    reached: Counter[str] = field(default_factory=Counter)

    async def spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot:
        return Spot(organisation, place)

    async def show(self, delivery: Delivery, request: Request) -> Delivery:
        return replace(delivery, address={"channel": delivery.place, "ts": delivery.id})

    async def tell(self, notice: Notice, request: Request, cards: Sequence[Delivery]) -> Notice:
        if notice.word == "reminder":
            self.reached[notice.place] += 1
        await asyncio.sleep(0.05)
        return notice

    async def gather(self, organisation: str, place: str, reminders: Sequence[Reminder], more: int) -> None:
        self.reached[place] += 1
        await asyncio.sleep(0.05)

    async def find(self, delivery: Delivery) -> Mapping[str, Any] | None:
        return None


@dataclass(frozen=True, slots=True)
class Place:
    store: Store
    desk: Desk
    courier: Courier
    board: Board
    clock: Clock
    world: World


def measure(bench: Bench) -> Iterable[Outcome]:
    for kind in ("SQLite", "PostgreSQL"):
        url = bench.sqlite("reminders") if kind == "SQLite" else bench.postgres.fresh()
        prepare(url)
        yield from asyncio.run(on(bench, kind, url))


async def on(bench: Bench, kind: str, url: str) -> list[Outcome]:
    count, acks = bench.so_many(10_000, 1_000), bench.so_many(1_500, 500)
    async with opened(url) as place:
        await place.store.transact(lambda tx: furnish(tx, place.world))
        await asked(place, count)
        await place.courier.drain()
        place.board.reached.clear()
        spare = iter(await create(place.desk, place.world, 2 * acks))
        await place.courier.drain()
        quiet = await decided(place, [next(spare) for _ in range(acks)])
        place.clock.offset += timedelta(minutes=61)
        async with asyncio.TaskGroup() as group:
            storm = group.create_task(reminded(place))
            busy = await decided(place, [next(spare) for _ in range(acks)])
            took = await storm
    return outcomes(kind, count, place.board, quiet, busy, took)


def outcomes(
    kind: str, count: int, board: Board, quiet: Sequence[float], busy: Sequence[float], took: float
) -> list[Outcome]:
    before, meanwhile = (percentile(each, 99) * 1000 for each in (quiet, busy))
    most, messages = max(board.reached.values()), board.reached.total()
    note = f"{messages:,} messages to {len(board.reached):,} places, all within {took:.1f} s"
    return [
        Outcome(
            f"{count:,} reminders at once, messages to one place at most, {kind}", f"{most}", "–", most, 1, note=note
        ),
        Outcome(
            f"acks at {RATE:.0f}/s meanwhile, p99, {kind}",
            say(meanwhile, "ms"),
            say(before, "ms"),
            meanwhile,
            max(2 * before, AT_LEAST),
        ),
    ]


async def reminded(place: Place) -> float:
    """Seconds until nothing is due and everything that reminds was told."""
    began = time.perf_counter()
    running = asyncio.create_task(place.courier.run())
    while await place.desk.sweep(SLICE) >= SLICE:
        pass
    while await place.store.read(lambda reader: reader.next_due() or BEGAN) <= place.clock.now():
        await place.desk.sweep(SLICE)
    expected = PEOPLE + 1
    while len(place.board.reached) < expected and time.perf_counter() - began < 120:
        place.courier.nudge()
        await asyncio.sleep(0.1)
    took = time.perf_counter() - began
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return took


async def decided(place: Place, requests: Sequence[Request]) -> list[float]:
    """Seconds from each click's turn until its commit, offered evenly."""
    began = time.perf_counter()

    async def one(number: int, request: Request) -> float:
        due = began + number / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await place.desk.do(place.world.approver(number), request.id, Approve(revision=1, stage=1))
        return time.perf_counter() - due

    return list(await asyncio.gather(*(one(number, request) for number, request in enumerate(requests))))


async def asked(place: Place, count: int) -> None:
    """Requests in one channel, each waiting for one of the many; all are reminded of an hour later."""

    async def one(number: int) -> None:
        stage = DraftStage((DraftRequirement((f"crowd{number % PEOPLE}@example.com",), 1),))
        draft = replace(NewRequest.model_validate(ask(number)).to_draft(), stages=(stage,))
        await place.desk.create(place.world.asker(number), draft)

    await at_once(64, [lambda number=number: one(number) for number in range(count)])  # type: ignore[misc]


def furnish(tx: Transaction, world: World) -> None:
    world.furnish(tx, replace(settings(), remind=(timedelta(hours=1),)))
    for number in range(PEOPLE):
        id, email = f"mem_crowd{number}", f"crowd{number}@example.com"
        tx.put(Member(id, world.organisation, email, f"Crowd {number}", True, BEGAN))
        tx.put(
            Identity(
                f"idn_crowd{number}", world.organisation, "slack", world.team, f"U1CROWD{number}", id, email, BEGAN
            )
        )
        tx.grant(Grant(world.organisation, None, f"member:{id}", Role.APPROVER))


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Place]:
    clock, board = Clock(), Board()
    codec = Codec(members(requirements))
    async with open_store(
        url, clock=clock, codec=codec, chain=chain, derive=derive, turned=lambda: clock.offset
    ) as store:
        desk = Desk(store, fresh=fresh, outlets=(board.word,))
        courier = Courier(store, [board], owner="bench")
        yield Place(store, desk, courier, board, clock, World())


MEMBER = Figure("reminders", measure)
