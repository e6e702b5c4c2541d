"""The real Bolt behind our real door and over real sockets, with the real desk and store, against the sandbox's Slack."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import uvicorn
import yaml

from bot.assemble import Rooms, rooms
from bot.clock import TurnableClock
from bot.outlets.slack import SlackOutlet
from bot.sandbox.hand import Hand, Snapshot
from bot.sandbox.server import Sandbox
from bot.settings import FixedSettings
from bot.slack.app import Slack, build, find_installation, web_client
from bot.slack.drawing.backdrop import Backdrops
from bot.slack.entrance.socket import Socket
from bot.slack.installed.channels import Channels
from core import requirements
from core.administration import operator
from core.codec import Codec
from core.collection import members
from core.courier import Courier, Pace
from core.desk import Draft, DraftRequirement, DraftStage
from core.model.people import Actor, Role, Verb, Way
from core.model.request import Content, Request
from core.ports import LedgerRow
from tests.patience import PATIENT
from tests.serving import served
from tests.sqlite import fresh

ROOT: Final = Path(__file__).resolve().parents[2]
SECRET: Final = base64.b64encode(b"0" * 32).decode()
MANIFEST: Final = yaml.safe_load((ROOT / "manifest.yml").read_text())
CODEC: Final = Codec(members(requirements))
ANYONE: Final = "anyone"


@dataclass
class World:
    """A whole Countersign beside a whole small Slack."""

    sandbox: Sandbox
    rooms: Rooms
    slack: Slack
    courier: Courier
    clock: TurnableClock
    organisation: str
    door: str = ""
    agent: Actor | None = None
    members: dict[str, str] = field(default_factory=dict)

    # Whoever acts.

    def hand(self, name: str) -> Hand:
        return self.sandbox.as_user(name)

    @property
    def host(self) -> Actor:
        return operator(self.organisation)

    def actor(self, name: str) -> Actor:
        return Actor("member", self.members[name], name.title(), self.organisation, Way.TOKEN, may_decide=True)

    async def join(self, name: str, *roles: Role) -> str:
        """Somebody of the workspace becomes a member; their Slack account is linked by the directory alone."""
        administration = self.rooms.administration
        member = await administration.members.add(self.host, f"{name}@acme.example", name.title(), roles=roles)
        self.members[name] = member.id
        return member.id

    # Requests.

    async def ask(self, *stages: tuple[str, ...], by: Actor | None = None, **content: Any) -> Request:
        """A request by the deploy bot; each stage names who may approve it (`2 @security` wants two)."""
        about = Content(**{"type": "deploy", "title": "Deploy api 2.3", **content})
        draft = Draft(about, stages=tuple(_stage(names) for names in stages or ((ANYONE,),)), notify=("#deploys",))
        done = await self.rooms.desk.create(by or self.bot, draft)
        await self.settle()
        return done.request

    @property
    def bot(self) -> Actor:
        assert self.agent is not None
        return self.agent

    async def now(self, request: Request) -> Request:
        found = await self.rooms.store.read(lambda reader: reader.request(request.id))
        assert found is not None
        return found

    async def ledger(self, request: Request) -> list[LedgerRow]:
        return list(await self.rooms.store.read(lambda reader: reader.ledger(request.id, after=0, limit=500)))

    async def refusals(self, request: Request) -> list[str]:
        """The codes of all refusals in the ledger."""
        return [row.payload["code"] for row in await self.ledger(request) if row.word == "refused" and row.payload]

    def card(self, who: str, request: Request, channel: str = "#deploys") -> Snapshot:
        """The card as this person sees it now."""
        seen = self.hand(who).messages(channel)
        cards = [each for each in seen if f"#{request.number} " in each["text"] and not each.get("is_ephemeral")]
        assert cards, [each["text"] for each in seen]
        return cards[-1]

    def thread(self, who: str, request: Request, channel: str = "#deploys") -> list[str]:
        card = self.card(who, request, channel)
        return [message["text"] for message in self.hand(who).messages(channel, card["ts"])][1:]

    # Time.

    async def settle(self) -> None:
        """Until everything on its way has arrived: acknowledged work, cards, notices."""
        await self.sandbox.settled()
        await self.slack.afterwards.drain()
        await self.courier.drain()

    async def turn(self, **by: float) -> None:
        self.clock.turn(timedelta(**by))
        await self.rooms.desk.sweep()
        self.courier.nudge()
        await self.settle()

    def calls(self, method: str) -> list[dict[str, Any]]:
        """The Web API calls of this method so far."""
        return [entry for entry in self.sandbox.log.entries if entry["title"] == method]

    async def sync(self) -> None:
        await self.slack.directory.sync()


def _stage(names: tuple[str, ...]) -> DraftStage:
    least = next((int(name.split()[0]) for name in names if name[0].isdigit()), 1)
    return DraftStage((DraftRequirement(tuple(name.split()[-1] for name in names), min=least),))


@asynccontextmanager
async def over_http(world: World) -> AsyncIterator[None]:
    config = uvicorn.Config(
        world.slack.door(world.sandbox.signing_secret), port=0, log_level="error", lifespan="off", timeout_keep_alive=60
    )
    async with served(uvicorn.Server(config)) as url:
        world.door = f"{url}/slack/events"
        world.sandbox.connect_http(world.door)
        try:
            yield
        finally:
            world.sandbox.disconnect()


@asynccontextmanager
async def over_sockets(world: World) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as session:
        socket = Socket(world.slack.dispatch, world.sandbox.app_token, web_client(None, world.sandbox.api_url, session))
        await socket.connect_async()
        running = asyncio.create_task(socket.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


Transport = Callable[[World], Any]


@asynccontextmanager
async def beginning(
    folder: Path, *, pace: float = 1_000.0, manifest: Mapping[str, Any] = MANIFEST, **options: Any
) -> AsyncIterator[World]:
    """Everything but a way from Slack to the app. `options` are the directory's."""
    settings = FixedSettings.model_validate({"database_url": fresh(folder / "test.db"), "pepper": SECRET})
    clock = TurnableClock()
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(
            Sandbox(manifest, rates=None, ack_limit=PATIENT, trigger_life=PATIENT)
        )
        inside = await stack.enter_async_context(rooms(settings, clock=clock, outlets=("slack",)))
        timeout = aiohttp.ClientTimeout(total=5)
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        organisation = await inside.administration.organisations.bootstrap("Acme")
        client = web_client(sandbox.bot_token, sandbox.api_url, session)
        installation = await find_installation(client, organisation.id)
        backdrops, channels = Backdrops(inside.store, CODEC), Channels(client)
        outlet = SlackOutlet(client, inside.store, channels, backdrops, installation, pace=Pace().times(pace))
        courier = Courier(inside.store, [outlet], owner="test")
        stack.callback(inside.store.subscribe(courier.nudge))
        slack = build(
            store=inside.store, desk=inside.desk, administration=inside.administration, backdrops=backdrops,
            channels=channels, client=client, session=session, installation=installation, adopt=courier.adopt, **options,
        )  # fmt: skip
        stack.push_async_callback(slack.close)
        yield World(sandbox, inside, slack, courier, clock, organisation.id)


async def people(world: World) -> None:
    """Alice is admin; bob and grace are @platform, carol and dave @security; erin may only ask."""
    for name in ("bob", "carol", "dave", "grace"):
        await world.join(name, Role.APPROVER)
    await world.join("alice", Role.ADMIN)
    await world.join("erin", Role.REQUESTER)
    groups = world.rooms.administration.groups
    await groups.add(world.host, "platform", [world.members["bob"], world.members["grace"]])
    await groups.add(world.host, "security", [world.members["carol"], world.members["dave"]])
    agent = await world.rooms.administration.agents.add(world.host, "Deploy bot")
    verbs = frozenset({Verb.ASK, Verb.READ, Verb.EXECUTE})
    world.agent = Actor("agent", agent.id, agent.name, world.organisation, Way.KEY, verbs=verbs)
    await world.sync()


@pytest.fixture(params=[over_http, over_sockets], ids=["http", "sockets"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Joined over signed HTTP, and in a second run over Socket Mode."""
    async with beginning(tmp_path) as begun:
        await people(begun)
        async with request.param(begun):
            yield begun


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[World]:
    """Joined over signed HTTP alone."""
    async with beginning(tmp_path) as begun:
        await people(begun)
        async with over_http(begun):
            yield begun
