"""Whole servers beside one small Slack: in this process, or as `countersign serve` in a process to be killed."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from bot.assemble import Assembly, rooms
from bot.sandbox.hand import Snapshot
from bot.sandbox.server import Sandbox
from bot.settings import FixedSettings
from core.administration import operator
from core.desk import Draft, DraftRequirement, DraftStage
from core.model.people import Actor, Role, Verb, Way
from core.model.request import Content, Request

SECRET = base64.b64encode(b"0" * 32).decode()
PATIENCE = 20.0
"""Seconds of real time anything may take here."""

PEOPLE = {"alice": Role.ADMIN, "bob": Role.APPROVER, "grace": Role.APPROVER}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 (another process changes what is waited for)
            await asyncio.sleep(0.01)


def settings_for(sandbox: Sandbox, database: str, port: int = 0) -> FixedSettings:
    return FixedSettings.model_validate(
        {
            "database_url": database,
            "port": port,
            "pepper": SECRET,
            "encryption_keys": (SECRET,),
            "signing_key": SECRET,
            "SLACK_BOT_TOKEN": sandbox.bot_token,
            "SLACK_API_URL": sandbox.api_url,
            "SLACK_SIGNING_SECRET": sandbox.signing_secret,
        }
    )


@dataclass(frozen=True)
class Furnished:
    """The organisation, its people's member ids, and a machine's key."""

    organisation: str
    members: Mapping[str, str]
    key: str

    def actor(self, name: str) -> Actor:
        return Actor("member", self.members[name], name.title(), self.organisation, Way.TOKEN, may_decide=True)


async def furnish(sandbox: Sandbox, settings: FixedSettings) -> Furnished:
    """Before any server runs; everybody's Slack account is linked, so that a click is decided before its ack."""
    async with rooms(settings) as inside:
        organisation = await inside.administration.organisations.bootstrap("Acme")
        host = operator(organisation.id)
        members = {
            name: (
                await inside.administration.members.add(host, f"{name}@acme.example", name.title(), roles=(role,))
            ).id
            for name, role in PEOPLE.items()
        }
        for name, member in members.items():
            user = sandbox.as_user(name).id
            await inside.administration.identities.pin(host, "slack", sandbox.team_id, user, member)
        await inside.administration.groups.add(host, "platform", [members["bob"], members["grace"]])
        await inside.administration.agents.add(host, "ci")
        key = await inside.administration.keys.add(host, "ci", label="test", verbs=(Verb.ASK, Verb.READ))
        return Furnished(organisation.id, members, key.secret or "")


async def ask(assembly: Assembly, furnished: Furnished, by: str = "alice") -> Request:
    stage = DraftStage((DraftRequirement(("@platform",)),))
    draft = Draft(Content(type="deploy", title="Deploy api 2.3"), stages=(stage,), notify=("#deploys",))
    return (await assembly.rooms.desk.create(furnished.actor(by), draft)).request


def cards(sandbox: Sandbox, number: int, channel: str = "#deploys") -> list[Snapshot]:
    """Every copy of the request's card in a channel."""
    seen = sandbox.as_user("alice").messages(channel)
    return [each for each in seen if f"#{number} " in each["text"] and not each.get("is_ephemeral")]


def has_buttons(card: Snapshot) -> bool:
    return "request.approve" in str(card["blocks"])


def calls(sandbox: Sandbox, method: str) -> list[dict[str, Any]]:
    return [entry for entry in sandbox.log.entries if entry["title"] == method]


# ------------------------------------------------------------------------------------------------- a process of its own


@dataclass
class Process:
    """`countersign serve`, to be spoken to over HTTP and killed by its number."""

    running: asyncio.subprocess.Process
    url: str
    key: str

    async def ask(self) -> dict[str, Any]:
        body = {
            "type": "deploy",
            "title": "Deploy api 2.3",
            "stages": [{"requirements": [{"approvals": {"min": 1, "from": ["@platform"]}}]}],
            "notify": ["#deploys"],
        }
        async with httpx2.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}) as client:
            answer = await client.post("/v1/requests", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def freeze(self) -> None:
        """It does nothing more, not even hear an answer."""
        os.kill(self.running.pid, signal.SIGSTOP)

    async def kill(self) -> None:
        """`kill -9`."""
        if self.running.returncode is None:
            os.kill(self.running.pid, signal.SIGKILL)
        await self.running.wait()


@asynccontextmanager
async def serving(sandbox: Sandbox, database: Path, key: str) -> AsyncIterator[Process]:
    """Ready when entered; not there any more when left, whatever happened."""
    port = free_port()
    settings = {
        "COUNTERSIGN_DATABASE_URL": f"sqlite:///{database}",
        "COUNTERSIGN_PORT": str(port),
        "COUNTERSIGN_PEPPER": SECRET,
        "COUNTERSIGN_ENCRYPTION_KEYS": SECRET,
        "COUNTERSIGN_SIGNING_KEY": SECRET,
        "SLACK_BOT_TOKEN": sandbox.bot_token,
        "SLACK_API_URL": sandbox.api_url,
        "SLACK_SIGNING_SECRET": sandbox.signing_secret,
    }
    command = (sys.executable, "-c", "from bot.cli import main; main()", "serve")
    output = await asyncio.to_thread(database.with_suffix(".log").open, "wb")
    with output:
        running = await asyncio.create_subprocess_exec(
            *command, env={"PATH": os.environ["PATH"], **settings}, cwd=ROOT, stdout=output, stderr=output
        )
    process = Process(running, f"http://127.0.0.1:{port}", key)
    try:
        await ready(process, database.with_suffix(".log"))
        sandbox.connect_http(f"{process.url}/slack/events")
        yield process
    finally:
        sandbox.disconnect()
        await process.kill()


async def ready(process: Process, log: Path) -> None:
    async with asyncio.timeout(PATIENCE), httpx2.AsyncClient() as client:
        while True:
            assert process.running.returncode is None, await asyncio.to_thread(log.read_text)
            try:
                if (await client.get(f"{process.url}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


ROOT = Path(__file__).resolve().parents[2]
