"""Tells a member in a direct message that somebody has just logged in as them, and how to undo it."""

from __future__ import annotations

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.actor import KIND
from bot.slack.afterwards import Afterwards
from bot.slack.cards import whisper
from bot.slack.installation import Installation
from core.model.organisation import Token
from core.ports import Reader, Store

log = structlog.get_logger()


class Announcing:
    """For `logins.subscribe`."""

    def __init__(
        self, store: Store, client: AsyncWebClient, installation: Installation, afterwards: Afterwards
    ) -> None:
        self._store = store
        self._client = client
        self._installation = installation
        self._afterwards = afterwards

    def new_token(self, token: Token) -> None:
        self._afterwards(self._tell(token))

    async def _tell(self, token: Token) -> None:
        drawn = whisper.draw(sentence(token)).as_json()
        for user in await self._store.read(lambda reader: self._users(reader, token)):
            try:
                await self._client.chat_postMessage(channel=user, unfurl_links=False, **drawn)
            except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as problem:
                log.warning("slack.token_not_announced", token=token.id, problem=type(problem).__name__)

    def _users(self, reader: Reader, token: Token) -> list[str]:
        pinned = reader.identities(token.organisation, token.member)
        return [each.user for each in pinned if each.kind == KIND and each.issuer == self._installation.issuer]


def sentence(token: Token) -> str:
    may = "read, ask and decide for you" if token.may_decide else "read and ask for you, but not decide"
    called = f" ({token.label})" if token.label else ""
    return (
        f"A terminal{called} has just logged in as you. It may {may} for 12 hours. "
        f"If that was not you, revoke token {token.id} under /v1/tokens and tell an admin."
    )
