"""Builds everything and joins it; the only file that knows all sides.

`rooms` opens what every entrance needs (store, desk, administration); `assemble` adds what serves: API, courier, alarm.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final

import aiohttp
from ulid import ULID

from bot import checks, policies, rosters
from bot.api.app import Api, create_app
from bot.api.house import House, Probe
from bot.api.limits import Limits
from bot.api.waiting import Waiting
from bot.clock import TurnableClock
from bot.event_feed import EventFeed
from bot.feeds import Feeds
from bot.guard import Guard
from bot.manifest import manifest
from bot.mcp.door import Door, is_installed
from bot.oidc.keys import IssuerKeys
from bot.oidc.sign_on import Company, SignOn
from bot.outlets.slack import SlackOutlet
from bot.outlets.workflow import WorkflowOutlet
from bot.receipts import Receipts
from bot.sealing import Seals
from bot.settings import Keys, Settings, key_bytes, keys_for
from bot.settings_problem import SettingsProblem
from bot.slack.app import Slack, build, find_installation, web_client
from bot.slack.drawing.backdrop import Backdrops
from bot.slack.entrance.door import Application, Entrance
from bot.slack.entrance.door import Door as SlackDoor
from bot.slack.entrance.socket import Socket
from bot.slack.installed.channels import Channels
from bot.slack.installed.installation import Installation, granted
from bot.slack.workspaces.everywhere import SlackEverywhere
from bot.slack.workspaces.install import INSTALL, REDIRECT, App, InstallPages
from bot.slack.workspaces.served import Workspace, Workspaces
from bot.webhook.courier import WebhookCourier
from bot.webhook.letters import Letters
from bot.webhook.teller import Teller
from core import requirements
from core.administration import Administration
from core.codec import Codec
from core.collection import members
from core.courier import Courier, Outlet, Pace
from core.desk import Desk
from core.desk.digests import Digests
from core.desk.removals import follow_removed_rules
from core.inquirer import Inquirer
from core.ledger import chain
from core.ledger.sealer import Sealer, key_from, key_id
from core.model.installation import Installation as Kept
from core.model.installation import Source
from core.model.request import Request
from core.outside import Judges
from core.ports import Clock, Derived, Store
from core.rulebook.condition import Conditions
from core.rulebook.standing_on import rules_stood_on, waited_for_by
from core.scheduling.alarm import Alarm, Chore
from core.scheduling.deadlines import next_due
from core.secrets import Pepper
from core.standing import groups_named_later, not_waited_for, waiting_principals
from core.store import open_store
from core.store.schema import check_current, current, newest

LATEST_SWEEP: Final = 60
"""Seconds after which a server whose sweep has not ended is not ready."""

FORGET_EVERY: Final = timedelta(hours=1)
FORGET_AT_ONCE: Final = 500
"""Rows one chore lets go of in one transaction."""

MARKS_LEFT: Final = 50
LOOK_FOR_CALENDARS_EVERY: Final = timedelta(minutes=1)
ADD_UP_EVERY: Final = timedelta(minutes=10)
LOOK_AROUND_EVERY: Final = timedelta(hours=1)
LOOK_AFTER_PEOPLE_EVERY: Final = timedelta(seconds=2)
FOLLOW_RULES_EVERY: Final = timedelta(seconds=10)
ADDED_AT_ONCE: Final = 20
DIGESTS_EVERY: Final = timedelta(seconds=20)
ASK_EVERY: Final = timedelta(seconds=2)

CLOCK_SKEW: Final = 2
"""Seconds a server's clock may be off the database's."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every entrance needs: the server, the command line on the host, the sandbox's seed."""

    settings: Settings
    keys: Keys
    clock: Clock
    store: Store
    desk: Desk
    administration: Administration
    pepper: Pepper
    guard: Guard
    teller: Teller
    letters: Letters
    sealing: Seals
    judges: Judges
    receipts: Receipts
    codec: Codec


MakeOutlet = Callable[[Rooms], Outlet]
Loop = Coroutine[Any, Any, None]

