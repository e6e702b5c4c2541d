"""Socket Mode: connections that end, go deaf or are refused are replaced, and clicks go on being answered."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.slack.app import web_client
from bot.slack.entrance.socket import Socket
from tests.slack.conftest import World, beginning, people

pytestmark = pytest.mark.anyio

PING = 0.05


@pytest.fixture
async def unconnected(tmp_path: Path) -> AsyncIterator[World]:
    async with beginning(tmp_path) as begun:
        await people(begun)
        yield begun


@pytest.fixture
async def socket(unconnected: World) -> AsyncIterator[Socket]:
    """A running socket with a quick watchdog."""
    async with aiohttp.ClientSession() as session:
        web = web_client(None, unconnected.sandbox.api_url, session)
        watched = Socket(unconnected.slack.dispatch, unconnected.sandbox.app_token, web, ping=PING)
        running = asyncio.create_task(watched.run())
        await until(lambda: watched.is_connected)
        yield watched
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(what: object, seconds: float = 20.0) -> None:
    """Waits for a fact about real connections."""
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def clicks(world: World) -> bool:
    request = await world.ask(("2 @platform",))
    ack = await world.hand("bob").click(world.card("bob", request), "request.approve")
    return ack.ok


async def test_it_connects_and_says_how_many_connections_there_are(unconnected: World, socket: Socket) -> None:
    await until(lambda: socket.connections == 1)
    assert await clicks(unconnected)


async def test_a_connection_slack_refreshes_is_made_anew(unconnected: World, socket: Socket) -> None:
    await unconnected.sandbox.sockets.disconnect("refresh_requested")
    await until(lambda: unconnected.sandbox.sockets.count == 1 and socket.is_connected)
    assert await clicks(unconnected)


async def test_a_deaf_connection_is_replaced_by_a_new_client(unconnected: World, socket: Socket) -> None:
    deaf = socket.client
    assert deaf is not None
    deaf.stale = True
    await until(lambda: socket.client is not deaf and socket.is_connected)
    assert deaf.closed
    assert await clicks(unconnected)


async def test_pings_without_an_answer_count_as_deaf(unconnected: World, socket: Socket) -> None:
    silent = socket.client
    assert silent is not None
    assert silent.current_session_monitor is not None
    silent.current_session_monitor.cancel()
    silent.last_ping_pong_time = time.time() - 60
    await until(lambda: socket.client is not silent and socket.is_connected)
    assert await clicks(unconnected)


async def test_while_slack_lets_nobody_in_it_keeps_trying(unconnected: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.entrance.socket.CONNECT", 0.3)
    unconnected.sandbox.faults.add("apps.connections.open", "500", count=1_000)
    async with aiohttp.ClientSession() as session:
        web = web_client(None, unconnected.sandbox.api_url, session)
        watched = Socket(unconnected.slack.dispatch, unconnected.sandbox.app_token, web, ping=PING)
        with pytest.raises(TimeoutError):
            await watched.connect_async()
        assert not watched.is_connected
        running = asyncio.create_task(watched.run())
        unconnected.sandbox.faults.clear()
        await until(lambda: watched.is_connected)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert watched.client is None
