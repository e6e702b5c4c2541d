"""Keeps groups in line with the Slack user groups they follow: told by events, and by a slow look that nothing escapes.

Whoever leaves a user group is out at once, by the event alone. Whoever comes is believed only when Slack is asked, since
events may come late, twice and out of order. One call reads every user group of the workspace, members included.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.afterwards import Afterwards
from bot.slack.installed.installation import Installation
from bot.slack.installed.teams import teams_of
from bot.slack.roll.announcing import Announcing
from bot.slack.roll.directory import BUSY, Directory, wait_of
from core.administration import Administration
from core.errors import Unavailable
from core.model.mirror import Mirror
from core.model.people import Actor, Way
from core.phrases import phrase

EVERY: Final = timedelta(hours=1)
"""After so long a user group is looked at though nothing was heard of it."""

LOOK_FOR_DUE: Final = 30.0
CALLS_A_MINUTE: Final = 10
"""Half of what Slack allows of `usergroups.list` (20 a minute and more)."""

LOOKED_UP_AT_ONCE: Final = 20
"""People of user groups whom nobody is linked to, looked up in one go: `users.info` may be called 100 times a minute."""

PROBLEMS: Final[Mapping[str, str]] = {
    "missing_scope": phrase("the app may not read user groups; add the scope usergroups:read and install it again."),
    "plan_upgrade_required": phrase("this workspace's plan has no user groups; keep the group by hand instead."),
    "gone": phrase(
        "it is no longer there or is switched off in Slack; its people stay as they were. Keep it by hand instead."
    ),
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class UserGroup:
    """As Slack shows it; `users` are Slack ids."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]
    disabled: bool = False


