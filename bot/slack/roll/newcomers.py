"""Links members soon after they were added, or given another address: by that address, one call of Slack for each.

Whoever adds them, here, on another replica or on the host's command line, writes so into the organisation's ledger, which
is read on from where it stood at the start: until then the whole directory is looked through anyway.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.installed.installation import Installation
from bot.slack.people.actor import KIND
from bot.slack.roll.directory import BUSY, GONE, Directory, wait_of
from core.errors import Unavailable
from core.model.organisation import Member
from core.ports import Reader, Store

LOOK_EVERY: Final = 30.0
CALLS_A_MINUTE: Final = 40
"""Of `users.lookupByEmail` Slack allows 50 and more (docs.slack.dev, tier 3)."""

PAGE: Final = 500
WORDS: Final = frozenset({"member_added", "member_changed"})

log = structlog.get_logger()


class Newcomers:
    """Of one workspace. `nudge` is for `members.subscribe`, from whatever thread."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        client: AsyncWebClient,
        installation: Installation,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._directory = directory
        self._client = client
        self._installation = installation
        self._seconds = seconds
        self._read_to: int | None = None
        self._waiting: dict[str, None] = {}
        self._calls: deque[float] = deque(maxlen=CALLS_A_MINUTE)
        self._not_before = 0.0
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def nudge(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def begin(self) -> None:
        """Whoever was added before is the directory's to find."""
        if self._read_to is None:
            owner = self._installation.organisation
            self._read_to = await self._store.read(lambda reader: reader.ledger_head(owner).seq)

    async def run(self) -> None:
        """Serve until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._woken.clear()
            try:
                await self.look()
            except Exception:  # the chore's last line: an edge must not end because one look failed
                log.exception("slack.newcomers_not_looked_for")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._woken.wait()

    async def look(self) -> None:
        """Whoever Slack did not tell of stays for the next look."""
        await self.begin()
        await self._read_on()
        for id in list(self._waiting):
            member = await self._store.read(lambda reader, id=id: self._unlinked(reader, id))  # type: ignore[misc]
            if member is not None and not await self._link(member):
                return
            self._waiting.pop(id, None)

    async def _read_on(self) -> None:
        """Whose name alone changed is linked already, or was not found before and is asked for once more."""
        owner = self._installation.organisation
        while True:
            after = self._read_to or 0
            rows = await self._store.read(lambda reader, after=after: reader.ledger(owner, after=after, limit=PAGE))  # type: ignore[misc]
            named = (row.payload.get("member") for row in rows if row.word in WORDS and row.payload is not None)
            self._waiting |= dict.fromkeys(str(one) for one in named if one)
            self._read_to = rows[-1].seq if rows else after
            if len(rows) < PAGE:
                return

    def _unlinked(self, reader: Reader, id: str) -> Member | None:
        mine = (KIND, self._installation.issuer)
        member = reader.member(self._installation.organisation, id)
        if member is None or not member.active:
            return None
        pinned = reader.identities(member.organisation, member.id)
        return None if any((one.kind, one.issuer) == mine for one in pinned) else member

    async def _link(self, member: Member) -> bool:
        """False where Slack did not tell."""
        if not self._may_call():
            return False
        try:
            answer = await self._client.users_lookupByEmail(email=member.email)
            await self._directory.look_up(str(answer["user"]["id"]))
        except SlackApiError as error:
            return self._refused(error)
        except (aiohttp.ClientError, OSError, TimeoutError, Unavailable) as trouble:
            log.warning("slack.member_not_looked_up", member=member.id, problem=type(trouble).__name__)
            return False
        return True

    def _refused(self, error: SlackApiError) -> bool:
        reason = str(error.response.get("error"))
        if reason in GONE:
            return True
        if reason in BUSY:
            self._not_before = self._seconds() + wait_of(error)
        log.warning("slack.member_not_looked_up", reason=reason)
        return False

    def _may_call(self) -> bool:
        now = self._seconds()
        if now < self._not_before or (len(self._calls) == CALLS_A_MINUTE and now - self._calls[0] < 60):
            return False
        self._calls.append(now)
        return True
