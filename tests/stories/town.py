"""A whole town for stories: the assembled product behind real HTTP, a small Slack beside it, machines and people in both."""

import asyncio
import base64
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2

from bot.assemble import Assembly, assemble
from bot.cli.serving import server_for
from bot.clock import TurnableClock
from bot.manifest import manifest
from bot.sandbox.hand import Hand, Snapshot
from bot.sandbox.server import Sandbox
from bot.settings import FixedSettings
from core.administration import operator
from core.courier import Pace
from core.errors import Conflict
from core.model.people import Actor, Role, Verb
from core.ports import Reader
from tests.patience import PATIENT
from tests.serving import served

ROOT: Final = Path(__file__).resolve().parents[2]
SECRET: Final = base64.b64encode(b"0" * 32).decode()
MACHINE: Final = (Verb.ASK, Verb.READ, Verb.EXECUTE)
FAST: Final = 1_000.0

Json = dict[str, Any]

PEOPLE: Final = {
    "alice": Role.ADMIN,
    "bob": Role.APPROVER,
    "carol": Role.APPROVER,
    "dave": Role.APPROVER,
    "erin": Role.REQUESTER,
    "grace": Role.APPROVER,
}
GROUPS: Final = {"platform": ("bob", "grace"), "security": ("carol", "dave")}


def some(least: int, whom: str) -> list[Json]:
    """One stage: so many of these people."""
    return [{"requirements": [{"approvals": {"min": least, "from": [whom]}}]}]