SLACK_SECONDS: Final = 10.0
"""What one call to Slack may take in all. With a session of its own, slack_sdk's own time limit counts for nothing."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The way to Slack: one session for all calls, and the workspace of `SLACK_BOT_TOKEN`, where that is set."""

    session: aiohttp.ClientSession
    organisation: str
    own: Installation | None


@dataclass(frozen=True, slots=True)
class Assembly:
    """A whole server, its loops running. `entrance` is what is served: the API, and Slack's door beside it."""

    rooms: Rooms
    house: House
    app: Api
    entrance: Application
    courier: Courier
    webhooks: WebhookCourier
    alarm: Alarm
    inquirer: Inquirer
    workspaces: Workspaces | None = None
    socket: Socket | None = None
    more: tuple[Callable[[], Loop], ...] = ()

    @property
    def slack(self) -> Slack | None:
        """The edge of `SLACK_BOT_TOKEN`'s workspace."""
        own = None if self.workspaces is None else self.workspaces.own
        return None if own is None else own.slack


def fresh() -> str:
    """An unused ULID."""
    return str(ULID())


async def add_up(store: Store) -> None:
    """One row of what became of an agent's requests instead of many that say the same."""
    while await store.transact(lambda tx: tx.add_up_trust(MARKS_LEFT, ADDED_AT_ONCE), chore=True) >= ADDED_AT_ONCE:
        pass


async def forget(store: Store) -> None:
    """Let go of replies, login codes and counts of refusals whose day has passed, and of what webhooks tried long ago."""
    while await store.transact(lambda tx: tx.forget_attempts(FORGET_AT_ONCE), chore=True) >= FORGET_AT_ONCE:
        pass
    while await store.transact(lambda tx: tx.forget(FORGET_AT_ONCE), chore=True) >= FORGET_AT_ONCE:
        pass


def owner_of_seals(url: str) -> str | None:
    """Replicas take turns by name; whoever writes to a SQLite file has it alone."""
    return None if url.startswith("sqlite") else fresh()


def owner_of_webhooks(inside: Rooms) -> str:
    """Whoever has a SQLite file alone need not wait until the one before it is forgotten."""
    return "whoever writes" if inside.settings.sqlite_file is not None else fresh()


def owner_of_inquiries(inside: Rooms) -> str:
    """Whoever has a SQLite file alone goes on at once with what it was asking when it ended."""
    return "whoever writes" if inside.settings.sqlite_file is not None else fresh()


def derive(request: Request) -> Derived:
    """Once it is over nobody is waited for, and it stands on no rule; the clock may still be due."""
    if not request.is_open:
        return Derived(frozenset(), next_due(request))
    standing_on = waited_for_by(rules_stood_on(request))
    names = waiting_principals(request) | not_waited_for(request) | groups_named_later(request)
    return Derived(names | standing_on, next_due(request))


def prepare(url: str) -> None:
    """SQLite's schema is brought up by itself; PostgreSQL's, which several servers share, must be brought up before."""
    if not url.startswith("sqlite"):
        check_current(url)
    elif current(url) != newest():
        from core.store.migrate import upgrade  # noqa: PLC0415 (a server that is up to date need not load Alembic)

        upgrade(url)


def judges_outside(guard: Guard, sealing: Seals, url: str) -> Judges:
    engines = {word: engine(guard, sealing) for word, engine in members(policies).items()}
    return Judges(engines, members(checks)["http"](guard, sealing, url))


@cache
def compiled() -> Codec:
    """What our kinds are written and read by: it holds nothing else, and to compile it takes longer than many a request."""
    return Codec(members(requirements))


