"""Direct messages about no request: to a member that somebody has just logged in as them, to admins what to mend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.actor import KIND
from bot.slack.afterwards import Afterwards
from bot.slack.cards import whisper
from bot.slack.installation import Installation
from core.model.organisation import Token
from core.model.people import ADMINS
from core.ports import Reader, Store

log = structlog.get_logger()

MOST: Final = 50
"""Admins told of one thing."""


class Announcing:
    """For `logins.subscribe`, and `looking_around.subscribe`."""

    def __init__(
        self, store: Store, client: AsyncWebClient, installation: Installation, afterwards: Afterwards
    ) -> None:
        self._store = store
        self._client = client
        self._installation = installation
        self._afterwards = afterwards

    def new_token(self, token: Token) -> None:
        self._afterwards(self._tell(token))

    def to_admins(self, organisation: str, said: str) -> None:
        """What somebody should mend; an organisation of another workspace hears it there."""
        if organisation == self._installation.organisation:
            self._afterwards(self._tell_admins(organisation, said))

    async def _tell(self, token: Token) -> None:
        users = await self._store.read(lambda reader: self._users(reader, token.organisation, token.member))
        await self._say(users, sentence(token))

    async def _tell_admins(self, organisation: str, said: str) -> None:
        await self._say(await self._store.read(lambda reader: self._admins(reader, organisation)), said)

    async def _say(self, users: Iterable[str], said: str) -> None:
        drawn = whisper.draw(said).as_json()
        for user in users:
            try:
                await self._client.chat_postMessage(channel=user, unfurl_links=False, **drawn)
            except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as problem:
                log.warning("slack.not_announced", user=user, problem=type(problem).__name__)

    def _admins(self, reader: Reader, organisation: str) -> list[str]:
        projects = reader.projects(organisation)
        admins = reader.roster(ADMINS, projects[0].id, MOST) if projects else frozenset[str]()
        return [user for member in sorted(admins) for user in self._users(reader, organisation, member)]

    def _users(self, reader: Reader, organisation: str, member: str) -> list[str]:
        pinned = reader.identities(organisation, member)
        return [each.user for each in pinned if each.kind == KIND and each.issuer == self._installation.issuer]


def sentence(token: Token) -> str:
    may = "read, ask and decide for you" if token.may_decide else "read and ask for you, but not decide"
    called = f" ({token.label})" if token.label else ""
    return (
        f"A terminal{called} has just logged in as you. It may {may} for 12 hours. "
        f"If that was not you, revoke token {token.id} under /v1/tokens and tell an admin."
    )
