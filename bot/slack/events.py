"""Events of Slack: somebody opens Home, joins, changes, mentions us; a channel moves. Failing, Slack sends them again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.languages import speaking_to
from bot.slack import inbox
from bot.slack.afterwards import Afterwards
from bot.slack.cards import help as help_card
from bot.slack.cards import home
from bot.slack.dispatch import Dispatch
from bot.slack.entrance.payload import Happening, Sender
from bot.slack.homes import Homes
from bot.slack.inbox import Drawn
from bot.slack.installed.channels import Channels
from bot.slack.look import EVERYTHING, Look
from bot.slack.people.vetting import Unfit
from bot.slack.replies import Replies
from bot.slack.roll.away import Away
from bot.slack.roll.directory import Directory
from bot.slack.roll.mirrors import Mirrors
from bot.slack.room import Room
from bot.slack.showing import Showing
from bot.slack.steps import Steps
from core.errors import ApprovalError
from core.model.installation import InstallState
from core.model.organisation import Member

On = Callable[[Happening], Awaitable[None]]

REMEMBERED: Final = 2_000

DEAD: Final = frozenset({"account_inactive", "invalid_auth", "token_revoked", "team_not_found"})
"""What Slack says of a token that was taken back (docs.slack.dev, auth.test)."""

OUTLET: Final = "slack"
"""The word of the outlet whose cards stand in channels."""

log = structlog.get_logger()


class Events:
    """`handlers` names every event the manifest asks for."""

    def __init__(
        self,
        room: Room,
        dispatch: Dispatch,
        *,
        directory: Directory,
        mirrors: Mirrors,
        channels: Channels,
        showing: Showing,
        client: AsyncWebClient,
        afterwards: Afterwards,
    ) -> None:
        self._room = room
        self._dispatch = dispatch
        self._directory = directory
        self._mirrors = mirrors
        self._channels = channels
        self._showing = showing
        self._client = client
        self._afterwards = afterwards
        self._away = Away(room.store, room.administration, client)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._steps = Steps(room, client, afterwards)
        self._replies = Replies(room, dispatch, client, afterwards)
        self.homes = Homes(room.store, self.home_of, showing.publish)
        showing.show_home = self.homes.show
        self.handlers: Mapping[str, On] = {
            "app_home_opened": self._home_opened,
            "app_uninstalled": self._uninstalled,
            "tokens_revoked": self._revoked,
            "app_mention": self._mentioned,
            "message": self._written,
            "function_executed": self._step_executed,
            "team_access_granted": self._workspaces_came,
            "team_access_revoked": self._workspaces_went,
            "team_join": self._person_changed,
            "user_change": self._person_changed,
            "subteam_created": self._user_group_changed,
            "subteam_updated": self._user_group_changed,
            "subteam_members_changed": self._user_group_left,
            "channel_rename": self._channel_changed,
            "group_rename": self._channel_changed,
            "channel_id_changed": self._channel_changed,
            "channel_shared": self._sharing_changed,
            "channel_unshared": self._sharing_changed,
        }

    async def handle(self, body: Mapping[str, Any], happening: Happening) -> None:
        """At most once per event id in this process; what comes twice elsewhere is harmless."""
        handler = self.handlers.get(happening.kind)
        id = str(body.get("event_id") or "")
        if handler is None or id in self._known:
            return
        await handler(happening)
        self._known[id] = None
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def home_of(self, sender: Sender, look: Look = EVERYTHING) -> Drawn:
        """What this person's Home shows now."""
        try:
            found = await self._dispatch.who_is(sender)
            if isinstance(found, Unfit):
                return Drawn(home.unmapped(found.sentence))
            with speaking_to(found.locale):
                return await inbox.drawn(self._room, found, look)
        except ApprovalError as error:
            return Drawn(home.unmapped(error.sentence))

    async def _home_opened(self, happening: Happening) -> None:
        if happening.sender is not None and happening.event.get("tab") == "home":
            self._afterwards(self.homes.show(happening.sender))

    async def _person_changed(self, happening: Happening) -> None:
        """Settled before the acknowledgement: an event that failed comes again."""
        user = happening.event.get("user")
        if isinstance(user, Mapping):
            found = await self._directory.settle(user)
            if isinstance(found, Member):
                self._afterwards(self._away.look(found, user))
            self._afterwards(self._room.administration.looking_around.catch_up())

    async def _user_group_changed(self, happening: Happening) -> None:
        """Who left is out before the acknowledgement."""
        found = happening.event.get("subteam")
        if isinstance(found, Mapping):
            users = found.get("users")
            await self._mirrors.changed(str(found.get("id") or ""), users if isinstance(users, list) else None)

    async def _user_group_left(self, happening: Happening) -> None:
        gone = happening.event.get("removed_users")
        await self._mirrors.left(str(happening.event.get("subteam_id") or ""), gone if isinstance(gone, list) else ())

    async def _channel_changed(self, _happening: Happening) -> None:
        self._channels.forget()

    async def _sharing_changed(self, happening: Happening) -> None:
        """Others read along from now on, or no longer: cards that stand there show more or less."""
        self._channels.forget()
        channel = str(happening.event.get("channel") or "")
        organisation = self._room.installation.organisation
        if channel.isalnum():
            await self._room.store.transact(lambda tx: tx.draw_again(organisation, OUTLET, channel), chore=True)

    async def _uninstalled(self, happening: Happening) -> None:
        await self._gone(happening, InstallState.UNINSTALLED)

    async def _revoked(self, happening: Happening) -> None:
        """Of people's own tokens we have none."""
        tokens = happening.event.get("tokens")
        if isinstance(tokens, Mapping) and tokens.get("bot"):
            await self._gone(happening, InstallState.REVOKED)

    async def _gone(self, happening: Happening, state: InstallState) -> None:
        """Ended is whom it is about: word of one workspace may reach its whole organisation, and the other way round.

        Then the token says whether it lives. It is asked after the acknowledgement.
        """
        if self._room.installation.enterprise_wide == happening.wide:
            await self._ended(happening, state)
        else:
            self._afterwards(self._ended_if_dead(happening, state))

    async def _ended_if_dead(self, happening: Happening, state: InstallState) -> None:
        try:
            await self._client.auth_test()
        except SlackApiError as error:
            if error.response.get("error") in DEAD:
                await self._ended(happening, state)
        except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
            log.warning("slack.token_not_tried", problem=type(trouble).__name__)

    async def _ended(self, happening: Happening, state: InstallState) -> None:
        """What stood where its whole organisation still has the app is posted there anew."""
        here = self._room.installation
        gone = await self._room.administration.installations.ended(here.workspace, state, since=happening.at)
        if gone is None:
            return
        others = await self._room.store.read(lambda reader: reader.installations(here.organisation))
        if any(one.is_active and one.enterprise_wide and one.enterprise == here.enterprise for one in others):
            await self._room.store.transact(
                lambda tx: tx.draw_again(here.organisation, OUTLET, here.workspace), chore=True
            )

    async def _workspaces_came(self, _happening: Happening) -> None:
        """Workspaces of the Enterprise organisation were given the app: their people and channels are there now."""
        self._channels.forget()
        self._afterwards(self._learn())

    async def _workspaces_went(self, _happening: Happening) -> None:
        """Their cards find other places as they change; their people stay members."""
        self._channels.forget()

    async def _learn(self) -> None:
        organisation = self._room.installation.organisation
        await self._room.store.transact(lambda tx: tx.wake_deliveries(organisation), chore=True)
        try:
            await self._directory.sync()
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as trouble:
            log.warning("slack.directory_not_synced", problem=type(trouble).__name__)

    async def _step_executed(self, happening: Happening) -> None:
        await self._steps.executed(happening)

    async def _mentioned(self, happening: Happening) -> None:
        """In a channel. A mention in our own conversation arrives as a message too."""
        channel = str(happening.event.get("channel") or "")
        if not channel.startswith("D"):
            self._help(channel, happening.event)

    async def _written(self, happening: Happening) -> None:
        """By a person: in our own conversation, or under a card, where an answer counts."""
        event = happening.event
        if event.get("subtype") or event.get("bot_id"):
            return
        if event.get("channel_type") == "im":
            self._help(str(event.get("channel") or ""), event)
        elif happening.sender is not None and event.get("thread_ts"):
            await self._replies.written(happening.sender, event)

    def _help(self, channel: str, event: Mapping[str, Any]) -> None:
        if channel and event.get("user") != self._room.installation.bot_user:
            self._afterwards(self._post_help(channel, str(event.get("thread_ts") or event.get("ts") or "")))

    async def _post_help(self, channel: str, thread: str) -> None:
        drawing = help_card.greeting()
        thread_ts = None if channel.startswith("D") else thread or None
        try:
            await self._client.chat_postMessage(
                channel=channel, text=drawing.text, blocks=drawing.blocks, thread_ts=thread_ts
            )
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("slack.help_not_posted", problem=type(error).__name__)
