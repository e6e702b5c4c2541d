"""`countersign serve`: settings, assembly, uvicorn; stops gently at the first signal, at once at the second."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bot.logs import configure  # before whatever logs: see there

# isort: split
import structlog

from bot.api.house import House
from bot.assemble import Assembly, assemble
from bot.cli.ending import REFUSED, Ending
from bot.http_server import Config
from bot.http_server import Server as HttpServer
from bot.settings import Settings, load
from core.store.lock import only_server

STOPPING_SECONDS = 10

log = structlog.get_logger()


def serve(*, config: Path | None = None) -> int:
    """Serve the API and Slack until stopped.

    Parameters
    ----------
    config
        A TOML file with settings; the environment wins over it.
    """
    gc.freeze()  # of what is loaded by now nothing goes: only what is made from here on need be looked through
    settings = load(config)
    configure()
    with only_server(settings.database_url.get_secret_value()):
        return _run(settings)


def _run(settings: Settings) -> int:
    if sys.platform == "win32":
        return asyncio.run(_serve(settings))
    import uvloop  # noqa: PLC0415 - not on Windows

    return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    async with assemble(settings) as assembly:
        refused = await listen(assembly)
    if refused is not None:
        raise Ending(refused, REFUSED)
    log.info("stopped")
    return 0


async def listen(assembly: Assembly) -> str | None:
    """Serve until stopped; why it could not begin.

    What is here by now stays: looking through it again and again for garbage would hold every click up for 100 ms.
    """
    gc.collect()
    gc.freeze()
    server = server_for(assembly)
    url = assembly.rooms.settings.url
    server.on_start = partial(log.info, "listening", url=url, docs=f"{url}/docs")
    await server.serve()
    return server.refused


def server_for(assembly: Assembly) -> Server:
    """The HTTP server of an assembly, at the address its settings name."""
    settings = assembly.rooms.settings
    config = Config(
        assembly.entrance,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=STOPPING_SECONDS,
    )
    return Server(config, assembly.house)


class Server(HttpServer):
    """Answers long polls and ends event streams before it waits for connections to end, and lets the assembly close after the last one."""

    on_start: Callable[[], object] | None = None
    refused: str | None = None
    """Why it could not begin."""

    def __init__(self, config: Config, house: House) -> None:
        super().__init__(config)
        self._house = house

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Unlike uvicorn's, never ends the process: what was assembled is still to be closed."""
        try:
            await super().startup(sockets)
        except SystemExit as ending:
            self.refused = _refused(self.config, ending.__context__)
            self.should_exit = True
            return
        if self.on_start is not None:
            self.on_start()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike uvicorn's, never raises the signal again: what was assembled is still to be closed."""
        if sys.platform == "win32":
            with super().capture_signals():
                yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self._house.waiting.stop()
        self._house.feed.stop()
        self.force_exit = self.should_exit
        self.should_exit = True


def _refused(config: Config, problem: BaseException | None) -> str:
    number, said = (problem.errno, problem.strerror) if isinstance(problem, OSError) else (None, None)
    why = os.strerror(number) if number is not None and number > 0 else said
    where = f"port {config.port} of {config.host}"
    return f"Nobody can be served at {where} ({why}); set COUNTERSIGN_PORT and COUNTERSIGN_HOST to an address of this host that is free."
