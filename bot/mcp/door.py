"""The way to `/mcp`, which costs nothing until somebody knocks: the library is large, and slow to load."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from yarl import URL

from bot.api.app import Api
from bot.api.auth import Caller
from bot.api.gate import MCP
from core.errors import NotAllowed

if TYPE_CHECKING:
    from bot.mcp.endpoint import Endpoint


class Door:
    """An ASGI application for agents alone. `run` opens it at the first knock and lets it serve, until cancelled.

    `hosts` and `origins` are allowed besides those that follow from `url`.
    """

    def __init__(self, app: Api, url: str, hosts: Iterable[str], origins: Iterable[str]) -> None:
        self._app = app
        self._hosts = (*hosts_of(url), *hosts)
        self._origins = tuple(origins)
        self._knocked = asyncio.Event()
        self._opened = asyncio.Event()
        self._endpoint: Endpoint | None = None

    def route(self) -> Route:
        """No stream is kept open for a client that says nothing (GET), and there are no sessions to end (DELETE)."""
        return Route(MCP, self, methods=["POST"], include_in_schema=False)

    async def run(self) -> None:
        await self._knocked.wait()
        self._endpoint = endpoint = await asyncio.to_thread(self._load)
        async with endpoint.serving():
            self._opened.set()
            await asyncio.Event().wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller = scope["state"]["caller"]
        if not caller.actor.is_agent:
            raise NotAllowed("MCP is for agents: connect with an agent's key (csk_…), not with a person's token.")
        self._knocked.set()
        await self._opened.wait()
        if self._endpoint is not None:
            await self._endpoint(scope, receive, send)

    def _load(self) -> Endpoint:
        """On a thread, so that nobody else waits meanwhile."""
        from bot.mcp.endpoint import Endpoint  # noqa: PLC0415

        return Endpoint(self._app, self._hosts, self._origins)


def hosts_of(url: str) -> tuple[str, ...]:
    """What a client may call this server by: the name in its links, and this machine itself."""
    known = URL(url)
    named = known.host or "localhost"
    return (named, f"{named}:{known.port}", "127.0.0.1:*", "localhost:*")


def is_installed() -> bool:
    return find_spec("mcp") is not None
