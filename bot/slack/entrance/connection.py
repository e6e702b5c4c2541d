"""One connection of Socket Mode, from hello to its end. It is never made anew: another one follows it.

The SDK's client would reconnect twice for one refresh, once for Slack's word and once for the closing, and would stop
reading before Slack stops sending: what falls in between is lost, and a click is sent only once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

DEAF: Final = 4.0
"""Pings without an answer after which a connection counts as deaf."""

ACK: Final = 3.0
"""Seconds Slack waits for an ack."""


class Connection(SocketModeClient):
    """`on_leave` is told whenever this connection ended, went deaf, or is asked by Slack to leave."""

    def __init__(self, app_token: str, web: AsyncWebClient, ping: float, on_leave: Callable[[], None]) -> None:
        logger = logging.getLogger("slack_sdk.socket_mode")
        super().__init__(app_token=app_token, web_client=web, ping_interval=ping, logger=logger)
        self._on_leave = on_leave
        self.message_listeners.append(self._listen)
        self.greeted = asyncio.Event()
        self.asked_to_leave: float | None = None
        """When Slack first said that it will end this connection, by the monotonic clock."""
        self.successor: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()

    @property
    def is_well(self) -> bool:
        """Open, and its pings come back."""
        session = self.current_session
        if self.closed or self.stale or session is None or session.closed:
            return False
        heard = self.last_ping_pong_time
        return heard is None or time.time() - heard < self.ping_interval * DEAF

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - the SDK calls it so
        """The SDK's wish to reconnect; forced where Slack's `disconnect` is the reason."""
        if force and self.asked_to_leave is None:
            self.asked_to_leave = time.monotonic()
        self._on_leave()

    async def send_message(self, message: str) -> None:
        """Over this connection; once it has ended, over the one that follows it."""
        try:
            await self.current_session.send_str(message)  # type: ignore[union-attr]
        except ConnectionError:
            await asyncio.wait([self.successor], timeout=ACK)
            if not self.successor.done():
                raise
            await self.successor.result().send_message(message)

    async def _listen(
        self, _client: AsyncBaseSocketModeClient, message: dict[str, Any], _raw: str | None = None
    ) -> None:
        if message.get("type") == "hello":
            self.greeted.set()
