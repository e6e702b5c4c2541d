"""The product as the bench drives it: its rooms in this process, or the whole of it as `countersign serve` starts it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from bench.bulk import copies, copy_requests
from bench.clicks import click
from bench.database import shown_everywhere, statuses
from bench.process import Server, end, serving
from bench.world import AGENTS, World, create, furnish
from bot.assemble import Rooms, rooms
from bot.settings import FixedSettings
from core.administration import operator
from core.model.people import Verb
from core.model.request import Request
from core.store.migrate import upgrade

SECRET: Final = base64.b64encode(b"only for measuring, never for use").decode()
STARTING: Final = 30.0
TEMPLATES: Final = 1_000
"""Requests that the desk makes for a place to click; the others are copied from them."""

Core = Rooms


@asynccontextmanager
async def core(url: str, *, outlets: tuple[str, ...] = ("slack",)) -> AsyncIterator[Core]:
    """Store and desk in this process, as every entrance has them."""
    secret = SecretStr(SECRET)
    settings = FixedSettings(database_url=SecretStr(url), encryption_keys=(secret,), signing_key=secret, pepper=secret)
    async with rooms(settings, outlets=outlets) as opened:
        yield opened


def prepare(url: str) -> None:
    """An empty database gets its tables."""
    upgrade(url)


async def keys(url: str, world: World) -> list[str]:
    """One API key for each agent."""
    async with core(url) as made:
        actor = operator(world.organisation)
        made_keys = [
            await made.administration.keys.add(actor, world.agent(number), verbs=(Verb.ASK,))
            for number in range(AGENTS)
        ]
    return [key.secret for key in made_keys if key.secret is not None]


@contextmanager
def product(
    folder: Path, url: str, slack: Mapping[str, Any] | None = None, variables: Mapping[str, str] = {}
) -> Iterator[Server]:
    """`countersign serve` on this database, against the sandbox's Slack where one is given; ready when it begins."""
    server = start(folder, url, slack, variables)
    try:
        yield server
    finally:
        end(server.process)


def start(folder: Path, url: str, slack: Mapping[str, Any] | None = None, variables: Mapping[str, str] = {}) -> Server:
    """Start it; `told` holds its port, and how many seconds it took until it was ready."""
    port, began = free_port(), time.perf_counter()
    environment = {
        **os.environ,
        **settings_for(url, port),
        **({} if slack is None else slack_variables(slack)),
        **variables,
    }
    command = [sys.executable, "-c", "from bot.cli import main; main()", "serve"]
    environment |= {"PYTHONDONTWRITEBYTECODE": ""}  # nobody's second start compiles what the first one has compiled
    paths = os.pathsep.join([str(Path(__file__).parents[1]), environment.get("PYTHONPATH", "")])
    with (folder / "product.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment | {"PYTHONPATH": paths}, stdout=log, stderr=log)
    try:
        wait_until_ready(process, port)
    except BaseException:
        end(process)
        print((folder / "product.log").read_text()[-3000:], file=sys.stderr)
        raise
    return Server(process, {"port": port, "seconds": time.perf_counter() - began})


def settings_for(url: str, port: int) -> dict[str, str]:
    settings = {"DATABASE_URL": url, "PORT": str(port)}
    settings |= {"ENCRYPTION_KEYS": SECRET, "SIGNING_KEY": SECRET, "PEPPER": SECRET, "RATE_LIMIT": "0"}
    return {f"COUNTERSIGN_{name}": value for name, value in settings.items()}


def slack_variables(slack: Mapping[str, Any]) -> dict[str, str]:
    return {
        "SLACK_API_URL": slack["api"],
        "SLACK_BOT_TOKEN": slack["token"],
        "SLACK_SIGNING_SECRET": slack["secret"],
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):  # HTTPError, of a server that is not ready yet, is one too
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
            return
        time.sleep(0.01)
    raise SystemExit("the product did not become ready")


# ------------------------------------------------------------------------------------------------------- a place to click


@dataclass
class Workplace:
    """A database with pending requests, and a Slack in which they can be clicked."""

    folder: Path
    url: str
    slack: Mapping[str, Any]
    world: World
    server: Server
    requests: Sequence[Request] = ()

    @property
    def secret(self) -> str:
        return str(self.slack["secret"])

    def product(self) -> AbstractContextManager[Server]:
        return product(self.folder, self.url, self.slack)

    def paced(self, times: float) -> AbstractContextManager[Server]:
        """The product using Slack so many times as fast as Slack allows."""
        variables = {**settings_for(self.url, free_port()), **slack_variables(self.slack)}
        return serving("bench.paced_server", str(times), variables=variables)

    def ask(self, count: int, *, votes: int = 1, cards: bool = True) -> None:
        """So many requests, made before the product starts, which will find their cards to be posted.

        Of very many all but the first are copies.
        """
        made = min(count, TEMPLATES)
        self.requests = asyncio.run(_ask(self.url, self.world, made, votes, ("slack",) if cards else ()))
        if count > made:
            copy_requests(self.url, [request.id for request in self.requests], count - made, cards=cards)
            self.requests = [*self.requests, *copies(self.requests, count - made)]

    def show(self) -> None:
        """As if every card had been posted: a click finds the product with nothing to do but to redraw, at Slack's pace."""
        shown_everywhere(self.url)

    def posted(self) -> Mapping[str, int]:
        """Messages of the app in Slack, by channel or person."""
        return self.server.ask()

    def clicks(self, votes: int = 1) -> list[bytes]:
        """One person's click on Approve for each of the requests, then the next one's."""
        count = len(self.requests)
        return [
            click(self.world, request, vote * count + place, person=place + vote)
            for vote in range(votes)
            for place, request in enumerate(self.requests)
        ]

    def approved(self, requests: Sequence[Request]) -> list[bool]:
        """Which of these requests the database calls approved."""
        found = statuses(self.url)
        return [found[request.id] == "approved" for request in requests]


async def _ask(url: str, world: World, count: int, votes: int, outlets: tuple[str, ...]) -> list[Request]:
    async with core(url, outlets=outlets) as made:
        await furnish(made.store, [world])
        return await create(made.desk, world, count, votes=votes)


@contextmanager
def workplace(folder: Path, url: str, *, rates: float = 1.0, people: int = 0) -> Iterator[Workplace]:
    """An empty database and the sandbox's Slack, with so many more people; the product is yet to be started."""
    prepare(url)
    with serving("bench.slack_server", str(rates), str(people)) as slack:
        yield Workplace(folder, url, slack.told, World(), slack)
