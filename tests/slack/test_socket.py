"""Socket Mode: connections that end, go deaf or are refused are replaced, and clicks go on being answered."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.app import web_client
from bot.slack.entrance.connection import Connection
from bot.slack.entrance.socket import Dispatch, Socket
from core.model.request import Request
from tests.patience import PATIENT
from tests.slack.conftest import World, beginning, people

pytestmark = pytest.mark.anyio

PING = 0.05
CALM = 5.0


@pytest.fixture
async def unconnected(tmp_path: Path) -> AsyncIterator[World]:
    async with beginning(tmp_path) as begun:
        await people(begun)
        yield begun


@asynccontextmanager
async def running(world: World, dispatch: Dispatch, ping: float) -> AsyncIterator[Socket]:
    async with aiohttp.ClientSession() as session:
        web = web_client(None, world.sandbox.api_url, session)
        watched = Socket(dispatch, world.sandbox.app_token, web, ping=ping)
        task = asyncio.create_task(watched.run())
        await until(lambda: watched.is_connected)
        yield watched
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def socket(unconnected: World) -> AsyncIterator[Socket]:
    """A running socket with a quick watchdog."""
    async with running(unconnected, unconnected.slack.dispatch, PING) as watched:
        yield watched


@pytest.fixture
async def calm(unconnected: World) -> AsyncIterator[Socket]:
    """A running socket whose watchdog takes no busy moment for deafness."""
    async with running(unconnected, unconnected.slack.dispatch, CALM) as watched:
        yield watched


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


def opened(world: World) -> int:
    """How many connections Slack was asked for so far."""
    return len(world.sandbox.log.calls("apps.connections.open"))


async def followed(socket: Socket, left: Connection | None) -> None:
    await until(lambda: socket.client is not left and socket.is_connected)


async def test_a_connection_slack_refreshes_is_followed_by_one(unconnected: World, calm: Socket) -> None:
    for refreshes in range(1, 6):
        left = calm.client
        await unconnected.sandbox.sockets.disconnect("refresh_requested")
        await followed(calm, left)
        assert await clicks(unconnected)
        assert (opened(unconnected), unconnected.sandbox.sockets.count) == (1 + refreshes, 1)


async def test_a_connection_closed_without_a_word_is_followed_by_one(unconnected: World, calm: Socket) -> None:
    left = calm.client
    await unconnected.sandbox.sockets.close()
    await followed(calm, left)
    assert await clicks(unconnected)
    assert opened(unconnected) == 2


async def around(world: World, reason: str) -> list[str | None]:
    """Clicks before, while and after Slack says this; who finds nobody there clicks again at once.

    Each is acted on once. Says what they were told in the end.
    """
    requests = [await world.ask(("@platform",)) for _ in range(8)]

    async def click(number: int) -> str | None:
        await asyncio.sleep(number * 0.003)
        hand, card = world.hand("bob"), world.card("bob", requests[number])
        while (ack := await hand.click(card, "request.approve")).error == "no_app":  # noqa: ASYNC110 - nobody tells who clicks
            await asyncio.sleep(0.001)
        return ack.error

    async def say() -> None:
        await asyncio.sleep(0.004)
        await world.sandbox.sockets.disconnect(reason)

    saying = asyncio.create_task(say())
    errors = await asyncio.gather(*(click(number) for number in range(len(requests))))
    await saying
    async with asyncio.timeout(PATIENT):
        while not all([await ends(world, request) for request in requests]):
            await world.settle()
    assert [await ends(world, request) for request in requests] == [1] * 8
    return errors


async def ends(world: World, request: Request) -> int:
    return [row.word for row in await world.ledger(request)].count("ended")


async def test_no_click_around_a_refresh_is_lost(unconnected: World, calm: Socket) -> None:
    """An ack may be: of one written while Slack closes already, Slack reads nothing."""
    unconnected.sandbox.slack.delivery.ack_limit = 0.3
    for _ in range(15):
        left = calm.client
        await around(unconnected, "refresh_requested")
        await followed(calm, left)


async def test_whoever_clicks_after_a_warning_notices_nothing(unconnected: World, calm: Socket) -> None:
    """Slack keeps all these connections open, and hands clicks to any of them."""
    for warnings in range(1, 8):
        left = calm.client
        assert await around(unconnected, "warning") == [None] * 8
        await followed(calm, left)
        assert (opened(unconnected), unconnected.sandbox.sockets.count) == (1 + warnings, 1 + warnings)


async def test_a_connection_that_slack_does_not_end_is_closed_after_a_while(
    unconnected: World, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.entrance.socket.LINGER", 0.2)
    left = socket.client
    await unconnected.sandbox.sockets.disconnect("warning")
    await followed(socket, left)
    assert left is not None
    await until(lambda: left.closed and unconnected.sandbox.sockets.count == 1)
    assert await clicks(unconnected)


async def test_what_came_before_a_refresh_is_answered_over_the_next_connection(unconnected: World) -> None:
    came, may_go = asyncio.Event(), asyncio.Event()

    async def slowly(request: AsyncBoltRequest) -> BoltResponse:
        came.set()
        await may_go.wait()
        return await unconnected.slack.dispatch(request)

    async with running(unconnected, slowly, CALM) as watched:
        left = watched.client
        clicking = asyncio.create_task(clicks(unconnected))
        await came.wait()
        await unconnected.sandbox.sockets.disconnect("refresh_requested")
        await followed(watched, left)
        may_go.set()
        assert await clicking


async def test_a_connection_that_slack_does_not_greet_takes_nobodys_place(
    unconnected: World, calm: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are ten already, and an eleventh is ended at once: the old one stays until there is room."""
    monkeypatch.setattr("bot.slack.entrance.socket.CONNECT", 0.3)
    left = calm.client
    for _ in range(9):
        unconnected.sandbox.sockets.add_ghost()
    await unconnected.sandbox.sockets.disconnect("warning")
    await until(lambda: opened(unconnected) >= 3)
    assert (calm.client, calm.is_connected) == (left, True)
    unconnected.sandbox.sockets.end_ghosts()
    await followed(calm, left)
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
