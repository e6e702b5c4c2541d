"""A thousand events for a hundred endpoints, ten of which hang: when the other ninety have all of theirs.

The floor is a bare client that sends as many bodies of that size to the same receiver, signing nothing and noting nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Final

import aiohttp
from pydantic import SecretStr

from bench.figures.base import Bench, Figure
from bench.outcome import Outcome, say
from bench.process import serving
from bench.product import SECRET, prepare
from bench.world import World, create, furnish
from bot.assemble import Assembly, assemble
from bot.settings import FixedSettings
from core.administration import operator

ENDPOINTS: Final = 100
HANGING: Final = 10
EVENTS: Final = 10
"""Of each endpoint."""

WELL: Final = (ENDPOINTS - HANGING) * EVENTS
IN_TIME: Final = 3.0
PATIENCE: Final = 60.0
AT_ONCE: Final = 100


def measure(bench: Bench) -> Iterable[Outcome]:
    for kind in ("SQLite", "PostgreSQL"):
        url = bench.sqlite("webhooks") if kind == "SQLite" else bench.postgres.fresh()
        prepare(url)
        with serving("bench.webhook_receiver") as receiver:
            yield asyncio.run(told(kind, url, f"http://127.0.0.1:{receiver.port}"))


async def told(kind: str, url: str, receiver: str) -> Outcome:
    world = World()
    async with aiohttp.ClientSession() as client, assemble(settings(url)) as product:
        await furnish(product.rooms.store, [world])
        await endpoints(product, world, receiver)
        floor = await bare(client, receiver)
        async with client.get(f"{receiver}/forget"):
            pass
        began = time.perf_counter()
        await create(product.rooms.desk, world, EVENTS)
        await all_of_it(client, receiver)
        took = time.perf_counter() - began
    figure = (
        f"{ENDPOINTS * EVENTS:,} events, {HANGING} of {ENDPOINTS} endpoints hanging, the others have theirs, {kind}"
    )
    note = f"{took / floor:.1f} times a bare client's {WELL} posts"
    return Outcome(figure, say(took, "s"), say(floor, "s"), took, IN_TIME, note=note)


def settings(url: str) -> FixedSettings:
    secret = SecretStr(SECRET)
    made = FixedSettings(database_url=SecretStr(url), encryption_keys=(secret,), signing_key=secret, pepper=secret)
    return FixedSettings.model_validate({**made.model_dump(), "allow_private_addresses": "127.0.0.1"})


async def endpoints(product: Assembly, world: World, receiver: str) -> None:
    office, actor = product.rooms.administration.webhooks, operator(world.organisation)
    for number in range(ENDPOINTS):
        path = "hangs" if number < HANGING else "well"
        await office.add(actor, f"{path} {number}", f"{receiver}/{path}/{number}", events=["request.created"])


async def bare(client: aiohttp.ClientSession, receiver: str) -> float:
    body, lanes = b"x" * 4000, asyncio.Semaphore(AT_ONCE)

    async def post(number: int) -> None:
        async with lanes, client.post(f"{receiver}/well/{number}", data=body):
            pass

    began = time.perf_counter()
    await asyncio.gather(*(post(number) for number in range(WELL)))
    return time.perf_counter() - began


async def all_of_it(client: aiohttp.ClientSession, receiver: str) -> None:
    """Until every endpoint that answers has every event of its own."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with client.get(f"{receiver}/taken") as answer:
                taken: dict[str, Any] = await answer.json()
            if len(taken) == ENDPOINTS - HANGING and min(taken.values()) >= EVENTS:
                return
            await asyncio.sleep(0.02)


MEMBER = Figure("webhooks", measure)
