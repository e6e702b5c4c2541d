"""The one Bolt app behind HTTP and Socket Mode: one listener per kind of payload, and everything around it, built.

The listeners are Bolt's last middleware, which commits before it answers: Bolt's own listeners are asked one after the other,
and for each question and each call everything a listener might want is put together. Our own `authorize` answers from what is
known since start-up: no `auth.test` stands in the way of a click.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import commands, flows
from bot.slack.afterwards import Afterwards
from bot.slack.caring import Caring, Troubles
from bot.slack.commands.base import NAME
from bot.slack.dispatch import Dispatch, Handlers, handlers, help_lines, manual
from bot.slack.drawing.backdrop import Backdrops
from bot.slack.entrance import payload
from bot.slack.entrance.door import PROOF, Door
from bot.slack.entrance.payload import Click, Malformed
from bot.slack.events import Events
from bot.slack.installed.channels import Channels
from bot.slack.installed.installation import Installation, installed
from bot.slack.look import read_look
from bot.slack.people.actor import Actors
from bot.slack.refusal import BROKEN
from bot.slack.roll.announcing import Announcing
from bot.slack.roll.directory import Directory
from bot.slack.roll.linking import Linking
from bot.slack.roll.mirrors import Mirrors
from bot.slack.roll.newcomers import Newcomers
from bot.slack.room import Room
from bot.slack.showing import Acknowledgement, Showing
from core import cares
from core.administration import Administration
from core.collection import members
from core.desk import Desk
from core.errors import Unavailable
from core.model.batch import read_items
from core.ports import Changed, Delivery, Reader, Store

NIGHTLY: Final = 24 * 3600.0
SOON: Final = 60.0

Adopt = Callable[[Delivery, Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]

Listen = Callable[[dict[str, Any], str | None], Awaitable[BoltResponse]]
"""A body, and its digest where it was signed."""

log = structlog.get_logger()


def web_client(token: str | None, api_url: str | None, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that never retries by itself: a post whose answer was lost would be posted twice."""
    base = api_url or AsyncWebClient.BASE_URL
    return AsyncWebClient(token=token, base_url=base, session=session, retry_handlers=[])


async def find_installation(client: AsyncWebClient, organisation: str) -> Installation:
    """Ask Slack once, at start-up, where the token belongs; `Unavailable` says what to mend when it cannot tell."""
    try:
        answer = await client.auth_test()
    except SlackApiError as refusal:
        said = refusal.response.get("error", "no reason given")
        raise Unavailable(
            f"Slack refuses SLACK_BOT_TOKEN ({said}); take the bot token (xoxb-…) from the page OAuth & Permissions "
            "of the installed app."
        ) from None
    except (aiohttp.ClientError, TimeoutError) as trouble:
        raise Unavailable(
            f"Slack cannot be reached at {client.base_url} ({type(trouble).__name__}); check the network and start again."
        ) from None
    told = dict(answer.data if isinstance(answer.data, dict) else {})
    return installed(organisation, str(client.token), told, answer.headers)


@dataclass(frozen=True, slots=True)
class Slack:
    """All of the Slack edge. `run` serves what goes on by itself; `dispatch` takes requests from door and socket."""

    bolt: AsyncApp
    installation: Installation
    handlers: Handlers
    directory: Directory
    newcomers: Newcomers
    mirrors: Mirrors
    channels: Channels
    events: Events
    afterwards: Afterwards
    announcing: Announcing

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        return await self.bolt.async_dispatch(request)

    def door(self, secret: str) -> Door:
        return Door(self.dispatch, secret)

    def nudge(self, changed: Iterable[Changed]) -> None:
        """For `store.subscribe`."""
        self.events.homes.nudge(changed)

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._begin_with_newcomers()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.events.homes.run(), name="slack:homes")
            tasks.create_task(self._keep_directory(), name="slack:directory")
            tasks.create_task(self.newcomers.run(), name="slack:newcomers")
            tasks.create_task(self.mirrors.run(), name="slack:mirrors")

    async def _begin_with_newcomers(self) -> None:
        """Before the directory is first looked through, so that nobody is added between the two."""
        try:
            await self.newcomers.begin()
        except Unavailable as problem:
            log.warning("slack.newcomers_not_looked_for", problem=problem.sentence)

    async def _keep_directory(self) -> None:
        """At start-up and nightly; when Slack does not answer, again soon."""
        while True:
            try:
                linked = await self.directory.sync()
                log.info("slack.directory_synced", linked=linked)
                await asyncio.sleep(NIGHTLY)
            except Exception:  # the chore's last line: an edge must not end because one night's look failed
                log.exception("slack.directory_not_synced")
                await asyncio.sleep(SOON)

    async def close(self) -> None:
        await self.afterwards.drain()


