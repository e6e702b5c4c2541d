"""Somebody says which member they are: admins are asked in their direct messages. Or somebody is named: Slack is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.slack.afterwards import Afterwards
from bot.slack.cards import claim
from bot.slack.people.vetting import Unfit
from bot.slack.roll.announcing import Announcing
from bot.slack.roll.directory import Directory
from core.errors import Unavailable
from core.model.installation import Unmapped
from core.model.organisation import Member


class Linking:
    def __init__(self, announcing: Announcing, directory: Directory, afterwards: Afterwards) -> None:
        self._announcing = announcing
        self._directory = directory
        self._afterwards = afterwards

    def asked(self, asked: Unmapped) -> None:
        self._afterwards(self._ask_admins(asked))

    def named(self, user: str) -> None:
        """Somebody nobody is linked to was mentioned: whoever is a member by now is linked after the acknowledgement."""
        self._afterwards(self._link(user))

    async def who(self, user: str) -> Mapping[str, Any] | None:
        """As Slack shows them; never before the acknowledgement. `Unavailable` where Slack does not tell."""
        return await self._directory.ask(user)

    async def link(self, seen: Mapping[str, Any]) -> Member | Unfit:
        return await self._directory.settle(seen)

    async def _link(self, user: str) -> None:
        try:
            seen = await self.who(user)
        except Unavailable:
            return
        if seen is not None:
            await self.link(seen)

    async def _ask_admins(self, asked: Unmapped) -> None:
        await self._announcing.say(await self._announcing.admins(asked.organisation), lambda: claim.draw(asked))
