"""A server for the length of a test: uvicorn itself looks every tenth of a second whether to end, and rests as long when it does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import uvicorn

FINISHING: Final = 5.0
"""Seconds in which answers under way may end."""


LETTING_IN: Final = 5
"""Rounds of the loop after which whoever was being let in is a connection, and can be shut down. asyncio forgets the socket of
one whose server closes meanwhile, and a warning of that came up in some later test."""


@asynccontextmanager
async def served(server: uvicorn.Server) -> AsyncIterator[str]:
    """The address it is at."""
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    await server.on_tick(0)  # the headers of every answer
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        await _ended(server)


async def _ended(server: uvicorn.Server) -> None:
    loop = asyncio.get_running_loop()
    for listening in server.servers:
        for door in listening.sockets:
            loop.remove_reader(door.fileno())
    for _ in range(LETTING_IN):
        await asyncio.sleep(0)
    for listening in server.servers:
        listening.close()
    state = server.server_state
    for connection in tuple(state.connections):
        connection.shutdown()
    if state.tasks:
        _, unfinished = await asyncio.wait(tuple(state.tasks), timeout=FINISHING)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FINISHING):
            while state.connections:  # noqa: ASYNC110 (each leaves by itself once it is closed)
                await asyncio.sleep(0.001)
