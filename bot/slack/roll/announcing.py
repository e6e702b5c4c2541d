"""Direct messages about no request: to a member that somebody has just logged in as them, to admins what to mend."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.languages import speaking_to
from bot.slack.afterwards import Afterwards
from bot.slack.cards import whisper
from bot.slack.drawing.drawn import Drawing
from bot.slack.installed.installation import Installation
from bot.slack.people.actor import KIND
from bot.slack.people.profile import profile_locale
from bot.slack.people.vetting import OTHERWISE_UNLINKED, REASONS, UNLINKED
from core.administration.delegations import Given
from core.model.organisation import Identity, Token
from core.model.people import ADMINS
from core.phrases import again, phrase
from core.ports import Reader, Store
from core.scheduling.calendar import WorkingTime, working_time
from core.scheduling.moments import say_moment

log = structlog.get_logger()

MOST: Final = 50
"""Admins told of one thing."""

QUIET: Final = 20.0
"""Seconds between two messages about people who lost their link: a company that changes its addresses is one message."""

NAMED: Final = 5


class Announcing:
    """For `logins.subscribe`, and `looking_around.subscribe`."""

    def __init__(
        self,
        store: Store,
        client: AsyncWebClient,
        installation: Installation,
        afterwards: Afterwards,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._client = client
        self._installation = installation
        self._afterwards = afterwards
        self._seconds = seconds
        self._waiting: list[tuple[str, str]] = []
        self._told_at = -QUIET

    def new_token(self, token: Token) -> None:
        self._afterwards(self._tell(token))

    def delegated(self, given: Given) -> None:
        """Whoever decides for somebody from now on, or no longer, hears of it."""
        self._afterwards(self._tell_of(given))

    async def _tell_of(self, given: Given) -> None:
        one = given.delegation
        taker = await self._store.read(lambda reader: self._users(reader, one.organisation, one.taker))
        zone = await self._store.read(lambda reader: reader.preferences(one.organisation, one.taker))
        await self.say(taker, lambda: whisper.draw(delegated_said(given, working_time(zone))))

    def unlinked(self, identity: Identity, name: str, reason: str) -> None:
        """Somebody's link was taken away: they hear what to do, admins whom to look after."""
        if reason not in ("deleted", "unknown", "bot"):
            said = phrase(UNLINKED.get(reason, OTHERWISE_UNLINKED), name=name)
            self._afterwards(self.say([identity.user], lambda: whisper.draw(again(said))))
        self._waiting.append((name, reason))
        if self._seconds() - self._told_at >= QUIET:
            self.tell_of_unlinked()

    def tell_of_unlinked(self) -> None:
        """One message for all who lost their link since the last one."""
        gone, self._waiting = self._waiting, []
        if gone:
            self._told_at = self._seconds()
            self._afterwards(self._tell_admins(self._installation.organisation, lambda: unlinked_said(gone)))

    def to_admins(self, organisation: str, said: str) -> None:
        """What somebody should mend; an organisation of another workspace hears it there."""
        if organisation == self._installation.organisation:
            self._afterwards(self._tell_admins(organisation, lambda: again(said)))

    async def _tell(self, token: Token) -> None:
        users = await self._store.read(lambda reader: self._users(reader, token.organisation, token.member))
        await self.say(users, lambda: whisper.draw(sentence(token)))

    async def _tell_admins(self, organisation: str, say: Callable[[], str]) -> None:
        await self.say(await self.admins(organisation), lambda: whisper.draw(say()))

    async def admins(self, organisation: str) -> list[str]:
        """Their Slack ids."""
        return await self._store.read(lambda reader: self._admins(reader, organisation))

    async def say(self, users: Iterable[str], draw: Callable[[], Drawing]) -> None:
        """To each in their own language."""
        for user in users:
            with speaking_to(await self._locale(user)):
                drawn = draw().as_json()
            try:
                await self._client.chat_postMessage(channel=user, unfurl_links=False, **drawn)
            except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as problem:
                log.warning("slack.not_announced", user=user, problem=type(problem).__name__)

    async def _locale(self, user: str) -> str | None:
        """What they chose, or their profile says; of whoever nobody is linked to, or was so only now, Slack knows it."""
        linked = await self._store.read(lambda reader: reader.linked(KIND, self._installation.issuer, user))
        return linked[1] if linked is not None and linked[1] is not None else await profile_locale(self._client, user)

    def _admins(self, reader: Reader, organisation: str) -> list[str]:
        projects = reader.projects(organisation)
        admins = reader.roster(ADMINS, projects[0].id, MOST) if projects else frozenset[str]()
        return [user for member in sorted(admins) for user in self._users(reader, organisation, member)]

    def _users(self, reader: Reader, organisation: str, member: str) -> list[str]:
        pinned = reader.identities(organisation, member)
        return [each.user for each in pinned if each.kind == KIND and each.issuer == self._installation.issuer]


def sentence(token: Token) -> str:
    may = phrase("read, ask and decide for you") if token.may_decide else phrase("read and ask for you, but not decide")
    called = f" ({token.label})" if token.label else ""
    return phrase(
        "A terminal{called} has just logged in as you. It may {may} for 12 hours. "
        "If that was not you, revoke token {id} under /v1/tokens and tell an admin.",
        called=called,
        may=may,
        id=token.id,
    )


def unlinked_said(gone: Sequence[tuple[str, str]]) -> str:
    """For admins, with what to do."""
    named = "; ".join(f"{name} ({REASONS[reason]})" for name, reason in gone[:NAMED])
    more = phrase("; and {count} more", count=len(gone) - NAMED) if len(gone) > NAMED else ""
    return phrase(
        "No longer linked to Slack, and so out of every decision: {named}{more}. "
        "Whoever needs your care stands under /countersign members unmapped.",
        named=named,
        more=more,
    )


def delegated_said(given: Given, working: WorkingTime) -> str:
    """For the delegate."""
    if given.delegation.ended_at is not None:
        return phrase("You no longer decide for {giver}; the delegation was stopped.", giver=given.giver)
    where = phrase("in {project}", project=given.project) if given.project else phrase("in all projects")
    return phrase(
        "{giver} has asked you to decide for them {where}, from {starts} until {until}. What waits for them waits for you, "
        "too; you cannot pass it on. /countersign delegate show lists it, and you can stop it there.",
        giver=given.giver,
        where=where,
        starts=say_moment(given.delegation.starts_at, working),
        until=say_moment(given.delegation.until, working),
    )
