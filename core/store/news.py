"""What changed on which replica: told by NOTIFY within 10 ms, and found by looking once a second where that was missed.

Never inside a command's transaction: NOTIFY takes one lock for the whole database until the commit. The look is along the
ledger's ids; ids not yet seen below the highest one belong to commits still under way and are asked for again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar

import psycopg
from sqlalchemy import Select, bindparam, func, select

from core.errors import ApprovalError
from core.ports import Changed, Reader
from core.store.choices import LARGEST, among, chosen, width
from core.store.reader import StoreReader
from core.store.tables import events, requests

T = TypeVar("T")

CHANNEL: Final = "countersign"
BATCH_SECONDS: Final = 0.01
LOOK_SECONDS: Final = 1.0
UNDER_WAY_SECONDS: Final = 30.0
"""How long a missing ledger id may still appear; no command takes so long."""

LARGEST_MESSAGE: Final = 60
"""Changes in one NOTIFY, whose payload must stay below 8,000 bytes."""

REMEMBERED: Final = 20_000
RETRY_SECONDS: Final = 1.0
LOOK_LIMIT: Final = 2000

_log = logging.getLogger(__name__)

_HIGHEST: Final = select(func.max(events.c.id))
_FOUND: Final = select(events.c.id, events.c.organisation, events.c.request, requests.c.version).outerjoin(
    requests, requests.c.id == events.c.request
)
_SINCE: Final = _FOUND.where(events.c.id > bindparam("seen")).order_by(events.c.id).limit(LOOK_LIMIT)


@lru_cache(maxsize=16)
def _among(places: int) -> Select[Any]:
    return _FOUND.where(among(events.c.id, "id", places))


class Told(Protocol):
    """The store as news sees it."""

    def tell_from_afar(self, changed: frozenset[Changed]) -> None: ...
    async def read(self, work: Callable[[Reader], T]) -> T: ...


class News:
    """Passes on what changed here, and hears what changed elsewhere."""

    def __init__(self, url: str, told: Told) -> None:
        self._url = url
        self._told = told
        self._me = uuid.uuid4().hex
        self._leaving: dict[str, Changed] = {}
        self._something = asyncio.Event()
        self._known: OrderedDict[str, int] = OrderedDict()
        self._seen = -1
        self._missing: dict[int, float] = {}

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.gather(
            self._again_and_again(self._speak), self._again_and_again(self._listen), self._again_and_again(self._look)
        )

    def pass_on(self, changed: Iterable[Changed]) -> None:
        """On the loop: changes committed here."""
        for change in changed:
            self._note(change)
            self._leaving[change.request] = change
        if self._leaving:
            self._something.set()

    async def _again_and_again(self, part: Callable[[], Any]) -> None:
        """A lost connection is made again; until then the look once a second finds what was missed."""
        while True:
            try:
                await part()
            except (psycopg.Error, ApprovalError) as error:
                _log.warning("news from the database interrupted: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _speak(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            while True:
                await self._something.wait()
                await asyncio.sleep(BATCH_SECONDS)
                self._something.clear()
                leaving, self._leaving = list(self._leaving.values()), {}
                for start in range(0, len(leaving), LARGEST_MESSAGE):
                    message = self._message(leaving[start : start + LARGEST_MESSAGE])
                    await connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message])

    def _message(self, changes: Iterable[Changed]) -> str:
        told = [[change.organisation, change.request, change.version] for change in changes]
        return json.dumps([self._me, told], separators=(",", ":"))

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            async for message in connection.notifies():
                self._hear(message.payload)

    def _hear(self, payload: str) -> None:
        with suppress(ValueError, TypeError):  # somebody else's use of our channel
            sender, told = json.loads(payload)
            if sender != self._me:
                self._tell(Changed(*change) for change in told)

    async def _look(self) -> None:
        while True:
            found = await self._told.read(self._find)
            self._tell(found)
            await asyncio.sleep(LOOK_SECONDS)

    def _find(self, reader: Reader) -> list[Changed]:
        """On a reading thread, one at a time."""
        assert isinstance(reader, StoreReader)  # noqa: S101 (the port offers no ledger ids: they are the store's own)
        if self._seen < 0:
            self._seen = reader.session.rows(_HIGHEST)[0][0] or 0
            return []
        rows = [*reader.session.rows(_SINCE, {"seen": self._seen}), *self._appeared(reader)]
        self._keep_track([row[0] for row in rows])
        return [Changed(owner, request, version) for _, owner, request, version in rows if version is not None]

    def _appeared(self, reader: StoreReader) -> list[tuple[Any, ...]]:
        wanted = sorted(self._missing)[-LARGEST:]
        if not wanted:
            return []
        places = width(len(wanted))
        return reader.session.rows(_among(places), chosen("id", wanted, places))

    def _keep_track(self, ids: list[int]) -> None:
        now = time.monotonic()
        highest = max(ids, default=self._seen)
        fresh = range(max(self._seen + 1, highest - LOOK_LIMIT), highest + 1)
        self._missing |= dict.fromkeys(fresh, now)
        for id in ids:
            self._missing.pop(id, None)
        self._missing = {id: since for id, since in self._missing.items() if now - since < UNDER_WAY_SECONDS}
        self._seen = max(self._seen, highest)

    def _tell(self, changes: Iterable[Changed]) -> None:
        fresh = frozenset(change for change in changes if self._note(change))
        if fresh:
            self._told.tell_from_afar(fresh)

    def _note(self, change: Changed) -> bool:
        """Whether this is newer than what was told of the request."""
        newer = self._known.get(change.request, -1) < change.version
        if newer:
            self._known[change.request] = change.version
        self._known.move_to_end(change.request)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return newer
