"""MCP's streamable HTTP, behind the API's gate. Every call stands alone, so any replica may serve the next one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import Receive, Scope, Send

from bot.api.app import Api
from bot.api.auth import bearer
from bot.api.gate import LARGEST_BODY, MCP
from bot.mcp.inside import Inside
from bot.mcp.server import build
from bot.mcp.tools import Call


class Endpoint:
    """An ASGI application; answers only within `serving`."""

    def __init__(self, app: Api, hosts: Iterable[str], origins: Iterable[str]) -> None:
        self._app = app
        server: MCPServer[Any] = build(self._reach)
        security = TransportSecuritySettings(allowed_hosts=list(hosts), allowed_origins=list(origins))
        server.streamable_http_app(
            streamable_http_path=MCP,
            stateless_http=True,
            max_request_body_size=LARGEST_BODY,
            transport_security=security,
        )
        self._manager: StreamableHTTPSessionManager = server.session_manager

    def serving(self) -> AbstractAsyncContextManager[None]:
        return self._manager.run()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)

    def _reach(self, call: Call) -> Inside:
        """With the credential the gate has just let in."""
        sent: Any = call.request_context.request
        return Inside(self._app, bearer(sent.headers.get("authorization")), self._is_over)

    def _is_over(self) -> bool:
        stopped: bool = self._app.house.waiting.is_stopped
        return stopped
