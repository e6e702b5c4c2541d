"""`kill -9` of a real server at the worst moments. Whatever it had acknowledged is there afterwards, and there once.

The next life runs in this process with its clock two minutes on, as if the server had been down for so long.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.assemble import Assembly, assemble
from bot.clock import TurnableClock
from bot.sandbox.server import Sandbox
from core.model.request import Request, Status
from tests.faults.scopes import with_optional_scopes
from tests.faults.servers import (
    Furnished,
    Process,
    calls,
    cards,
    furnish,
    has_buttons,
    serving,
    settings_for,
    until,
)
from tests.patience import PATIENT

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
POST, UPDATE = "chat.postMessage", "chat.update"
DOWN = timedelta(minutes=2)


@dataclass
class Life:
    sandbox: Sandbox
    database: Path
    furnished: Furnished

    @asynccontextmanager
    async def first(self) -> AsyncIterator[Process]:
        async with serving(self.sandbox, self.database, self.furnished.key) as process:
            yield process

    @asynccontextmanager
    async def next(self) -> AsyncIterator[Assembly]:
        clock = TurnableClock()
        clock.turn(DOWN)
        async with assemble(settings_for(self.sandbox, f"sqlite:///{self.database}"), clock=clock) as assembly:
            yield assembly
            await assembly.courier.drain()

    def posted(self, number: int) -> bool:
        return bool(cards(self.sandbox, number))


@pytest.fixture
async def life(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Life]:
    async with Sandbox(with_optional_scopes(), rates=None, ack_limit=PATIENT) as sandbox:
        database = tmp_path / "killed.db"
        furnished = await furnish(sandbox, settings_for(sandbox, f"sqlite:///{database}"))
        yield Life(sandbox, database, furnished)


async def stored(assembly: Assembly, id: str) -> Request:
    found = await assembly.rooms.store.read(lambda reader: reader.request(id))
    assert found is not None, "an acknowledged request is there"
    return found


async def test_killed_between_commit_and_post(life: Life, kill: int) -> None:
    async with life.first() as server:
        made = await server.ask()
        await server.kill()
    async with life.next() as assembly:
        request = await stored(assembly, made["id"])
        await until(lambda: life.posted(request.number))
        await assembly.courier.drain()
    assert len(cards(life.sandbox, request.number)) == 1


async def test_killed_while_slack_was_being_called_and_had_done_nothing(life: Life, kill: int) -> None:
    life.sandbox.faults.add(POST, "timeout", seconds=0.3)
    async with life.first() as server:
        made = await server.ask()
        await until(lambda: not life.sandbox.faults.waiting)
        await server.kill()
    assert not life.posted(made["number"])
    async with life.next() as assembly:
        await stored(assembly, made["id"])
        await until(lambda: life.posted(made["number"]))
        await assembly.courier.drain()
    assert len(cards(life.sandbox, made["number"])) == 1


async def test_killed_between_post_and_its_record(life: Life, kill: int) -> None:
    life.sandbox.faults.add(POST, "delay", seconds=0.2)
    async with life.first() as server:
        made = await server.ask()
        await until(lambda: not life.sandbox.faults.waiting)
        server.freeze()
        await until(lambda: life.posted(made["number"]))
        await server.kill()
    async with life.next() as assembly:
        request = await stored(assembly, made["id"])
        cards_then = await settled(assembly, request)
        assert [card.state for card in cards_then] == ["shown"]
    [card] = cards(life.sandbox, made["number"])
    assert has_buttons(card)
    assert len(calls(life.sandbox, POST)) == 1


async def settled(assembly: Assembly, request: Request) -> list:  # type: ignore[type-arg]
    """The deliveries once each shows what is wanted."""
    async with asyncio.timeout(20):
        while True:
            deliveries = await assembly.rooms.store.read(lambda reader: reader.deliveries(request.id))
            if all(each.shown >= each.wanted for each in deliveries):
                return list(deliveries)
            await asyncio.sleep(0.02)


async def test_killed_right_after_a_click_was_acknowledged(life: Life, kill: int) -> None:
    async with life.first() as server:
        made = await server.ask()
        await until(lambda: life.posted(made["number"]))
        ack = await life.sandbox.as_user("bob").click(cards(life.sandbox, made["number"])[0], "request.approve")
        assert ack.ok
        await server.kill()
    async with life.next() as assembly:
        request = await stored(assembly, made["id"])
        assert request.status is Status.APPROVED
        assert len(request.decisions) == 1
        await settled(assembly, request)
    [card] = cards(life.sandbox, made["number"])
    assert not has_buttons(card)


async def test_killed_while_the_card_was_being_updated(life: Life, kill: int) -> None:
    async with life.first() as server:
        made = await server.ask()
        await until(lambda: life.posted(made["number"]))
        life.sandbox.faults.add(UPDATE, "delay", seconds=0.2)
        await life.sandbox.as_user("bob").click(cards(life.sandbox, made["number"])[0], "request.approve")
        await until(lambda: not life.sandbox.faults.waiting)
        await server.kill()
    async with life.next() as assembly:
        request = await stored(assembly, made["id"])
        assert request.status is Status.APPROVED
        await settled(assembly, request)
    [card] = cards(life.sandbox, made["number"])
    assert not has_buttons(card)
