"""A sandbox without rate limits, and real Bolt apps joined to it over signed HTTP and over Socket Mode."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_server import AsyncSlackAppServer
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox

Connect = Callable[[AsyncApp], Awaitable[None]]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(rates=None) as started:
        yield started


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as opened:
        yield opened


@pytest.fixture
def client(sandbox: Sandbox, session: aiohttp.ClientSession) -> AsyncWebClient:
    """The real client, with no retries: what it does is what it was told."""
    return client_for(sandbox, session)


def client_for(sandbox: Sandbox, session: aiohttp.ClientSession, token: str | None = None) -> AsyncWebClient:
    return AsyncWebClient(
        token=sandbox.bot_token if token is None else token,
        base_url=sandbox.api_url,
        session=session,
        retry_handlers=[],
    )


@pytest.fixture
def app(sandbox: Sandbox, client: AsyncWebClient) -> AsyncApp:
    """A Bolt app that knows nobody yet; its listeners are the test's."""
    return AsyncApp(client=client, signing_secret=sandbox.signing_secret)


@asynccontextmanager
async def over_http(sandbox: Sandbox, app: AsyncApp) -> AsyncIterator[None]:
    """Serves the app on a port of its own and tells the sandbox where."""
    server = AsyncSlackAppServer(port=0, path="/slack/events", app=app)
    runner = web.AppRunner(server.web_app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sandbox.connect_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
        yield
    finally:
        sandbox.disconnect()
        await runner.cleanup()


@asynccontextmanager
async def over_sockets(sandbox: Sandbox, app: AsyncApp) -> AsyncIterator[None]:
    """Opens one socket, as `AsyncSocketModeHandler` does."""
    client: Any = AsyncSocketModeHandler(app, sandbox.app_token, web_client=app.client, ping_interval=1).client
    await client.connect()
    try:
        yield
    finally:
        await client.close()


@pytest.fixture
async def connect(sandbox: Sandbox) -> AsyncIterator[Connect]:
    """Joins an app over signed HTTP."""
    async with AsyncExitStack() as stack:

        async def join(app: AsyncApp) -> None:
            await stack.enter_async_context(over_http(sandbox, app))

        yield join


@pytest.fixture(params=[over_http, over_sockets], ids=["http", "sockets"])
async def connect_either_way(request: pytest.FixtureRequest, sandbox: Sandbox) -> AsyncIterator[Connect]:
    """Joins an app over signed HTTP, and in a second run over Socket Mode."""
    async with AsyncExitStack() as stack:

        async def join(app: AsyncApp) -> None:
            await stack.enter_async_context(request.param(sandbox, app))

        yield join
