"""Replaying stored requests against a changed rule, and what people feel of it: their commands quiet, and meanwhile."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.bulk import copy_requests
from bench.outcome import percentile
from bench.product import Core, core, prepare
from bench.world import World, draft, furnish
from core.administration import operator
from core.model.command import Comment
from core.rulebook.replay import Replayed

WORLD: Final = World()
TEMPLATES: Final = 60
RULES: Final = 100
CANDIDATES: Final = 5
"""One in so many rules is about these requests."""

QUIET: Final = 4.0
"""Seconds of commands alone."""

EVERY: Final = 0.02
"""Seconds between two commands of somebody who knows nothing of the replay."""

NEW: Final = (
    'add "changed" when type == "deploy" && metadata.env == "production" && facts.destroyed > 3 require 1 of role:admin'
)


@dataclass(frozen=True, slots=True)
class Felt:
    """A replay's seconds, of this process and by the clock; commands' milliseconds (p99), quiet and meanwhile."""

    seen: int
    processor: float
    wall: float
    quiet: float
    meanwhile: float


def measure(count: int, url: str | None = None) -> Felt:
    """On a database of its own, unless an empty one is given."""
    with tempfile.TemporaryDirectory() as folder:
        address = url or f"sqlite:///{Path(folder) / 'bench.db'}"
        prepare(address)
        copy_requests(address, asyncio.run(_templates(address)), count - TEMPLATES)
        return asyncio.run(_measure(address))


async def _templates(url: str) -> list[str]:
    async with core(url, outlets=()) as made:
        await furnish(made.store, [WORLD])
        ids = [await _ask(made, number) for number in range(TEMPLATES)]
        for number in range(RULES):
            await made.administration.rules.add(operator(WORLD.organisation), _rule(number))
        return ids


def _rule(number: int) -> str:
    own = number % CANDIDATES == 0
    about = 'type == "deploy" && metadata.env == "production"' if own else f'type == "type {number}"'
    effect = ("require 1 of @platform", "require 2 of @platform waivable", "allow")[number % 3]
    return f'add "rule {number}" when {about} && facts.destroyed > {number} && facts.added < {number * 2} {effect}'


async def _ask(made: Core, number: int) -> str:
    asked = draft(number)
    content = replace(
        asked.content,
        type="deploy" if number % 3 else "custom",
        facts={"destroyed": number % 40, "added": number % 17},
        metadata={"env": "production" if number % 2 else "test", "author": WORLD.email(number), "tests": "412 passed"},
    )
    return (await made.desk.create(WORLD.asker(number), replace(asked, content=content))).request.id


async def _measure(url: str) -> Felt:
    async with core(url, outlets=()) as made:
        request = await _ask(made, 0)
        quiet = await _felt(made, request, asyncio.create_task(asyncio.sleep(QUIET)))
        meanwhile = await _felt(made, request, asyncio.create_task(_replay(made)))
        alone = await _replay(made)
        return Felt(alone.seen, alone.processor, alone.wall, percentile(quiet, 99), percentile(meanwhile, 99))


@dataclass(frozen=True, slots=True)
class Took:
    seen: int
    processor: float
    wall: float


async def _replay(made: Core) -> Took:
    processor, wall = time.process_time(), time.perf_counter()
    last = Replayed()
    async for so_far in made.administration.rules.replay(operator(WORLD.organisation), [NEW]):
        last = so_far
    return Took(last.seen, time.process_time() - processor, time.perf_counter() - wall)


async def _felt(made: Core, request: str, until: asyncio.Task[object]) -> list[float]:
    """Somebody comments again and again until the other is done: how long each took, in milliseconds."""
    took: list[float] = []
    while not until.done():
        began = time.perf_counter()
        await made.desk.do(WORLD.approver(len(took)), request, Comment("Looking at it."))
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(EVERY)
    await until
    return took
