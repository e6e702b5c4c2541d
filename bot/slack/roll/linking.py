"""Somebody says which member they are: admins are asked in their direct messages, and whoever asked hears what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.afterwards import Afterwards
from bot.slack.cards import claim, whisper
from bot.slack.drawing.drawn import Drawing
from bot.slack.roll.announcing import Announcing
from core.model.installation import Unmapped

log = structlog.get_logger()


class Linking:
    def __init__(self, client: AsyncWebClient, announcing: Announcing, afterwards: Afterwards) -> None:
        self._client = client
        self._announcing = announcing
        self._afterwards = afterwards

    def asked(self, asked: Unmapped) -> None:
        self._afterwards(self._ask_admins(asked))

    def settled(self, asked: Unmapped, said: str) -> None:
        """Tell whoever asked."""
        self._afterwards(self._say([asked.user], whisper.draw(said)))

    async def _ask_admins(self, asked: Unmapped) -> None:
        await self._say(await self._announcing.admins(asked.organisation), claim.draw(asked))

    async def _say(self, users: Sequence[str], drawing: Drawing) -> None:
        for user in users:
            try:
                await self._client.chat_postMessage(channel=user, unfurl_links=False, **drawing.as_json())
            except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as problem:
                log.warning("slack.claim_not_told", user=user, problem=type(problem).__name__)
