"""Somebody says which member they are: admins are asked in their direct messages."""

from __future__ import annotations

from bot.slack.afterwards import Afterwards
from bot.slack.cards import claim
from bot.slack.roll.announcing import Announcing
from core.model.installation import Unmapped


class Linking:
    def __init__(self, announcing: Announcing, afterwards: Afterwards) -> None:
        self._announcing = announcing
        self._afterwards = afterwards

    def asked(self, asked: Unmapped) -> None:
        self._afterwards(self._ask_admins(asked))

    async def _ask_admins(self, asked: Unmapped) -> None:
        await self._announcing.say(await self._announcing.admins(asked.organisation), lambda: claim.draw(asked))
