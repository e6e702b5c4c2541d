"""What must be known of a channel before something is posted there: its id, and whether strangers read along."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.installed.installation import Installation
from bot.slack.installed.teams import teams_of

FRESH: Final = 600.0
AGAIN: Final = 30.0
PAGE: Final = 200


@dataclass(slots=True)
class Channels:
    """Kept for ten minutes, and forgotten when Slack says that something changed. Raises what the client raises.

    After that a channel is asked for by its id: one call, where the list of a large workspace takes dozens.
    """

    client: AsyncWebClient
    installation: Installation | None = None
    seconds: Callable[[], float] = time.monotonic
    _ids: dict[str, str] = field(default_factory=dict)
    _checked: dict[str, float] = field(default_factory=dict)
    _shared: dict[str, tuple[bool, float]] = field(default_factory=dict)
    _listed_at: float | None = None
    _reach: int = 1

    async def id_of(self, name: str) -> str | None:
        """The id of `#name`, None where the app sees no such channel."""
        plain = name.removeprefix("#")
        if plain in self._ids and self.seconds() - self._checked[plain] > FRESH:
            await self._check(plain)
        if plain not in self._ids and (self._listed_at is None or self.seconds() - self._listed_at > AGAIN):
            await self._list()
        return self._ids.get(plain)

    async def _check(self, plain: str) -> None:
        """Whether it is called so still; else the list is read anew, for another one may be by now."""
        try:
            answer = await self.client.conversations_info(channel=self._ids[plain])
        except SlackApiError as error:
            if error.response.get("error") != "channel_not_found":
                raise
            self.forget()
            return
        channel = dict(answer["channel"])
        if channel.get("name") != plain or channel.get("is_archived"):
            self.forget()
            return
        self._know(channel)
        self._checked[plain] = self.seconds()

    def known(self, name: str) -> str | None:
        """The id of `#name`, as far as it is known without asking Slack."""
        return self._ids.get(name.removeprefix("#"))

    @property
    def reaches_nothing(self) -> bool:
        """No workspace of the Enterprise organisation has been given the app yet, as far as is known."""
        return self._reach == 0

    async def is_shared(self, channel: str) -> bool:
        """Whether people of another organisation are in it, or are invited to it."""
        known = self._shared.get(channel)
        if known is None or self.seconds() - known[1] > FRESH:
            answer = await self.client.conversations_info(channel=channel)
            self._know(dict(answer["channel"]))
        return self._shared.get(channel, (True, 0.0))[0]

    def forget(self) -> None:
        """A channel was renamed, shared, moved: the next post asks anew."""
        self._ids.clear()
        self._checked.clear()
        self._shared.clear()
        self._listed_at = None

    async def _list(self) -> None:
        """An Enterprise organisation's workspaces one after the other; elsewhere the token says which.

        Of channels with one name that of the first workspace counts; another one's is named by its id.
        """
        teams: list[str | None] = [None]
        if self.installation is not None and self.installation.enterprise_wide:
            teams = [*await teams_of(self.client, self.installation)]
        found: dict[str, str] = {}
        for team in teams:
            await self._list_of(team, found)
        self._ids, self._listed_at, self._reach = found, self.seconds(), len(teams)
        self._checked = dict.fromkeys(found, self._listed_at)

    async def _list_of(self, team: str | None, found: dict[str, str]) -> None:
        cursor = ""
        while True:
            answer = await self.client.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=PAGE, cursor=cursor, team_id=team
            )
            for channel in answer.get("channels") or []:
                self._know(channel)
                found.setdefault(str(channel.get("name")), str(channel["id"]))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def _know(self, channel: dict[str, Any]) -> None:
        shared = bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))
        self._shared[str(channel["id"])] = (shared, self.seconds())
