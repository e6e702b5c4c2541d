"""`/mcp`: MCP's streamable HTTP, behind the API's gate. Every call stands alone, so any replica may serve the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from yarl import URL

from bot.api.app import Api
from bot.api.auth import Caller, bearer
from bot.api.gate import LARGEST_BODY, MCP
from bot.mcp.inside import Inside
from bot.mcp.server import build
from bot.mcp.tools import Call
from core.errors import NotAllowed


class Endpoint:
    """An ASGI application for agents alone. `run` lets it serve, until cancelled."""

    def __init__(self, app: Api, hosts: Iterable[str], origins: Iterable[str]) -> None:
        self._app = app
        server: MCPServer[object] = build(self._reach)
        security = TransportSecuritySettings(allowed_hosts=list(hosts), allowed_origins=list(origins))
        server.streamable_http_app(
            streamable_http_path=MCP,
            stateless_http=True,
            max_request_body_size=LARGEST_BODY,
            transport_security=security,
        )
        self._manager: StreamableHTTPSessionManager = server.session_manager
        self._ready = asyncio.Event()

    def route(self) -> Route:
        """No stream is kept open for a client that says nothing (GET), and there are no sessions to end (DELETE)."""
        return Route(MCP, self, methods=["POST"], include_in_schema=False)

    async def run(self) -> None:
        async with self._manager.run():
            self._ready.set()
            await asyncio.Event().wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller = scope["state"]["caller"]
        if not caller.actor.is_agent:
            raise NotAllowed("MCP is for agents: connect with an agent's key (csk_…), not with a person's token.")
        await self._ready.wait()
        await self._manager.handle_request(scope, receive, send)

    def _reach(self, call: Call) -> Inside:
        """With the credential the gate has just let in."""
        sent: Any = call.request_context.request
        return Inside(self._app, bearer(sent.headers.get("authorization")), self._is_over)

    def _is_over(self) -> bool:
        stopped: bool = self._app.state.house.waiting.is_stopped
        return stopped


def hosts_of(url: str) -> tuple[str, ...]:
    """What a client may call this server by: the name in its links, and this machine itself."""
    known = URL(url)
    named = known.host or "localhost"
    return (named, f"{named}:{known.port}", "127.0.0.1:*", "localhost:*")
