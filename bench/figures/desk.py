"""Decisions through the desk without HTTP, against what the libraries alone need for a transaction of that shape."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Final

from bench.figures.base import Bench, Figure
from bench.floors.by_hand import Transaction, play, recording
from bench.floors.writer_thread import WriterThread, decide, fill
from bench.outcome import Outcome, Turns
from bench.product import Core, core, prepare
from bench.world import World, at_once, create, furnish
from core.model.command import Approve

WRITERS: Final = 8
ORGANISATIONS: Final = 8
Decisions = list[tuple[World, str]]


def measure(bench: Bench) -> Iterable[Outcome]:
    yield from asyncio.run(on_sqlite(bench))
    yield by_hand(bench)
    yield asyncio.run(one_or_eight(bench))


def approve(made: Core, world: World, request: str, number: int) -> Callable[[], Awaitable[None]]:
    async def decide_it() -> None:  # what came of it is dropped, as a server drops it: kept, it would slow collection
        await made.desk.do(world.approver(number), request, Approve(revision=1, stage=1))

    return decide_it


async def per_second(made: Core, decisions: Decisions, in_flight: int) -> float:
    work = (approve(made, world, request, number) for number, (world, request) in enumerate(decisions))
    start = time.perf_counter()
    done = await at_once(in_flight, work)
    return len(done) / (time.perf_counter() - start)


def slices(decisions: Decisions, count: int) -> Iterator[Decisions]:
    return (decisions[start : start + count] for start in range(0, len(decisions), count))


# -------------------------------------------------------------------------------------------------------------- SQLite


async def on_sqlite(bench: Bench) -> list[Outcome]:
    rounds, alone, together = bench.so_many(9, 3), bench.so_many(500, 200), bench.so_many(1500, 600)
    url, world = bench.sqlite("desk"), World()
    prepare(url)
    async with core(url) as made:
        await furnish(made.store, [world])
        requests = await create(made.desk, world, rounds * (alone + together))
        floor = WriterThread(bench.folder / "floor.db")
        await floor.run(lambda connection: fill(connection, rounds * (alone + together)))
        numbers = iter(range(rounds * (alone + together)))
        decisions = iter([(world, request.id) for request in requests])
        outcomes = []
        for in_flight, count, limit in ((1, alone, 0.5), (64, together, 1.2)):
            mine, its = [], []
            for _ in range(rounds):
                its.append(await floor_per_second(floor, [next(numbers) for _ in range(count)], in_flight))
                mine.append(await per_second(made, [next(decisions) for _ in range(count)], in_flight))
            figure = f"decisions at the desk, {in_flight} in flight, SQLite"
            outcomes.append(Turns(tuple(mine), tuple(its)).compare(figure, "/s", limit, at_least=True))
        await floor.close()
    return outcomes


async def floor_per_second(floor: WriterThread, numbers: Sequence[int], in_flight: int) -> float:
    start = time.perf_counter()
    await at_once(in_flight, (lambda n=n: floor.run(lambda c: decide(c, n)) for n in numbers))  # type: ignore[misc]
    return len(numbers) / (time.perf_counter() - start)


# ---------------------------------------------------------------------------------------------------------- PostgreSQL


def by_hand(bench: Bench) -> Outcome:
    """Ours, and the very statements of ours sent by hand, each on a copy of one database."""
    rounds, count = bench.so_many(9, 3), bench.so_many(1000, 400)
    template = bench.postgres.fresh()
    prepare(template)
    requests = asyncio.run(fill_with_requests(template, [World()], rounds * count))
    transactions = asyncio.run(recorded(bench.postgres.copied(template), requests))
    ours, floor = bench.postgres.copied(template), bench.postgres.copied(template)
    turns = asyncio.run(take_turns(ours, floor, requests, transactions, count))
    figure = f"decisions at the desk, {WRITERS} in flight, PostgreSQL"
    return turns.compare(figure, "/s", 0.4, at_least=True, note=_statements(transactions))


async def fill_with_requests(url: str, worlds: Sequence[World], each: int) -> Decisions:
    async with core(url) as made:
        await furnish(made.store, worlds)
        return [(world, request.id) for world in worlds for request in await create(made.desk, world, each)]


async def recorded(url: str, decisions: Decisions) -> list[Transaction]:
    async with core(url) as made:
        with recording() as tape:
            await per_second(made, decisions, WRITERS)
    return tape.done


async def take_turns(
    ours: str, floor: str, decisions: Decisions, transactions: Sequence[Transaction], count: int
) -> Turns:
    mine, its = [], []
    async with core(ours) as made:
        for place, part in enumerate(slices(decisions, count)):
            played = transactions[place * count : (place + 1) * count]
            its.append(len(played) / await asyncio.to_thread(play, floor, played, WRITERS))
            mine.append(await per_second(made, part, WRITERS))
    return Turns(tuple(mine), tuple(its))


def _statements(transactions: Sequence[Transaction]) -> str:
    middle = transactions[len(transactions) // 2]
    return f"{len(middle)} statements in each transaction, sent by hand one after the other"


async def one_or_eight(bench: Bench) -> Outcome:
    """Nothing of an organisation is locked across a commit: one busy organisation is as quick as eight."""
    rounds, count = bench.so_many(9, 5), bench.so_many(800, 320)
    worlds, url = [World(place) for place in range(ORGANISATIONS)], bench.postgres.fresh()
    prepare(url)
    async with core(url) as made:
        await furnish(made.store, worlds)
        shares = [await create(made.desk, world, rounds * count // ORGANISATIONS) for world in worlds]
        spread = [
            (world, share[n].id) for n in range(len(shares[0])) for world, share in zip(worlds, shares, strict=True)
        ]
        alone = [(worlds[0], request.id) for request in await create(made.desk, worlds[0], rounds * count)]
        mine, its = [], []
        for one, eight in zip(slices(alone, count), slices(spread, count), strict=True):
            its.append(await per_second(made, eight, WRITERS))
            mine.append(await per_second(made, one, WRITERS))
    figure = "8 requests of one organisation against 8 of eight, PostgreSQL"
    return Turns(tuple(mine), tuple(its)).compare(figure, "/s", 0.9, at_least=True)


MEMBER = Figure("desk", measure)