@asynccontextmanager
async def rooms(
    settings: Settings, *, clock: TurnableClock | None = None, outlets: tuple[str, ...] = ()
) -> AsyncIterator[Rooms]:
    """The rooms on the database the settings name; `outlets` are the words of those that will show requests."""
    keys = keys_for(settings)
    url = settings.database_url.get_secret_value()
    await asyncio.to_thread(prepare, url)
    now = clock or TurnableClock()
    codec, signing = compiled(), key_from(key_bytes(keys.signing))
    public = signing.public_key()
    async with (
        Guard(settings.allow_private_addresses) as guard,
        open_store(
            url,
            clock=now,
            codec=codec,
            chain=chain,
            derive=derive,
            seal=Sealer(signing, owner_of_seals(url)),
            turned=lambda: now.offset,
        ) as store,
    ):
        pepper = Pepper(key_bytes(keys.pepper))
        sealing = Seals([key_bytes(key) for key in keys.encryption])
        judges = judges_outside(guard, sealing, settings.url)
        drawn_by = pepper.hash("key", "spot checks").encode()
        desk = Desk(store, fresh=fresh, outlets=outlets, conditions=Conditions(), key=drawn_by, engines=judges.engines)
        feeds = Feeds(guard, members(rosters))
        receipts = Receipts(store, sealing, settings.url)
        letters = Letters(store, codec, receipts)
        teller = Teller(guard, letters)
        administration = Administration(
            store,
            desk,
            fresh=fresh,
            pepper=pepper,
            sealing=sealing,
            feeds=feeds,
            teller=teller,
            judges=judges,
            seal_keys={key_id(public): public},
        )
        parts = teller, letters, sealing, judges, receipts, codec
        yield Rooms(settings, keys, now, store, desk, administration, pepper, guard, *parts)


@asynccontextmanager
async def assemble(
    settings: Settings,
    *,
    clock: TurnableClock | None = None,
    outlets: Mapping[str, MakeOutlet] | None = None,
    pace: Pace | None = None,
) -> AsyncIterator[Assembly]:
    """A server: the first organisation is there, commits wake whoever waits, the clock is rung.

    `pace` is how fast Slack may be used; only a small Slack of one's own allows another than Slack's.
    """
    makers = dict(outlets or {})
    words = (*makers, *((SlackOutlet.word,) if settings.serves_slack else ()))
    async with rooms(settings, clock=clock, outlets=words) as inside:
        organisation = await inside.administration.organisations.bootstrap("Our organisation", settings.admins)
        async with _reach(inside, organisation.id) as reach:
            assembly = _join(inside, makers, reach, pace)
            if assembly.workspaces is not None:
                await assembly.workspaces.refresh()
            assembly.house.sign_on = _sign_on(inside, organisation.id)
            assembly.house.receipts = inside.receipts
            await inside.receipts.begin()
            assembly.house.limits = Limits(inside.clock.now, settings.rate_limit, settings.rate_burst)
            async with asyncio.TaskGroup() as loops:
                running = [loops.create_task(loop) for loop in _loops(assembly)]
                try:
                    yield assembly
                finally:
                    assembly.house.waiting.stop()
                    assembly.house.feed.stop()
                    for task in running:
                        task.cancel()
            if assembly.workspaces is not None:
                await assembly.workspaces.close()


@asynccontextmanager
async def _reach(inside: Rooms, organisation: str) -> AsyncIterator[Reach | None]:
    """One client session for all calls to Slack; nothing where neither a bot token nor a client id is set."""
    token = inside.settings.slack_bot_token
    if not inside.settings.serves_slack:
        yield None
        return
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SLACK_SECONDS)) as session:
        own = None
        if token is not None:
            client = web_client(token.get_secret_value(), inside.settings.slack_api_url, session)
            own = await find_installation(client, organisation)
            await inside.administration.installations.of_environment(granted(own), organisation)
        yield Reach(session, organisation, own)


def _loops(assembly: Assembly) -> list[Loop]:
    """What goes on until the server stops."""
    loops: list[Loop] = [assembly.alarm.run(), assembly.courier.run(), assembly.webhooks.run()]
    loops += [assembly.inquirer.run(), *(more() for more in assembly.more)]
    if assembly.workspaces is not None:
        loops.append(assembly.workspaces.run())
    if assembly.socket is not None:
        loops.append(assembly.socket.run())
    return loops


