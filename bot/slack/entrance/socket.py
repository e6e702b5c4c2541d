"""Socket Mode, watched: a connection that went deaf, or whose ticket was used up, is replaced by a new client.

The SDK's client can stay deaf after a reconnect and tries a used ticket for ever, so a client is never mended: a new one
connects, then the old one is closed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.entrance.payload import well_formed

PING: Final = 5.0
DEAF: Final = 4.0
"""Pings without an answer after which a connection counts as deaf."""

CONNECT: Final = 15.0
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
        self.client: SocketModeClient | None = None
        self.connections = 0

    @property
    def is_connected(self) -> bool:
        return self.client is not None and self._is_well(self.client)

    async def connect_async(self) -> None:
        """A first connection; raises `TimeoutError` when Slack lets none through in time."""
        self.client = await self._connect()

    async def run(self) -> None:
        """Serve until cancelled, replacing the client whenever it is not well."""
        try:
            while True:
                await self._keep()
                await asyncio.sleep(self._ping)
        finally:
            await self.close()

    async def close(self) -> None:
        client, self.client = self.client, None
        if client is not None:
            await client.close()  # type: ignore[no-untyped-call]

    async def _keep(self) -> None:
        old = self.client
        if old is not None and self._is_well(old):
            return
        if old is not None:
            log.warning("slack.socket_replaced")
        try:
            self.client = await self._connect()
        except (TimeoutError, OSError, aiohttp.ClientError) as problem:
            log.warning("slack.socket_not_connected", problem=type(problem).__name__)
            return
        if old is not None:
            await old.close()  # type: ignore[no-untyped-call]

    async def _connect(self) -> SocketModeClient:
        client = SocketModeClient(
            app_token=self._app_token,
            web_client=self._web,
            ping_interval=self._ping,
            logger=logging.getLogger("slack_sdk.socket_mode"),
        )
        client.socket_mode_request_listeners.append(self._handle)
        client.message_listeners.append(self._listen)
        try:
            async with asyncio.timeout(CONNECT):
                await client.connect()  # type: ignore[no-untyped-call]
        except BaseException:
            await client.close()  # type: ignore[no-untyped-call]
            raise
        return client

    def _is_well(self, client: SocketModeClient) -> bool:
        """Open, and its pings come back."""
        session = client.current_session
        if client.closed or client.stale or session is None or session.closed:
            return False
        heard = client.last_ping_pong_time
        return heard is None or time.time() - heard < self._ping * DEAF

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