def build(  # noqa: PLR0913 - each part is named once, by assemble
    *,
    store: Store,
    desk: Desk,
    administration: Administration,
    backdrops: Backdrops,
    channels: Channels,
    client: AsyncWebClient,
    session: aiohttp.ClientSession,
    installation: Installation,
    adopt: Adopt | None = None,
    admins: Collection[str] = (),
    domains: Collection[str] = (),
    owner_is_admin: bool = True,
    troubles: Troubles | None = None,
    url: str = "",
) -> Slack:
    """Join the parts. `client` holds the bot token and `session`; `adopt` is the courier's; the outlet shares `channels`."""
    found = handlers(members(flows), members(commands))
    afterwards = Afterwards()
    announcing = Announcing(store, client, installation, afterwards)
    directory = Directory(
        store,
        administration,
        client,
        installation,
        announcing=announcing,
        admins=admins,
        domains=domains,
        owner_is_admin=owner_is_admin,
    )
    newcomers = Newcomers(store, directory, client, installation)
    mirrors = Mirrors(administration, directory, client, installation, announcing, afterwards)
    room = Room(
        desk,
        store,
        administration,
        backdrops,
        installation,
        mirrors=mirrors,
        linking=Linking(announcing, directory, afterwards),
        caring=Caring(store, members(cares), troubles),
        url=url,
        help=help_lines(found.commands),
        manual=manual(found.commands),
    )
    showing = Showing(client, session)
    dispatch = Dispatch(room, found, Actors(store, installation), directory, showing, afterwards)
    events = Events(
        room,
        dispatch,
        directory=directory,
        mirrors=mirrors,
        channels=channels,
        showing=showing,
        client=client,
        afterwards=afterwards,
    )
    copies = Copies(store, showing, adopt)
    bolt = _bolt(client, installation)
    bolt.use(Listeners(dispatch, events, afterwards, copies))
    return Slack(bolt, installation, found, directory, newcomers, mirrors, channels, events, afterwards, announcing)


class Known(AsyncAuthorize):
    """Whether the app is installed where a payload comes from. Not a plain function: Bolt looks up what one asks for by name.

    Nor frozen: where the environment names an OAuth client, Bolt notes on it how it would renew tokens.
    """

    def __init__(self, installation: Installation) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._installation = installation

    async def __call__(self, *, enterprise_id: str | None, team_id: str | None, **_: object) -> AuthorizeResult | None:
        here = self._installation
        if team_id != here.team and (enterprise_id is None or enterprise_id != here.enterprise):
            return None
        return AuthorizeResult(
            enterprise_id=here.enterprise,
            team_id=here.team or team_id,
            bot_token=here.token,
            bot_id=here.bot,
            bot_user_id=here.bot_user,
        )


def _bolt(client: AsyncWebClient, installation: Installation) -> AsyncApp:
    """A client without a token: with one, Bolt would ask `auth.test` on clicks."""
    bare = AsyncWebClient(base_url=client.base_url, session=client.session, retry_handlers=[])

    return AsyncApp(
        name="countersign",
        logger=_quiet(),
        client=bare,
        authorize=Known(installation),  # type: ignore[arg-type]  # None means not installed, says Bolt's own documentation
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        signing_secret="checked at our own door",  # noqa: S106 - never used, and not to be read from the environment
    )


def _quiet() -> logging.Logger:
    """Bolt's warnings carry whole bodies, which belong into no log."""
    logger = logging.getLogger("slack_bolt.countersign")
    logger.setLevel(logging.ERROR)
    return logger


