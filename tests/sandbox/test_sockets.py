"""Socket Mode as the real client meets it: tickets, hello, one of many, disconnects, ghosts."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import page_state
from bot.sandbox.server import Sandbox
from tests.patience import PATIENT
from tests.sandbox.conftest import over_http, over_sockets

pytestmark = pytest.mark.anyio


async def open_socket(sandbox: Sandbox, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    ticket = sandbox.slack.sockets.ticket()
    sandbox.connect_sockets()
    return await session.ws_connect(f"{sandbox.url}/socket/?ticket={ticket}")


async def test_an_address_is_good_for_one_connection(
    sandbox: Sandbox, session: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    opened = await client.apps_connections_open(app_token=sandbox.app_token)
    first = await session.ws_connect(opened["url"])
    hello = await first.receive_json()
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert hello["connection_info"] == {"app_id": sandbox.app_id}
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(opened["url"])
    await first.close()


async def test_each_payload_goes_to_one_socket_of_many(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    sockets = [await open_socket(sandbox, session) for _ in range(3)]
    for socket in sockets:
        await socket.receive_json()
    for number in range(6):
        sandbox.as_user("alice").say("#deploys", str(number))
    got: list[str] = []
    for socket in sockets:
        envelopes = [await socket.receive_json() for _ in range(2)]
        got += [envelope["payload"]["event"]["text"] for envelope in envelopes]
        for envelope in envelopes:
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
    await sandbox.settled()
    assert sorted(got) == list("012345")
    for socket in sockets:
        await socket.close()


async def test_an_event_no_socket_acknowledges_comes_again_and_says_so(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    sandbox.slack.delivery.ack_limit = 0.4
    socket = await open_socket(sandbox, session)
    await socket.receive_json()
    sandbox.as_user("alice").say("#deploys", "hello")
    first, second = await socket.receive_json(), await socket.receive_json()
    await socket.send_json({"envelope_id": second["envelope_id"]})
    assert (first["retry_attempt"], second["retry_attempt"], second["retry_reason"]) == (0, 1, "timeout")
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    await sandbox.settled()
    await socket.close()


async def test_the_eleventh_socket_is_one_too_many(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    sockets = [await open_socket(sandbox, session) for _ in range(11)]
    last = await sockets[-1].receive_json()
    assert (last["type"], last["reason"]) == ("disconnect", "too_many_websockets")
    assert sandbox.sockets.count == 10
    for socket in sockets:
        await socket.close()


async def test_the_real_client_comes_back_after_a_refresh(sandbox: Sandbox, app: AsyncApp) -> None:
    """Twice: once for the word and once for the close. What falls on the connection it leaves again is lost, and typed again."""
    seen: list[str] = []

    @app.command("/demo")
    async def command(ack: Any, command: dict[str, Any]) -> None:
        seen.append(command["text"])
        await ack()

    sandbox.slack.delivery.ack_limit = 1
    alice = sandbox.as_user("alice")
    async with over_sockets(sandbox, app), asyncio.timeout(PATIENT):
        await sandbox.sockets.disconnect("refresh_requested")
        assert sandbox.sockets.count == 0
        await alice.sees(lambda: sandbox.sockets.count == 1)
        while not (await alice.command("/demo again")).ok:
            pass
    assert set(seen) == {"again"}


async def test_a_ghost_swallows_what_is_sent_to_it(sandbox: Sandbox, app: AsyncApp) -> None:
    sandbox.slack.delivery.ack_limit = 0.5

    @app.command("/demo")
    async def command(ack: Any) -> None:
        await ack()

    async with over_sockets(sandbox, app):
        sandbox.sockets.add_ghost()
        alice = sandbox.as_user("alice")
        answers = [(await alice.command("/demo")).error for _ in range(4)]
        assert sorted(map(str, answers)) == ["None", "None", "operation_timeout", "operation_timeout"]
        sandbox.sockets.end_ghosts()
        assert (await alice.command("/demo")).ok


async def test_switching_socket_mode_off_ends_sockets_and_refuses_new_ones(
    sandbox: Sandbox, session: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    socket = await open_socket(sandbox, session)
    await socket.receive_json()
    await sandbox.forbid_sockets()
    assert (await socket.receive_json())["reason"] == "link_disabled"
    with pytest.raises(SlackApiError, match="link_disabled"):
        await client.apps_connections_open(app_token=sandbox.app_token)
    await socket.close()


async def test_the_way_to_the_app_may_change_while_it_runs(sandbox: Sandbox, app: AsyncApp) -> None:
    @app.command("/demo")
    async def command(ack: Any) -> None:
        await ack()

    alice = sandbox.as_user("alice")
    async with over_http(sandbox, app):
        assert (await alice.command("/demo")).ok
        async with over_sockets(sandbox, app):
            assert page_state.transport(sandbox.slack) == "socket"
            assert (await alice.command("/demo")).ok
        assert (await alice.command("/demo")).error == "no_app"
    async with over_http(sandbox, app):
        assert page_state.transport(sandbox.slack) == "http"
        assert (await alice.command("/demo")).ok


async def test_the_clients_pings_are_answered(
    sandbox: Sandbox, session: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    real: Any = SocketModeClient(app_token=sandbox.app_token, web_client=client, ping_interval=0.05)
    await real.connect()
    alice = sandbox.as_user("alice")
    await alice.sees(lambda: real.last_ping_pong_time is not None)
    await real.close()


async def test_garbage_on_a_socket_harms_nobody(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    socket = await open_socket(sandbox, session)
    await socket.receive_json()
    for text in ("not json", "[]", "null", '{"envelope_id": "unknown"}'):
        await socket.send_str(text)
    sandbox.as_user("alice").say("#deploys", "hello")
    envelope = await socket.receive_json()
    await socket.send_json({"envelope_id": envelope["envelope_id"]})
    await sandbox.settled()
    await socket.close()
