"""A live server with `/mcp` on, and the reference client connected to it both ways."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.api.conftest import furnished, sqlite
from tests.clients.conftest import key, silent
from tests.clients.live import Live

__all__ = ["furnished", "key", "silent", "sqlite"]

ROOT = Path(__file__).parents[2]
COMMAND = "from bot.cli import main; main()"


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    found = Live(f"sqlite:///{tmp_path_factory.mktemp('mcp') / 'live.db'}", mcp=True).open()
    yield found
    found.close()


@dataclass
class Agent:
    """An agent's session; `use` gives what a tool said, `no` the refusal."""

    session: ClientSession

    async def use(self, tool: str, **arguments: Any) -> dict[str, Any]:
        answer = await self.session.call_tool(tool, arguments)
        assert not answer.is_error, answer.content
        assert answer.structured_content is not None
        return dict(answer.structured_content)

    async def no(self, tool: str, **arguments: Any) -> str:
        answer = await self.session.call_tool(tool, arguments)
        assert answer.is_error
        return str(getattr(answer.content[0], "text", ""))


@asynccontextmanager
async def over_http(url: str, token: str, **headers: str) -> AsyncIterator[Agent]:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}", **headers}, timeout=30) as http,
        streamable_http_client(f"{url}/mcp", http_client=http) as (reading, writing),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        yield Agent(session)


@asynccontextmanager
async def over_stdio(url: str, token: str) -> AsyncIterator[Agent]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}",
        "COUNTERSIGN_URL": url,
        "COUNTERSIGN_TOKEN": token,
    }
    server = StdioServerParameters(command=sys.executable, args=["-c", COMMAND, "mcp"], env=environment)
    async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as session:
        await session.initialize()
        yield Agent(session)


WAYS = {"http": over_http, "stdio": over_stdio}