@dataclass(frozen=True, slots=True)
class Copies:
    """A card posted twice, because an answer of Slack was lost, is revealed by a click on the copy nobody knew of."""

    store: Store
    showing: Showing
    adopt: Adopt | None

    def may_be_one(self, click: Click) -> bool:
        return self.adopt is not None and click.delivery is not None and click.place is not None

    async def settle(self, click: Click) -> None:
        request = _about(click)
        if self.adopt is None or click.place is None or request is None:
            return
        address = {"channel": click.place.channel, "ts": click.place.ts}
        delivery = await self.store.glance(lambda reader: _card(reader, request, click.delivery))
        if delivery is None or address.items() <= delivery.address.items():
            return
        other = await self.adopt(delivery, address)
        if other and {"channel", "ts"} <= other.keys():
            await self.showing.delete(str(other["channel"]), str(other["ts"]))


def _about(click: Click) -> str | None:
    """A request that the clicked card shows."""
    if click.target is not None:
        return click.target.request
    items = read_items(click.value)
    return items[0].request if items else None


def _card(reader: Reader, request: str, id: str | None) -> Delivery | None:
    """Of a batch the row that its card carries may be another request's."""
    for each in reader.deliveries(request):
        if id in {one.id for one in reader.cards_of_batch(each)}:
            return each
    return None


@dataclass(frozen=True, slots=True)
class Listeners(AsyncMiddleware):
    """The listeners, one per kind of payload. Each is the last line: interactions end with 200 and a sentence.

    Kinds that nothing of ours can cause, like those of attachments and dialogs, are left to Bolt, which knows nobody for them.
    """

    dispatch: Dispatch
    events: Events
    afterwards: Afterwards
    copies: Copies

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - so Bolt calls it
    ) -> BoltResponse | None:
        listen = self._for(req.body)
        if listen is None:
            return await next()
        return await listen(req.body, req.context.get(PROOF))

    def _for(self, body: Mapping[str, Any]) -> Listen | None:
        match body.get("type"):
            case "block_actions":
                return self.on_action
            case "view_submission":
                return self.on_view
            case "shortcut" | "message_action":
                return self.on_shortcut
            case "event_callback":
                return self.on_event
            case _:
                return self.on_command if body.get("command") == NAME else None

    async def on_action(self, body: dict[str, Any], digest: str | None) -> BoltResponse:
        async def work() -> Acknowledgement:
            click = payload.click(body, digest)
            answer = await self.dispatch.click(click)
            if click.view_type == "home":
                self.events.homes.clicked(click.sender, read_look(click.metadata))
            if self.copies.may_be_one(click):
                self.afterwards(self.copies.settle(click))
            return answer

        return await _guarded(work)

    async def on_view(self, body: dict[str, Any], digest: str | None) -> BoltResponse:
        return await _guarded(lambda: self.dispatch.submission(payload.submission(body, digest)))

    async def on_shortcut(self, body: dict[str, Any], digest: str | None) -> BoltResponse:
        return await _guarded(lambda: self.dispatch.shortcut(payload.shortcut(body, digest)))

    async def on_command(self, body: dict[str, Any], digest: str | None) -> BoltResponse:
        return await _guarded(lambda: self.dispatch.slash(payload.slash(body, digest)))

    async def on_event(self, body: dict[str, Any], _: str | None) -> BoltResponse:
        try:
            await self.events.handle(body, payload.happening(body))
        except Malformed as malformed:
            log.warning("slack.malformed", problem=str(malformed))
        except Exception:  # the last line: 500 makes Slack send the event again
            log.exception("slack.event_failed")
            return BoltResponse(status=500, body="")
        return BoltResponse(status=200, body="")


async def _guarded(work: Callable[[], Awaitable[Acknowledgement]]) -> BoltResponse:
    try:
        body = (await work()).body
    except Malformed as malformed:
        log.warning("slack.malformed", problem=str(malformed))
        return BoltResponse(status=400, body="")
    except Exception:  # the last line: the person must not be left with Slack's own error alone
        log.exception("slack.listener_failed")
        body = {"text": f"{BROKEN}.", "response_type": "ephemeral"}
    return BoltResponse(status=200, body=dict(body) if body else "")
