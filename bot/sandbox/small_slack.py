"""All parts of the small Slack, joined: what the Web API, the page and the hand of a test work on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.app import App, install
from bot.sandbox.clock import Clock
from bot.sandbox.delivery import Delivery
from bot.sandbox.faults import Faults
from bot.sandbox.interactions import People
from bot.sandbox.log import Log
from bot.sandbox.membership import Membership
from bot.sandbox.messages import Messages
from bot.sandbox.news import News
from bot.sandbox.rates import Rates
from bot.sandbox.response_urls import ResponseUrls
from bot.sandbox.scheduled import Scheduled
from bot.sandbox.seed import seed
from bot.sandbox.shapes import Json
from bot.sandbox.sockets import Sockets
from bot.sandbox.steps import Steps
from bot.sandbox.streams import Streams
from bot.sandbox.triggers import Triggers
from bot.sandbox.views import Views
from bot.sandbox.workspace import Workspace


@dataclass
class SmallSlack:
    clock: Clock
    app: App
    workspace: Workspace
    streams: Streams
    log: Log
    faults: Faults
    rates: Rates
    triggers: Triggers
    delivery: Delivery
    sockets: Sockets
    messages: Messages
    membership: Membership
    views: Views
    response_urls: ResponseUrls
    people: People
    scheduled: Scheduled
    steps: Steps
    base: str = ""
    sockets_allowed: bool = True
    uninstalled: bool = False
    exchange: Callable[[Mapping[str, str]], Json] | None = None
    org_token: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    posted_by: dict[tuple[str, str], str] = field(default_factory=dict)
    neighbours: Callable[[], list[Json]] = list

    def tell_address(self, base: str) -> None:
        """Called once the port is known: response_url and socket addresses start with it."""
        self.base = base
        self.response_urls.base = base


def small_slack(manifest: Mapping[str, Any]) -> SmallSlack:
    """A seeded workspace with the manifest's app installed."""
    app = install(manifest)
    workspace = Workspace(Clock(), "T0ACME0001", "Acme", "acme")
    seed(workspace, app)
    return joined(app, workspace)


def joined(app: App, workspace: Workspace, *, sockets: Sockets | None = None) -> SmallSlack:
    """All parts around one workspace; several workspaces share an app's sockets."""
    clock, streams, faults = workspace.clock, Streams(), Faults()
    log = Log(clock)
    delivery = Delivery(clock, log, faults)
    news = News(workspace, app, streams, delivery.send_event)
    messages = Messages(workspace, news)
    triggers = Triggers()
    views = Views(workspace, app, streams, triggers)
    urls = ResponseUrls(workspace, messages, app.bot_user_id)
    people = People(
        workspace, app, messages=messages, views=views, triggers=triggers, urls=urls, delivery=delivery, news=news
    )
    log.listener = lambda entry: streams.tell({"type": "log", "entry": entry}) if streams.watched() else None
    clock.listen(lambda offset: streams.tell({"type": "clock", "now": clock.now(), "offset": offset}))
    return SmallSlack(
        clock, app, workspace, streams, log, faults, Rates(), triggers, delivery, sockets or Sockets(app), messages,
        Membership(workspace, news), views, urls, people, Scheduled(clock, messages),
        Steps(workspace, app, news),
    )  # fmt: skip