def _join(inside: Rooms, makers: Mapping[str, MakeOutlet], reach: Reach | None, pace: Pace | None) -> Assembly:
    store, desk = inside.store, inside.desk
    waiting, feed = Waiting(store), EventFeed(store)
    webhooks = WebhookCourier(store, feed, inside.letters, inside.teller, inside.sealing, owner_of_webhooks(inside))
    outlets = [make(inside) for make in makers.values()]
    workspaces = None
    if reach is not None:
        own = None if reach.own is None else reach.own.workspace
        workspaces = Workspaces(
            inside.administration.installations,
            lambda found, here: _workspace(inside, reach, courier, house, found, here),
            own,
        )
        outlets.append(SlackEverywhere(workspaces, store, pace=pace))
    if reach is not None and reach.own is not None:
        outlets.append(WorkflowOutlet(_client(inside, reach, reach.own)))
    courier = Courier(store, outlets, owner=fresh())
    inquirer = Inquirer(store, desk, judges=inside.judges, owner=owner_of_inquiries(inside))
    desk.when_inquiries_are_due(inquirer.nudge)
    words = (*makers, *(() if reach is None else (SlackOutlet.word,)))
    alarm = Alarm(
        now=inside.clock.now,
        next_due=lambda: store.read(lambda reader: reader.next_due()),
        sweep=desk.sweep,
        chores=[
            Chore("forget", FORGET_EVERY, lambda: forget(store)),
            Chore("add up trust", ADD_UP_EVERY, lambda: add_up(store)),
            Chore("can it pass", LOOK_AROUND_EVERY, inside.administration.looking_around.look),
            Chore("people who left", LOOK_AFTER_PEOPLE_EVERY, inside.administration.looking_around.catch_up),
            Chore("removed rules", FOLLOW_RULES_EVERY, lambda: follow_removed_rules(store, desk)),
            Chore("inquiries", ASK_EVERY, inquirer.look),
            Chore("digests", DIGESTS_EVERY, Digests(store, fresh, words).send),
            Chore("calendars", LOOK_FOR_CALENDARS_EVERY, inside.administration.schedules.refresh_due),
        ],
    )
    house = House(store, desk, inside.administration, inside.pepper, waiting, inside.settings.url, feed)
    house.probes += [_database(inside), _sweep(alarm)]
    app = create_app(house)
    more = () if not inside.settings.mcp else (_mcp(inside.settings, app),)
    for listener in (waiting.changed, feed.changed, courier.nudge, webhooks.nudge, alarm.rearm):
        store.subscribe(listener)
    if reach is None or workspaces is None:
        return Assembly(inside, house, app, app, courier, webhooks, alarm, inquirer, more=more)
    store.subscribe(workspaces.nudge)
    inside.administration.logins.subscribe(workspaces.new_token)
    inside.administration.members.subscribe(workspaces.members_came)
    inside.administration.delegations.subscribe(workspaces.delegated)
    inside.administration.looking_around.subscribe(workspaces.to_admins)
    webhooks.subscribe(workspaces.to_admins)
    socket = _socket(inside.settings, reach, workspaces)
    if socket is not None:
        house.probes.append(_connected(socket))
    entrance = _entrance(inside, app, reach, workspaces)
    return Assembly(inside, house, app, entrance, courier, webhooks, alarm, inquirer, workspaces, socket, more)


def _sign_on(inside: Rooms, organisation: str) -> SignOn:
    """People's single sign-on is the first organisation's; workloads are set up by each for itself."""
    settings, company = inside.settings, None
    if settings.oidc_issuer is not None:
        if settings.oidc_audience is None:
            raise SettingsProblem(
                "COUNTERSIGN_OIDC_ISSUER is set, and COUNTERSIGN_OIDC_AUDIENCE must say whom its tokens are made out to."
            )
        company = Company(organisation, settings.oidc_issuer, settings.oidc_audience, settings.oidc_email_claim)
        inside.administration.identities.belongs(company.issuer, organisation)
    return SignOn(inside.store, inside.administration, IssuerKeys(inside.guard), settings.url, company)


