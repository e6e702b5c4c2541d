"""What a sweep and pages of lists cost with a million requests pending, against the same with a thousand."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bench.bulk import copy_requests
from bench.figures.base import Bench, Figure
from bench.outcome import Outcome, Turns
from bench.product import Core, core, keys, prepare, product
from bench.progress import report
from bench.world import World, at_once, draft, furnish
from bot.slack import inbox
from bot.slack.cards.home import WAITING
from bot.slack.look import EVERYTHING
from core.model.people import Actor, Way
from core.naming import Draft, DraftRequirement, DraftStage
from core.ports import Filter, Reader

DUE: Final = 100
ASKERS: Final = 40  # so few that each has a full page even among the fewest pending
CALLS: Final = 200
FEW: Final = 1_000
PAGE: Final = 20
WORLD: Final = World()
PENDING: Final = frozenset({"pending"})


@dataclass(frozen=True, slots=True)
class Side:
    """One database and what is asked of it."""

    core: Core
    principals: frozenset[str]


def measure(bench: Bench) -> Iterable[Outcome]:
    many = bench.so_many(1_000_000, 100_000)
    for kind in ("SQLite", "PostgreSQL"):
        urls = [bench.sqlite(name) if kind == "SQLite" else bench.postgres.fresh() for name in ("few", "many")]
        for url, count in zip(urls, (FEW, many), strict=True):
            fill(url, count)
            report(f"{kind}: {count:,} requests pending")
        yield from asyncio.run(compare(bench, kind, urls[0], urls[1], many))
        report(f"{kind}: pages and sweeps measured")
        held = [memory(bench, url) for url in urls]
        name = f"memory, {many:,} pending against {FEW:,}, {kind}"
        yield Turns((held[1],), (held[0],)).compare(name, "MB", 1.1)


def fill(url: str, count: int) -> None:
    """So many pending requests of forty agents, waited for by a group or by one member."""
    prepare(url)
    copy_requests(url, asyncio.run(make_templates(url)), count)


async def make_templates(url: str) -> list[str]:
    async with core(url) as made:
        await furnish(made.store, [WORLD])
        return await at_once(16, (_template(made, number) for number in range(ASKERS)))


def _template(made: Core, number: int) -> Callable[[], Awaitable[str]]:
    async def make() -> str:
        return (await made.desk.create(WORLD.asker(number), waiting_for(number, far_away()))).request.id

    return make


def waiting_for(number: int, expires_at: datetime) -> Draft:
    """Three of four wait for the group, the others for one member each."""
    name = "@platform" if number % 4 else WORLD.email(number)
    stage = DraftStage((DraftRequirement((name,)),))
    return replace(draft(number), stages=(stage,), expires_at=expires_at)


def far_away() -> datetime:
    return datetime.now(UTC) + timedelta(days=300)


async def compare(bench: Bench, kind: str, few: str, many: str, count: int) -> list[Outcome]:
    async with core(many) as at_many, core(few) as at_few:
        principals = await at_few.store.read(lambda reader: reader.principals(WORLD.organisation, WORLD.member(0)))
        sides = Side(at_many, principals), Side(at_few, principals)
        note = f"{count:,} pending against {FEW:,}, {kind}"
        pages = [await _page(bench, f"{name}, {note}", filter, *sides) for name, filter in lists(principals).items()]
        home = await _homes(bench, f"whole Home, {note}", *sides)
        return [await _sweeps(bench, f"sweep of {DUE} due, {note}", *sides), *pages, home]


def lists(principals: frozenset[str]) -> dict[str, Filter]:
    mine = Filter(waiting_for=principals, unanswered_by=WORLD.member(0))
    return {
        "inbox page": replace(mine, order="deadline"),
        "list by assignee=me": mine,
        "list by status": Filter(statuses=PENDING),
        "list by status + project": Filter(statuses=PENDING, project=WORLD.project),
        "list by status + agent": Filter(statuses=PENDING, agent=WORLD.agent(7)),
    }


async def _page(bench: Bench, name: str, filter: Filter, many: Side, few: Side) -> Outcome:
    turns = [[await _read(side, filter) for side in (many, few)] for _ in range(bench.so_many(300, 60))]
    return _compared(name, turns)


async def _read(side: Side, filter: Filter) -> float:
    def page(reader: Reader) -> int:
        return len(reader.requests(WORLD.organisation, filter, cursor=None, limit=PAGE).requests)

    start = time.perf_counter()
    assert await side.core.store.read(page) == PAGE
    return (time.perf_counter() - start) * 1000


async def _homes(bench: Bench, name: str, many: Side, few: Side) -> Outcome:
    """All that App Home reads when somebody opens it: lists, names, and how many wait, counted up to a hundred."""
    turns = [[await _home(side) for side in (many, few)] for _ in range(bench.so_many(300, 60))]
    return _compared(name, turns)


async def _home(side: Side) -> float:
    reader = Actor("member", WORLD.member(0), "Reader", WORLD.organisation, Way.SLACK)
    start = time.perf_counter()
    found = await side.core.store.read(lambda store: inbox.read(store, reader, EVERYTHING))
    assert len(found.waiting) == WAITING
    return (time.perf_counter() - start) * 1000


async def _sweeps(bench: Bench, name: str, many: Side, few: Side) -> Outcome:
    turns, margin = [], 20.0
    for _ in range(bench.so_many(15, 5)):
        began = time.perf_counter()
        due = datetime.now(UTC) + timedelta(seconds=margin)
        for side in (many, few):
            await _make_due(side, due)
        margin = max(2.0, 4 * (time.perf_counter() - began))  # a busy machine makes them slowly, and none may be late
        await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()) + 0.05)
        turns.append([await _sweep(side) for side in (many, few)])
    return _compared(name, turns)


async def _make_due(side: Side, due: datetime) -> None:
    desk = side.core.desk
    await at_once(16, ((lambda n=n: desk.create(WORLD.asker(ASKERS + n), waiting_for(n, due))) for n in range(DUE)))  # type: ignore[misc]


async def _sweep(side: Side) -> float:
    start, rung = time.perf_counter(), 0
    while found := await side.core.desk.sweep():
        rung += found
    assert rung >= DUE
    return (time.perf_counter() - start) * 1000


def memory(bench: Bench, url: str) -> float:
    """What the product holds after it has swept and answered some lists, in MB."""
    secret = asyncio.run(keys(url, WORLD))[0]
    with product(bench.folder, url) as server:
        for _ in range(CALLS):
            asked = f"http://127.0.0.1:{server.port}/v1/requests?status=pending&limit=100"
            request = urllib.request.Request(asked, headers={"Authorization": f"Bearer {secret}"})
            urllib.request.urlopen(request, timeout=10).close()
        return server.memory()


def _compared(name: str, turns: list[list[float]]) -> Outcome:
    many, few = zip(*turns, strict=True)
    return Turns(tuple(many), tuple(few)).compare(name, "ms", 2.0)


MEMBER = Figure("million", measure)
