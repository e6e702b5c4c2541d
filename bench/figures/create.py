"""Creating requests through the HTTP API, sixteen at once, against FastAPI with the same shapes and no database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from bench.asks import JSON, asks
from bench.figures.base import Bench, Figure
from bench.load import Job, offer
from bench.outcome import Outcome, Turns
from bench.process import serving
from bench.product import keys, workplace

AT_ONCE: Final = 16
PATH: Final = "/v1/requests"


def measure(bench: Bench) -> Iterable[Outcome]:
    rounds, count = bench.so_many(7, 3), bench.so_many(1500, 500)
    url = bench.sqlite("create")
    with workplace(bench.folder, url) as place:
        place.ask(1, cards=False)
        secrets = asyncio.run(keys(url, place.world))
        with place.product() as ours, serving("bench.floors.plain_api") as floor:
            mine, its = [], []
            for _ in range(rounds):
                its.append(per_second(floor.port, count, secrets))
                mine.append(per_second(ours.port, count, secrets))
    yield Turns(tuple(mine), tuple(its)).compare(
        f"creates over HTTP, {AT_ONCE} at once, SQLite", "/s", 0.2, at_least=True
    )


def per_second(port: int, count: int, secrets: Sequence[str]) -> float:
    each = tuple({"Authorization": f"Bearer {secrets[number % len(secrets)]}"} for number in range(count))
    load = offer(Job(port, PATH, asks(count), AT_ONCE, headers=JSON, each=each))
    load.must_succeed()
    return load.per_second


MEMBER = Figure("create", measure)
