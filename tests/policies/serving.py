"""A server on loopback that answers whatever a test wants, and remembers what it was sent."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """`heard` holds headers and body of each call."""

    answer: Answer
    url: str = ""
    heard: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.heard.append((request.headers.copy(), await request.read()))
        return await self.answer(request)


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[Server]:
    server = Server(answer)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", server.__call__)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}/v1/data/x"
    try:
        yield server
    finally:
        await runner.cleanup()


def saying(body: Any, status: int = 200, **headers: str) -> Answer:
    """Bytes as they are, anything else as JSON."""

    async def answer(_: web.Request) -> web.StreamResponse:
        if isinstance(body, bytes):
            return web.Response(body=body, status=status, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    return answer