class Mirrors:
    """Of one workspace."""

    def __init__(
        self,
        administration: Administration,
        directory: Directory,
        client: AsyncWebClient,
        installation: Installation,
        announcing: Announcing,
        afterwards: Afterwards,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._administration = administration
        self._directory = directory
        self._client = client
        self._installation = installation
        self._announcing = announcing
        self._afterwards = afterwards
        self._seconds = seconds
        self._actor = Actor("system", "slack", phrase("Slack's directory"), installation.organisation, Way.SYSTEM)
        self._heard: set[str] = set()
        self._calls: deque[float] = deque(maxlen=CALLS_A_MINUTE)
        self._not_before = 0.0
        self._looking = asyncio.Lock()

    def follows(self, user_group: str) -> str:
        """What a group's `mirrors` says of a user group of this workspace, or of this Enterprise organisation."""
        return f"{self._installation.workspace}/{user_group}"

    async def run(self) -> None:
        """Serve until cancelled."""
        while True:
            try:
                await self.look()
                await self.link_who_became_members()
                self._announcing.tell_of_unlinked()
            except Exception:  # the chore's last line: an edge must not end because one look failed
                log.exception("slack.mirrors_not_looked_at")
            await asyncio.sleep(LOOK_FOR_DUE)

    # What was heard.

    async def left(self, user_group: str, users: Iterable[str]) -> None:
        """`subteam_members_changed` told who went; who came is looked at afterwards."""
        gone = frozenset(map(str, users))
        for mirror in await self._of(user_group) if gone else ():
            await self._administration.mirrors.gone(self._actor, mirror.group.id, gone)
        self.nudge(user_group)

    async def changed(self, user_group: str, users: Sequence[str] | None) -> None:
        """`subteam_updated` tells who is in it now (None: it does not say)."""
        for mirror in await self._of(user_group):
            if users is not None:
                known = await self._administration.mirrors.users(mirror.group.id)
                gone = sorted(known - set(users))
                if gone:
                    await self._administration.mirrors.gone(self._actor, mirror.group.id, gone)
        self.nudge(user_group)

    def nudge(self, user_group: str = "") -> None:
        """Look soon: at this one, and at any that was never looked at."""
        self._heard |= {user_group} - {""}
        self._afterwards(self.look())

    async def _of(self, user_group: str) -> list[Mirror]:
        return [mirror for mirror in await self._here() if self._part(mirror) == user_group]

    async def _here(self) -> list[Mirror]:
        """Those that follow user groups of this workspace.

        Where the whole Enterprise organisation has the app, also of its workspaces that had it for themselves before.
        """
        mine, followed = (
            self._installation,
            await self._administration.mirrors.followed(self._installation.organisation),
        )
        places = {mine.workspace}
        if mine.enterprise_wide:
            every = await self._administration.installations.all()
            places |= {one.workspace for one in every if one.enterprise == mine.enterprise and not one.is_active}
        return [mirror for mirror in followed if mirror.follows.partition("/")[0] in places]

    # Looking.

    async def look(self) -> None:
        """Bring in line whatever was heard of or not looked at for long; waits for nothing, the next look goes on."""
        async with self._looking:
            heard, self._heard = self._heard, set()  # what is heard while Slack is asked is asked again
            due = await self._due(heard)
            if due and not (self._may_call() and await self._bring_in_line(due)):
                self._heard |= heard
        await self._administration.looking_around.catch_up()

    async def _due(self, heard: AbstractSet[str]) -> list[Mirror]:
        here = await self._here()
        late = await self._administration.now() - EVERY
        return [one for one in here if one.looked_at is None or one.looked_at < late or self._part(one) in heard]

    def _part(self, mirror: Mirror) -> str:
        return mirror.follows.partition("/")[2]

    def _may_call(self) -> bool:
        now = self._seconds()
        if now < self._not_before or (len(self._calls) == CALLS_A_MINUTE and now - self._calls[0] < 60):
            return False
        self._calls.append(now)
        return True

    async def _bring_in_line(self, due: Sequence[Mirror]) -> bool:
        """False where Slack did not tell."""
        try:
            found = {one.id: one for one in await self._all()}
        except SlackApiError as error:
            await self._refused(due, error)
            return False
        except (aiohttp.ClientError, OSError, TimeoutError) as trouble:
            log.warning("slack.user_groups_not_read", problem=type(trouble).__name__)
            return False
        for mirror in due:
            one = found.get(self._part(mirror))
            if one is None or one.disabled:
                await self._failed(mirror, PROBLEMS["gone"])
            else:
                await self._take_over(mirror, one)
        return True

    async def _take_over(self, mirror: Mirror, one: UserGroup) -> None:
        change = await self._administration.mirrors.seen(
            self._actor, mirror.group.id, self._installation.issuer, one.users, one.handle
        )
        if change.name is not None:
            self._tell(
                phrase(
                    "The Slack user group @{group} is called @{change} now, and so is the group here.",
                    group=mirror.group.name,
                    change=change.name,
                )
            )
        organisation = self._installation.organisation
        await self.look_up(await self._administration.mirrors.unknown(organisation, mirror.group.id))

    async def link_who_became_members(self) -> None:
        """Somebody who was nobody when they clicked is linked soon after an admin has added them."""
        organisation, issuer = self._installation.organisation, self._installation.issuer
        await self.look_up(await self._administration.identities.linkable(organisation, issuer, LOOKED_UP_AT_ONCE))

    async def look_up(self, users: Iterable[str]) -> None:
        """Link those who can be, and remember of the others what stands in the way."""
        for user in sorted(users)[:LOOKED_UP_AT_ONCE]:
            try:
                await self._directory.look_up(user)
            except Unavailable:
                return

    async def _refused(self, due: Sequence[Mirror], error: SlackApiError) -> None:
        reason = str(error.response.get("error"))
        if reason in BUSY:
            self._not_before = self._seconds() + wait_of(error)
            return
        log.warning("slack.user_groups_not_read", reason=reason)
        for mirror in due if reason in PROBLEMS else ():
            await self._failed(mirror, PROBLEMS[reason])

    async def _failed(self, mirror: Mirror, problem: str) -> None:
        if await self._administration.mirrors.failed(self._actor, mirror.group.id, problem):
            self._tell(
                phrase(
                    "@{group} cannot follow its Slack user group: {problem}", group=mirror.group.name, problem=problem
                )
            )

    def _tell(self, said: str) -> None:
        self._announcing.to_admins(self._installation.organisation, said)

    # For whoever sets one up.

    async def called(self, wanted: str) -> UserGroup | None:
        """A user group of the workspace by id or handle. `Unavailable` says why Slack did not tell."""
        try:
            found = await self._all()
        except SlackApiError as error:
            reason = str(error.response.get("error"))
            said = PROBLEMS.get(reason, phrase("Slack did not tell; try again in a minute."))
            raise Unavailable(phrase("The user groups cannot be read: {said}", said=said)) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unavailable(
                phrase("Slack could not be reached; nothing was changed. Try again in a minute.")
            ) from error
        plain = wanted.removeprefix("@").lower()
        return next((one for one in found if not one.disabled and plain in (one.id.lower(), one.handle.lower())), None)

    async def _all(self) -> list[UserGroup]:
        found: list[UserGroup] = []
        for team in await teams_of(self._client, self._installation):
            answer = await self._client.usergroups_list(include_users=True, include_disabled=True, team_id=team)
            found += [_user_group(one) for one in answer.get("usergroups") or []]
        return found


def _user_group(one: Mapping[str, Any]) -> UserGroup:
    users = tuple(user for user in one.get("users") or () if isinstance(user, str))
    handle, name = str(one.get("handle") or ""), str(one.get("name") or "")
    return UserGroup(str(one.get("id") or ""), handle, name or handle, users, bool(one.get("date_delete")))
