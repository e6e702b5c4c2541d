"""Pins Slack users to members ahead of time: at start-up, nightly, when somebody joins or changes; un-pins as well.

Whoever is not pinned yet is looked up after their first click is acknowledged. What decides is in `vetting`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.installed.installation import Installation
from bot.slack.installed.teams import teams_of
from bot.slack.people.actor import KIND
from bot.slack.people.vetting import SENTENCES, Fit, Unfit, called, unfit, vet
from bot.slack.roll.announcing import Announcing
from core.administration import Administration
from core.errors import Conflict, Unavailable
from core.model.installation import Unmapped
from core.model.organisation import Identity, Member
from core.model.people import Actor, Role, Way
from core.phrases import phrase
from core.ports import Reader, Store

PAGE: Final = 200
UNPINS: Final = frozenset(SENTENCES) - {"inactive", "not_member", "two_users"}
"""What in Slack takes a link away; these three are about our own members."""

EPOCH: Final = datetime.fromtimestamp(0, UTC)
"""Stands for a moment that the office says itself."""

BUSY: Final = frozenset({"ratelimited", "rate_limited"})
GONE: Final = frozenset({"user_not_found", "user_not_visible", "users_not_found"})

log = structlog.get_logger()


class Directory:
    """`admins` are e-mails that become admins when first mapped; of `domains` everybody may join as requester.

    Where none is listed, the workspace's primary owner is one, if `owner_is_admin`: never where a workspace joined others.
    """

    def __init__(  # noqa: PLR0913 - each is named once, by build
        self,
        store: Store,
        administration: Administration,
        client: AsyncWebClient,
        installation: Installation,
        *,
        announcing: Announcing,
        admins: Collection[str] = (),
        domains: Collection[str] = (),
        owner_is_admin: bool = True,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rest = rest
        self._store = store
        self._announcing = announcing
        self._administration = administration
        self._client = client
        self._installation = installation
        self._owner_is_admin = owner_is_admin
        self._admins = frozenset(address.strip().lower() for address in admins)
        self._domains = frozenset(domain.strip().lower().lstrip("@") for domain in domains)
        self._actor = Actor("system", "slack", phrase("Slack's directory"), installation.organisation, Way.SYSTEM)

    async def look_up(self, user: str) -> Member | Unfit:
        """Ask Slack who this is, and pin them if everything fits."""
        seen = await self.ask(user)
        if seen is None:
            return await self._missed(unfit(user, "unknown"), {})
        found = await self.settle(seen)
        return await self._missed(found, seen) if isinstance(found, Unfit) else found

    async def ask(self, user: str) -> Mapping[str, Any] | None:
        """Slack's user object; None where it knows nobody of that id. `Unavailable` where it does not tell."""
        try:
            answer = await self._client.users_info(user=user, include_locale=True)
        except SlackApiError as error:
            if error.response.get("error") in GONE:
                return None
            raise Unavailable(
                phrase("Slack did not tell us who you are; nothing was changed. Try again in a minute.")
            ) from error
        except (OSError, TimeoutError) as error:
            raise Unavailable(
                phrase("Slack could not be reached; nothing was changed. Try again in a minute.")
            ) from error
        return dict(answer["user"])

    async def settle(self, user: Mapping[str, Any]) -> Member | Unfit:
        """Bring our link in line with Slack's user object: pin, keep or un-pin."""
        found = vet(user, self._installation)
        pinned = await self._pinned(found.user)
        settled: Member | Unfit = found if isinstance(found, Unfit) else await self._linked(found, pinned)
        if not isinstance(settled, Unfit):
            await self._profiled(settled, user)
            return settled
        if pinned is not None and settled.reason in UNPINS:
            await self._unpin(pinned, settled.reason)
        if pinned is not None or await self._is_noted(found.user):
            await self._missed(settled, user)
        return settled

    async def _profiled(self, member: Member, user: Mapping[str, Any]) -> None:
        """What the profile says of how to speak to them."""
        zone, locale = (text if isinstance(text := user.get(name), str) else None for name in ("tz", "locale"))
        await self._administration.preferences.note_profile(member.organisation, member.id, zone, locale)

    async def _linked(self, found: Fit, pinned: Identity | None) -> Member | Unfit:
        return await self._propose(found) if pinned is None else await self._keep(pinned, found)

    async def sync(self) -> int:
        """Everybody of the workspace; says how many are linked. A twice-used address links nobody by itself."""
        users = [user async for user in self._everybody()]
        fits = [found for user in users if isinstance(found := vet(user, self._installation), Fit)]
        addresses = Counter(fit.email for fit in fits)
        twins = {fit.user for fit in fits if addresses[fit.email] > 1}
        linked = 0
        for user in users:
            if user.get("id") in twins and await self._pinned(str(user["id"])) is None:
                log.warning("slack.two_users_with_one_address", user=user.get("id"))
                continue
            linked += not isinstance(await self.settle(user), Unfit)
        return linked

    async def _everybody(self) -> AsyncIterator[Mapping[str, Any]]:
        """Each person once, in however many workspaces of an Enterprise organisation they are."""
        seen: set[object] = set()
        for team in await teams_of(self._client, self._installation):
            async for user in self._everybody_of(team):
                if user.get("id") not in seen:
                    seen.add(user.get("id"))
                    yield user

    async def _everybody_of(self, team: str) -> AsyncIterator[Mapping[str, Any]]:
        cursor = ""
        while True:
            answer = await self._page(team, cursor)
            for user in answer.get("members") or []:
                yield user
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _page(self, team: str, cursor: str) -> AsyncSlackResponse:
        """A large workspace has more pages than Slack gives in a minute: the same page again when it says so."""
        while True:
            try:
                return await self._client.users_list(limit=PAGE, cursor=cursor, team_id=team, include_locale=True)
            except SlackApiError as error:
                if error.response.get("error") not in BUSY:
                    raise
                await self._rest(wait_of(error))

    # One user.

    async def _keep(self, pinned: Identity, found: Fit) -> Member | Unfit:
        """A changed address un-pins; the next proposal is judged as if new."""
        if pinned.email != found.email:
            return unfit(found.user, "email_changed")
        member = await self._store.read(lambda reader: reader.member(pinned.organisation, pinned.member))
        if member is None:
            return unfit(found.user, "not_member")
        return member if member.active else unfit(found.user, "inactive")

    async def _propose(self, found: Fit) -> Member | Unfit:
        member = await self._store.read(lambda reader: reader.member_by_email(self._organisation, found.email))
        if member is None:
            member = await self._admit(found)
        if member is None:
            return unfit(found.user, "not_member")
        if not member.active:
            return unfit(found.user, "inactive")
        if await self._is_taken(member, found):
            return unfit(found.user, "two_users")
        return await self._pin(member, found)

    async def _admit(self, found: Fit) -> Member | None:
        """Listed admins, and those of an allowed domain, become members by themselves."""
        roles = (Role.ADMIN,) if self._is_admin(found) else (Role.REQUESTER,)
        if not self._is_admin(found) and found.email.partition("@")[2] not in self._domains:
            return None
        try:
            return await self._administration.members.add(self._actor, found.email, found.name, roles=roles)
        except Conflict:  # another replica was quicker
            return await self._store.read(lambda reader: reader.member_by_email(self._organisation, found.email))

    def _is_admin(self, found: Fit) -> bool:
        by_owning = self._owner_is_admin and not self._admins and found.owner
        return found.email in self._admins or by_owning

    async def _is_taken(self, member: Member, found: Fit) -> bool:
        """Exactly one Slack user per member."""
        pinned = await self._store.read(lambda reader: reader.identities(self._organisation, member.id))
        mine = (KIND, self._installation.issuer)
        return any((one.kind, one.issuer) == mine and one.user != found.user for one in pinned)

    async def _pin(self, member: Member, found: Fit) -> Member | Unfit:
        try:
            await self._administration.identities.pin(
                self._actor, KIND, self._installation.issuer, found.user, member.id
            )
        except Conflict:  # perhaps another replica was quicker
            there = await self._pinned(found.user)
            return member if there is not None and there.member == member.id else unfit(found.user, "two_users")
        if self._is_admin(found):
            await self._make_admin(member)
        log.info("slack.linked", user=found.user, member=member.id)
        return member

    async def _make_admin(self, member: Member) -> None:
        def is_admin(reader: Reader) -> bool:
            return Role.ADMIN in reader.roles(self._organisation, member.id, None)

        if not await self._store.read(is_admin):
            await self._administration.grants.give(self._actor, member.id, Role.ADMIN)

    async def _pinned(self, user: str) -> Identity | None:
        found = await self._store.read(lambda reader: reader.identity(KIND, self._installation.issuer, user))
        return found if found is not None and found.organisation == self._organisation else None

    async def _unpin(self, identity: Identity, reason: str) -> None:
        """The person hears why and what to do, the admins whom to look after."""
        log.info("slack.unlinked", user=identity.user, member=identity.member, reason=reason)
        await self._administration.identities.unpin(self._actor, identity.id)
        member = await self._store.read(lambda reader: reader.member(identity.organisation, identity.member))
        self._announcing.unlinked(identity, "somebody" if member is None else member.name, reason)

    async def _missed(self, found: Unfit, user: Mapping[str, Any]) -> Unfit:
        """Remember who could not be linked, and why, for those who look after it."""
        issuer, (name, email) = self._installation.issuer, called(user)
        seen = Unmapped(self._organisation, issuer, found.user, name, email, found.reason, None, EPOCH)
        await self._administration.identities.note_unmapped(seen)
        return found

    async def _is_noted(self, user: str) -> bool:
        issuer = self._installation.issuer
        known = await self._store.read(lambda reader: reader.unmapped_user(self._organisation, issuer, user))
        return known is not None

    @property
    def _organisation(self) -> str:
        return self._installation.organisation


def wait_of(error: SlackApiError) -> float:
    """Seconds Slack wants to be left alone."""
    headers = {str(name).lower(): value for name, value in error.response.headers.items()}
    said = str(headers.get("retry-after", ""))
    return float(said) if said.isdecimal() else 60.0
