"""Creating requests through the HTTP API, sixteen at once, against FastAPI with the same shapes and no database.

Once so that people are asked, once so that a rule allows them; and on two replicas against one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bench.asks import JSON, asks
from bench.figures.base import Bench, Figure
from bench.load import Job, Load, offer
from bench.outcome import Outcome, Turns
from bench.process import serving
from bench.product import core, keys, workplace
from bench.world import World
from core.administration import operator

AT_ONCE: Final = 16
PATH: Final = "/v1/requests"
ALLOW: Final = 'add "blanket" when type == "deploy" allow'
PLENTY: Final = 6
"""Cores from which on a second replica must make the total grow."""


def measure(bench: Bench) -> Iterable[Outcome]:
    yield beside_the_floor(bench, f"creates over HTTP, {AT_ONCE} at once, SQLite", None)
    yield beside_the_floor(bench, f"creates that a rule allows, {AT_ONCE} at once, SQLite", ALLOW)
    yield two_replicas(bench)


def beside_the_floor(bench: Bench, figure: str, rule: str | None) -> Outcome:
    rounds, count = bench.so_many(7, 3), bench.so_many(1500, 500)
    url = bench.sqlite("create" if rule is None else "allowed")
    with workplace(bench.folder, url) as place:
        place.ask(1, cards=False)
        secrets = asyncio.run(keys(url, place.world))
        if rule is not None:
            asyncio.run(add_rule(url, place.world, rule))
        with place.product() as ours, serving("bench.floors.plain_api") as floor:
            mine, its = [], []
            for _ in range(rounds):
                its.append(per_second([floor.port], count, secrets))
                mine.append(per_second([ours.port], count, secrets, auto=rule is not None))
    return Turns(tuple(mine), tuple(its)).compare(figure, "/s", 0.2, at_least=True)


def two_replicas(bench: Bench) -> Outcome:
    """The same creates offered to one server and to two on the same PostgreSQL, on as many cores as there are."""
    rounds, count = bench.so_many(5, 2), bench.so_many(1500, 400)
    url = bench.postgres.fresh()
    with workplace(bench.folder, url) as place:
        place.ask(1, cards=False)
        secrets = asyncio.run(keys(url, place.world))
        with place.product() as first, place.product() as second:
            both, one = [], []
            for _ in range(rounds):
                one.append(per_second([first.port], count, secrets))
                both.append(per_second([first.port, second.port], count, secrets))
    limit = 1.5 if (os.cpu_count() or 1) >= PLENTY else 0.9
    return Turns(tuple(both), tuple(one)).compare(
        f"creates on two replicas against one, {os.cpu_count()} cores, PostgreSQL", "/s", limit, at_least=True
    )


async def add_rule(url: str, world: World, line: str) -> None:
    async with core(url) as made:
        await made.administration.rules.add(operator(world.organisation), line)


def per_second(ports: Sequence[int], count: int, secrets: Sequence[str], *, auto: bool = False) -> float:
    """Creates answered a second by all these ports together, each offered its share at the same time."""
    share = count // len(ports)
    with ThreadPoolExecutor(len(ports)) as pool:
        loads = list(pool.map(lambda port: _offered(port, share, AT_ONCE // len(ports), secrets, auto=auto), ports))
    return share * len(ports) / max(load.seconds for load in loads)


def _offered(port: int, count: int, at_once: int, secrets: Sequence[str], *, auto: bool) -> Load:
    each = tuple({"Authorization": f"Bearer {secrets[number % len(secrets)]}"} for number in range(count))
    load = offer(Job(port, PATH, asks(count, stages=not auto), at_once, headers=JSON, each=each))
    load.must_succeed()
    return load


MEMBER = Figure("create", measure)
