"""Somebody says which member they are: admins are asked in their direct messages, and whoever asked hears what came of it."""

from __future__ import annotations

from bot.slack.afterwards import Afterwards
from bot.slack.cards import claim, whisper
from bot.slack.roll.announcing import Announcing
from core.model.installation import Unmapped
from core.phrases import again


class Linking:
    def __init__(self, announcing: Announcing, afterwards: Afterwards) -> None:
        self._announcing = announcing
        self._afterwards = afterwards

    def asked(self, asked: Unmapped) -> None:
        self._afterwards(self._ask_admins(asked))

    def settled(self, asked: Unmapped, said: str) -> None:
        """Tell whoever asked."""
        self._afterwards(self._announcing.say([asked.user], lambda: whisper.draw(again(said))))

    async def _ask_admins(self, asked: Unmapped) -> None:
        await self._announcing.say(await self._announcing.admins(asked.organisation), lambda: claim.draw(asked))