@dataclass(frozen=True)
class Machine:
    """An agent with its key, on the other side of the API."""

    http: httpx2.AsyncClient
    known: list[str]

    async def asks(self, **content: Any) -> Json:
        answer = await self.http.post("/v1/requests", json=content)
        assert answer.status_code == 201, answer.text
        asked: Json = answer.json()
        self.known.append(asked["id"])
        return asked

    async def waits(self, request: Json, seconds: int = 30) -> Json:
        """The long poll: answers as soon as somebody has decided."""
        answered: Json = await self.reads(request, wait=f"{seconds}s")
        return answered

    async def reads(self, request: Json, part: str = "", **query: str) -> Any:
        answer = await self.http.get(f"/v1/requests/{request['id']}{part}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def does(self, verb: str, request: Json, **body: Any) -> Json:
        answer = await self.tries(verb, request, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def tries(self, verb: str, request: Json, **body: Any) -> httpx2.Response:
        return await self.http.post(f"/v1/requests/{request['id']}/{verb}", json=body)


@dataclass
class Town:
    """What a story is told with."""

    sandbox: Sandbox
    assembly: Assembly
    host: Actor
    url: str
    database: str
    home: Path
    open_until_the_end: AsyncExitStack
    members: dict[str, str] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    """The requests of this story."""

    # People in Slack.

    def hand(self, name: str) -> Hand:
        return self.sandbox.as_user(name)

    def card(self, who: str, request: Json, channel: str = "#deploys") -> Snapshot:
        """The card as this person sees it now."""
        seen = self.hand(who).messages(channel)
        cards = [each for each in seen if f"#{request['number']} " in each["text"] and not each.get("is_ephemeral")]
        assert cards, [each["text"] for each in seen]
        return cards[-1]

    def heard(self, who: str) -> str:
        """Everything in this person's conversation with the app."""
        return " ".join(str(message["text"]) for message in self.hand(who).dms())

    async def clicks(self, who: str, request: Json, action: str, chosen: str | None = None) -> None:
        """On the card as this person sees it now."""
        await self.clicks_on(self.card(who, request), who, action, chosen)

    async def clicks_on(self, card: Snapshot, who: str, action: str, chosen: str | None = None) -> None:
        ack = await self.hand(who).click(card, action, chosen)
        assert ack.ok, ack
        await self.settles()

    async def chooses(self, who: str, request: Json, word: str, *, stage: int = 1) -> None:
        """Something of the card's overflow menu."""
        target = f"{request['id']}.{request['revision']}.{stage}"
        await self.clicks(who, request, "request.more", f"{word}.{target}")

    async def says(self, who: str, values: Json) -> None:
        """Fills the modal on top and sends it."""
        sent = await self.hand(who).submit(values)
        assert sent.errors is None, sent.errors
        await self.settles()

    async def types(self, who: str, line: str) -> Snapshot:
        """A slash command, and what this person alone is told."""
        await self.hand(who).command(line, "#general")
        await self.settles()
        return self.hand(who).ephemerals()[-1]

    def window(self, who: str) -> Snapshot:
        """The modal on top."""
        found = self.hand(who).open_modal()
        assert found is not None
        return found

    async def rules(self, who: str, line: str) -> Snapshot:
        """A rule typed in one line and confirmed as it was read back; what the window says then."""
        await self.hand(who).command(f"/countersign rules add {line}", "#general")
        await self.settles()
        assert "On the requests of the last 30 days" in str(self.window(who)["blocks"]), self.hand(who).ephemerals()
        await self.says(who, {})
        return self.window(who)

    def told(self, who: str) -> str:
        """The last thing said to this person alone in a channel."""
        return str(self.hand(who).ephemerals()[-1]["text"])

    def thread(self, who: str, request: Json) -> list[str]:
        card = self.card(who, request)
        return [str(message["text"]) for message in self.hand(who).messages("#deploys", card["ts"])][1:]

    # Machines.

    async def machine(self, name: str, *verbs: Verb) -> Machine:
        administration = self.assembly.rooms.administration
        agent = await administration.agents.add(self.host, name)
        key = await administration.keys.add(self.host, agent.id, verbs=verbs or MACHINE)
        assert key.secret is not None
        return Machine(await self.client(key.secret), self.known)

    async def client(self, bearer: str) -> httpx2.AsyncClient:
        """The API, for whoever holds this key or token."""
        headers = {"Authorization": f"Bearer {bearer}"}
        client = httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=70)
        return await self.open_until_the_end.enter_async_context(client)

    # The host.

    async def countersign(self, *words: str, typed: str = "", code: int = 0) -> str:
        """The command line as a process of its own, at home in this town; what it printed."""
        ran = await asyncio.to_thread(self._run, words, typed)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def _run(self, words: tuple[str, ...], typed: str) -> subprocess.CompletedProcess[str]:
        start = [sys.executable, "-c", "from bot.cli import main; main()", *words]
        own = {"HOME": str(self.home), "COUNTERSIGN_URL": self.url, "COUNTERSIGN_DATABASE_URL": self.database}
        keys = dict.fromkeys(("COUNTERSIGN_PEPPER", "COUNTERSIGN_SIGNING_KEY"), SECRET)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200", **own, **keys}
        return subprocess.run(
            start, input=typed, text=True, capture_output=True, env=environment, timeout=30, check=False
        )

    async def codes_in_ledger(self, request: Json) -> list[str]:
        """The codes of all refusals that the ledger keeps of this request."""
        store = self.assembly.rooms.store
        rows = await store.read(lambda reader: list(reader.ledger(request["id"], after=0, limit=500)))
        return [row.payload["code"] for row in rows if row.word == "refused" and row.payload]

    # Time.

    async def settles(self) -> None:
        """Until everything on its way has arrived and every card shows its request as it is."""
        assert self.assembly.slack is not None
        async with asyncio.timeout(10):
            while True:
                await self.sandbox.settled()
                if self.assembly.workspaces is not None:
                    await self.assembly.workspaces.drain()
                await self.assembly.inquirer.drain()
                await self.assembly.courier.drain()
                if await self.assembly.rooms.store.read(self._all_is_shown):
                    return
                await asyncio.sleep(0.005)

    def _all_is_shown(self, reader: Reader) -> bool:
        return all(one.wanted <= one.shown for request in self.known for one in reader.deliveries(request))

    async def later(self, **by: float) -> None:
        """The clock is turned; the alarm hears of it and rings by itself."""
        self.sandbox.clock.advance(timedelta(**by).total_seconds())
        await self.settles()


@asynccontextmanager
async def town(
    database: str, home: Path, *, sockets: bool = False, install: str | None = None, enterprise: bool = False
) -> AsyncIterator[Town]:
    """An empty one, joined over signed HTTP or over Socket Mode: a clock, a workspace, a server.

    `install` says who may add the app to the workspace next door, `enterprise` that there is an Enterprise organisation.
    """
    clock = TurnableClock()
    made = manifest(workflow=True, threads=True, org=enterprise)
    async with Sandbox(made, rates=None, enterprise=enterprise, ack_limit=PATIENT, trigger_life=PATIENT) as sandbox:
        sandbox.clock.listen(lambda offset: clock.turn(timedelta(seconds=offset) - clock.offset))
        settings = _settings(sandbox, database, sockets=sockets, install=install)
        async with (
            assemble(settings, clock=clock, pace=Pace().times(FAST)) as assembly,
            served(server_for(assembly)) as url,
        ):
            if sockets:
                await _joined(assembly)
            else:
                sandbox.connect_http(f"{url}/slack/events")
            sandbox.clock.listen(lambda _offset: assembly.alarm.clock_turned())
            organisation = await assembly.rooms.administration.organisations.first()
            assert organisation is not None
            async with AsyncExitStack() as stack:
                yield Town(sandbox, assembly, operator(organisation.id), url, database, home, stack)
            sandbox.disconnect()


async def _joined(assembly: Assembly) -> None:
    """The server opens its socket by itself."""
    async with asyncio.timeout(10):
        while assembly.socket is None or not assembly.socket.is_connected:  # noqa: ASYNC110 - it tells no other way
            await asyncio.sleep(0.005)


def _settings(sandbox: Sandbox, database: str, *, sockets: bool, install: str | None) -> FixedSettings:
    way: Json = {"SLACK_APP_TOKEN": sandbox.app_token} if sockets else {"SLACK_SIGNING_SECRET": sandbox.signing_secret}
    if install is not None:
        way |= {"SLACK_CLIENT_ID": sandbox.consents.client_id, "SLACK_CLIENT_SECRET": sandbox.consents.client_secret}
        way |= {"install": install, "port": _free_port()}
    return FixedSettings.model_validate(
        {
            "database_url": database,
            "pepper": SECRET,
            "signing_key": SECRET,
            "encryption_keys": [SECRET],
            "port": 0,  # a way back from elsewhere must know it before
            "allow_private_addresses": "127.0.0.0/8",
            "SLACK_BOT_TOKEN": sandbox.bot_token,
            "SLACK_API_URL": sandbox.api_url,
            **way,
        }
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def peopled(empty: Town) -> Town:
    """Alice is admin; bob and grace are @platform, carol and dave @security; erin may ask; frank is nobody here."""
    administration = empty.assembly.rooms.administration
    for name, role in PEOPLE.items():
        empty.members[name] = await _member(empty, f"{name}@acme.example", name.title(), role)
    for group, names in GROUPS.items():
        await administration.groups.add(empty.host, group, [empty.members[name] for name in names])
    assert empty.assembly.slack is not None
    await empty.assembly.slack.directory.sync()
    return empty


async def _member(empty: Town, email: str, name: str, role: Role) -> str:
    """The workspace's owner may be one already: Slack's directory makes them an admin by itself."""
    members = empty.assembly.rooms.administration.members
    try:
        return (await members.add(empty.host, email, name, roles=(role,))).id
    except Conflict:
        return (await members.get(empty.host, email)).id
