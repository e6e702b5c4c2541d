"""Socket Mode, watched: a connection that Slack refreshes, that ended or went deaf, is followed by a new one.

The SDK's client can stay deaf after a reconnect and tries a used ticket for ever, so a client is never mended: a new one
connects, then the old one is closed; one that Slack asked to leave only once Slack has ended it, for until then clicks
may come over it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.entrance.connection import Connection
from bot.slack.entrance.payload import well_formed

PING: Final = 5.0
CONNECT: Final = 15.0
LINGER: Final = 60.0
"""Seconds for which a connection that Slack asked to leave is still read, where Slack does not end it."""

MANY: Final = 8
"""Of ten connections Slack allows; beyond, payloads are likely to be lost on ghosts."""

Dispatch = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]

log = structlog.get_logger()


class Socket:
    """One connection at a time, kept alive until cancelled. `web` opens sockets; it needs no bot token."""

    def __init__(self, dispatch: Dispatch, app_token: str, web: AsyncWebClient, *, ping: float = PING) -> None:
        self._dispatch = dispatch
        self._app_token = app_token
        self._web = web
        self._ping = ping
        self._due = asyncio.Event()
        self._former: list[Connection] = []
        self.client: Connection | None = None
        self.connections = 0

    @property
    def is_connected(self) -> bool:
        return self.client is not None and self.client.is_well

    async def connect_async(self) -> None:
        """A first connection, which `run` keeps; raises `TimeoutError` when Slack lets none through in time."""
        self.client = await self._connect()

    async def run(self) -> None:
        """Serve until cancelled, replacing the client whenever it is not well or is to leave."""
        try:
            while True:
                self._due.clear()
                await self._keep()
                await self._part()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._ping):
                        await self._due.wait()
        finally:
            await self.close()

    async def close(self) -> None:
        clients, self._former = self._former, []
        if self.client is not None:
            clients.append(self.client)
            self.client = None
        for client in clients:
            await client.close()  # type: ignore[no-untyped-call]

    async def _keep(self) -> None:
        old = self.client
        if old is not None and old.is_well and old.asked_to_leave is None:
            return
        try:
            new = await self._connect()
        except (TimeoutError, OSError, aiohttp.ClientError) as problem:
            log.warning("slack.socket_not_connected", problem=type(problem).__name__)
            return
        self.client = new
        if old is None:
            return
        if old.asked_to_leave is None:
            log.warning("slack.socket_replaced")
        old.successor.set_result(new)
        self._former.append(old)

    async def _part(self) -> None:
        """Closes the former connections over which nothing can come any more."""
        for former in tuple(self._former):
            asked = former.asked_to_leave
            if asked is None or not former.is_well or time.monotonic() - asked >= LINGER:
                await former.close()  # type: ignore[no-untyped-call]
                self._former.remove(former)

    async def _connect(self) -> Connection:
        """One that Slack has greeted: it ends those beyond the tenth instead."""
        client = Connection(self._app_token, self._web, self._ping, self._due.set)
        client.socket_mode_request_listeners.append(self._handle)
        client.message_listeners.append(self._listen)
        try:
            async with asyncio.timeout(CONNECT):
                await client.connect()  # type: ignore[no-untyped-call]
                await client.greeted.wait()
        except BaseException:
            await client.close()  # type: ignore[no-untyped-call]
            raise
        return client

    async def _listen(
        self, _client: AsyncBaseSocketModeClient, message: dict[str, Any], _raw: str | None = None
    ) -> None:
        if message.get("type") == "hello":
            self.connections = int(message.get("num_connections") or 0)
            if self.connections >= MANY:
                log.warning("slack.many_sockets", connections=self.connections)

    async def _handle(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        began = time.time()
        if not well_formed(request.payload):
            log.warning("slack.malformed", problem="an envelope with another shape")
            return
        bolt = AsyncBoltRequest(mode="socket_mode", body=request.payload, headers=build_headers(request))
        await send_async_response(client, request, await self._dispatch(bolt), began)
