"""The sandbox as a server: one port for the Web API, sockets, response URLs and the page.

    async with Sandbox(manifest) as sandbox:
        client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
        sandbox.connect_http("http://127.0.0.1:3000/slack/events")
        alice = sandbox.as_user("alice")

Without a manifest a minimal app is installed; an app that opens a socket needs no `connect_http`.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.sandbox.app import MINIMAL_MANIFEST
from bot.sandbox.clock import Clock
from bot.sandbox.consent import Consents
from bot.sandbox.delivery import Ack, Parcel, SignedHttp
from bot.sandbox.faults import Faults
from bot.sandbox.grid import Grid, umbra
from bot.sandbox.hand import Hand
from bot.sandbox.ids import new_word
from bot.sandbox.log import Log
from bot.sandbox.membership import Membership
from bot.sandbox.neighbours import globex
from bot.sandbox.page_api import PageApi
from bot.sandbox.rates import Rates
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.small_slack import SmallSlack, small_slack
from bot.sandbox.sockets import Sockets
from bot.sandbox.web_api import Cut, WebApi, cut, fail, read_arguments
from bot.sandbox.workspace import Workspace

LARGEST_BODY = 2 * 1024 * 1024


class Sandbox:
    def __init__(
        self, manifest: Mapping[str, Any] = MINIMAL_MANIFEST, *, ack_limit: float = 3.0, trigger_life: float = 3.0,
        rates: float | None = 1.0, retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0), enterprise: bool = False,
    ) -> None:  # fmt: skip
        """`rates` multiplies every rate limit, None switches them off; `retry_delays` are counted on the clock.

        `enterprise` adds an Enterprise organisation of two workspaces.
        """
        self.slack: SmallSlack = small_slack(manifest)
        self.slack.delivery.ack_limit = ack_limit
        self.slack.delivery.retry_delays = retry_delays
        self.slack.triggers.life = trigger_life
        self.slack.rates.multiplier = rates
        self.second: SmallSlack = globex(self.slack)
        self.grid: Grid | None = umbra(self.slack) if enterprise else None
        beside = () if self.grid is None else tuple(self.grid.teams.values())
        self.slacks: tuple[SmallSlack, ...] = (self.slack, self.second, *beside)
        self.consents = Consents(self.slacks, self.grid)
        for each in self.slacks:
            each.exchange = self.consents.exchange
            each.neighbours = self._workspaces
        self.url = ""
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    # starting and stopping

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; port 0 takes a free one. `url` says where."""
        # Shorter than any server keeps an idle connection: a POST must not meet one that is just being closed.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2.0)
        self._session = aiohttp.ClientSession(connector=connector)
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, backlog=1024)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.url = f"http://{host}:{bound}"
        for each in self.slacks:
            each.tell_address(self.url)

    async def stop(self) -> None:
        for each in self.slacks:
            each.faults.clear()
            await each.delivery.close()
            await each.scheduled.close()
            each.streams.close_all()
        await self.slack.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        if not self.url:
            await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=LARGEST_BODY)
        self._apis = {each.app.bot_token: WebApi(each) for each in self.slacks}
        application.router.add_route("*", "/api/{method}", self._serve_api)
        application.router.add_get("/socket/", self.slack.sockets.serve)
        application.router.add_post("/response/{team}/{word}", self._respond)
        application.add_routes(PageApi(self.slack).routes())
        application.add_routes([*self.consents.routes(), web.get("/app_redirect", self._open_app)])
        for each in self.slacks[1:]:
            beside = web.Application(client_max_size=LARGEST_BODY)
            beside.add_routes(PageApi(each).routes())
            application.add_subapp(_address(each), beside)
        return application

    async def _open_app(self, request: web.Request) -> web.StreamResponse:
        """What slack.com/app_redirect does: the workspace, with the app in it."""
        wanted = request.query.get("team")
        raise web.HTTPFound(next((each["address"] for each in self._workspaces() if each["id"] == wanted), "/"))

    def _workspaces(self) -> list[Json]:
        """For the page, which lets one switch."""
        return [
            {
                "id": each.workspace.team_id,
                "name": each.workspace.name,
                "address": "/" if each is self.slack else f"{_address(each)}/",
            }
            for each in self.slacks
        ]

    async def _serve_api(self, request: web.Request) -> web.StreamResponse:
        """A bot token tells the workspace; what comes without one is the app's."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not token:
            with suppress(SlackError):
                token = str((await read_arguments(request)).get("token", ""))
        if self.grid is not None and token == self.grid.token:
            return await self._serve_grid(request, self.grid)
        return await self._apis.get(token, self._apis[self.bot_token]).serve(request)

    async def _serve_grid(self, request: web.Request, grid: Grid) -> web.StreamResponse:
        """An organisation's token does not tell the workspace; what the call is about does."""
        try:
            aimed = grid.aimed(request.match_info["method"], await read_arguments(request))
        except SlackError as refused:
            return web.json_response(refused.body())
        return await self._apis[aimed.app.bot_token].serve(request)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        """A POST to a response_url."""
        began = time.monotonic()
        body: Json = {}
        try:
            body = await read_arguments(request)
            status, text = await self._use(request.match_info["team"], request.match_info["word"], body)
        except Cut:
            return cut(request)
        except SlackError as refused:
            gone = refused.code in ("expired_url", "used_url", "message_not_found")
            status, text = (404 if gone else 400), refused.code
        self.slack.log.add(
            direction="from_app", kind="response_url", title="response_url", request=body,
            response=text, status=status, ms=(time.monotonic() - began) * 1000, error=None if status == 200 else text,
        )  # fmt: skip
        return web.Response(status=status, text=text)

    async def _use(self, team: str, word: str, body: Json) -> tuple[int, str]:
        fault = self.slack.faults.take("response_url")
        whose = next((each for each in self.slacks if each.workspace.team_id == team), self.slack)
        if fault is None or fault.kind in ("drop_reply", "500_after", "error_after"):
            whose.response_urls.use(word, body)
        if fault is None:
            return 200, "ok"
        status, answer, _ = await fail(fault)
        return (status if status != 200 else 400), str(answer["error"])

    # addresses and secrets

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        return self.slack.app.bot_token

    @property
    def app_token(self) -> str:
        return self.slack.app.app_token

    @property
    def signing_secret(self) -> str:
        return self.slack.app.signing_secret

    @property
    def app_id(self) -> str:
        return self.slack.app.id

    @property
    def bot_user_id(self) -> str:
        return self.slack.app.bot_user_id

    @property
    def team_id(self) -> str:
        return self.slack.workspace.team_id

    # parts a test turns

    @property
    def clock(self) -> Clock:
        return self.slack.clock

    @property
    def faults(self) -> Faults:
        return self.slack.faults

    @property
    def rates(self) -> Rates:
        return self.slack.rates

    @property
    def log(self) -> Log:
        return self.slack.log

    @property
    def sockets(self) -> Sockets:
        return self.slack.sockets

    @property
    def workspace(self) -> Workspace:
        return self.slack.workspace

    @property
    def membership(self) -> Membership:
        return self.slack.membership

    def as_user(self, who: str) -> Hand:
        """The hand of a person, by id, handle or e-mail."""
        return Hand(self.slack, self.workspace.find_user(who).id)

    def next_door(self, who: str) -> Hand:
        """The hand of somebody of the second workspace."""
        return Hand(self.second, self.second.workspace.find_user(who).id)

    # the way to the app

    def connect_http(self, request_url: str) -> None:
        """From now on everything goes to this address, signed."""
        if self._session is None:
            raise RuntimeError("start the sandbox before connecting an app to it")
        self.slack.delivery.transport = SignedHttp(request_url, self.signing_secret, self._session)

    def connect_sockets(self) -> None:
        """From now on everything goes over sockets; opening one does the same."""
        self.slack.sockets_allowed = True
        self.slack.delivery.transport = self.slack.sockets

    def disconnect(self) -> None:
        """From now on nothing reaches the app."""
        self.slack.delivery.transport = None

    async def forbid_sockets(self) -> None:
        """Switches Socket Mode off in the app's settings: open sockets are told link_disabled and closed."""
        self.slack.sockets_allowed = False
        await self.slack.sockets.disconnect("link_disabled")

    async def verify_request_url(self) -> bool:
        """Slack's own test of a request URL: it must echo the challenge."""
        transport, challenge = self.slack.delivery.transport, new_word(24)
        if transport is None:
            return False
        token = self.slack.app.verification_token
        payload = {"type": "url_verification", "token": token, "challenge": challenge}
        ack = await transport.carry(Parcel("events_api", payload, "url_verification"), self.slack.delivery.ack_limit)
        return ack.ok and challenge in (ack.body, ack.body.get("challenge") if isinstance(ack.body, dict) else None)

    async def send_event_again(self, kind: str) -> Ack:
        """The last event of this kind once more, with the same event_id, although it was acknowledged."""
        wrappers = [
            entry["request"] for entry in self.log.entries if (entry["kind"], entry["title"]) == ("event", kind)
        ]
        return await self.slack.delivery.send_again(wrappers[-1])

    async def replay_request(self) -> Ack:
        """The last signed HTTP request once more, byte for byte, as somebody who overheard it could."""
        transport = self.slack.delivery.transport
        if not isinstance(transport, SignedHttp):
            raise TypeError("only what goes over HTTP can be replayed")
        body, headers = transport.sent[-1]
        return await transport.post(body, headers, self.slack.delivery.ack_limit)

    async def settled(self) -> None:
        """Returns when nothing is on its way to the app."""
        for each in self.slacks:
            await each.delivery.settled()

    def uninstall(self, slack: SmallSlack | None = None) -> None:
        """Takes the app away: its tokens stop working, and it hears tokens_revoked and app_uninstalled."""
        gone = slack or self.slack
        news = gone.people.news
        news.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [gone.app.bot_user_id]}})
        news.event({"type": "app_uninstalled"})
        gone.uninstalled = True
        gone.delivery.stop_events()


def _address(slack: SmallSlack) -> str:
    """The path of the page of a workspace that is not the first."""
    return f"/in/{slack.workspace.domain}"