def _mcp(settings: Settings, app: Api) -> Callable[[], Loop]:
    if not is_installed():
        raise SettingsProblem(
            "COUNTERSIGN_MCP is on, but mcp is not installed; install countersign[mcp], or switch it off."
        )
    door = Door(app, settings.url, settings.mcp_hosts, settings.mcp_origins)
    app.router.routes.append(door.route())
    return door.run


def _entrance(inside: Rooms, app: Api, reach: Reach, workspaces: Workspaces) -> Application:
    """Slack's paths stand before the API, so that no click pays for the API's middleware."""
    settings, secret = inside.settings, inside.settings.slack_signing_secret
    entrance: Application = app
    if settings.slack_client_id is not None and settings.slack_client_secret is not None:
        pages = _install_pages(inside, reach, settings.slack_client_id, settings.slack_client_secret.get_secret_value())
        entrance = Entrance(Entrance(entrance, pages, INSTALL), pages, REDIRECT)
    if secret is None:
        return entrance
    return Entrance(entrance, SlackDoor(workspaces.dispatch, secret.get_secret_value()))


def _install_pages(inside: Rooms, reach: Reach, client_id: str, client_secret: str) -> InstallPages:
    settings = inside.settings
    scopes = manifest()["oauth_config"]["scopes"]["bot"]
    shown = App(client_id, client_secret, settings.slack_api_url, settings.url, scopes)
    web = web_client(None, settings.slack_api_url, reach.session)
    return InstallPages(inside.administration.installations, shown, web, settings.install)


def _client(inside: Rooms, reach: Reach, installation: Installation) -> Any:
    return web_client(installation.token, inside.settings.slack_api_url, reach.session)


def _workspace(
    inside: Rooms, reach: Reach, courier: Courier, house: House, found: Kept, installation: Installation
) -> Workspace:
    """The edge of one workspace. Admins and domains of the environment are the first organisation's alone.

    Elsewhere whoever installed the app is the first admin; the owner of a workspace that joins another is none there.
    """
    client = _client(inside, reach, installation)
    channels, backdrops = Channels(client, installation), Backdrops(inside.store, inside.codec)
    is_first = installation.organisation == reach.organisation
    slack = build(
        store=inside.store,
        desk=inside.desk,
        administration=inside.administration,
        backdrops=backdrops,
        channels=channels,
        client=client,
        session=reach.session,
        installation=installation,
        adopt=courier.adopt,
        admins=inside.settings.admins if is_first else (),
        domains=inside.settings.allowed_email_domains if is_first else (),
        owner_is_admin=is_first and found.source is Source.ENVIRONMENT,
        troubles=house.troubles,
        url=inside.settings.url,
    )
    outlet = SlackOutlet(client, inside.store, channels, backdrops, installation)
    return Workspace(found, installation, slack, channels, outlet)


def _socket(settings: Settings, reach: Reach, workspaces: Workspaces) -> Socket | None:
    """One token of the app's serves all workspaces."""
    if settings.slack_app_token is None:
        return None
    web = web_client(None, settings.slack_api_url, reach.session)
    return Socket(workspaces.dispatch, settings.slack_app_token.get_secret_value(), web)


def _connected(socket: Socket) -> Probe:
    async def probe() -> str | None:
        return None if socket.is_connected else "There is no connection to Slack's Socket Mode; it is being made anew."

    return probe


def _database(inside: Rooms) -> Probe:
    async def probe() -> str | None:
        theirs = await inside.store.read(lambda reader: reader.now())
        off = abs((theirs - inside.clock.now()).total_seconds())
        return None if off <= CLOCK_SKEW else f"The clock is {off:.0f} s off the database's; set it right."

    return probe


def _sweep(alarm: Alarm) -> Probe:
    async def probe() -> str | None:
        late = alarm.seconds_since_sweep
        return None if late <= LATEST_SWEEP else f"The last sweep ended {late:.0f} s ago; deadlines may be late."

    return probe
