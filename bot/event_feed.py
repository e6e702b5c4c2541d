"""The feed of events as this process hands it on: one read per change serves everybody who follows an organisation.

Followers ask for what comes after the position they are at and wait until there is more, so nothing is queued for a slow
one. The newest rows are kept here; whoever is further behind reads the database.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from core.ports import Changed, FeedRow, Reader, Store

KEPT: Final = 256
"""Newest rows kept for one organisation."""

PAGE: Final = 100
ORGANISATIONS: Final = 64
"""Organisations whose newest rows are kept though nobody waits for more."""

SEALING_SECONDS: Final = 0.05
SEALING_TRIES: Final = 40
"""What was just committed is sealed a moment later on PostgreSQL: so often, and so many times, it is looked for."""


@dataclass(slots=True)
class _Stream:
    """One organisation's newest rows without a gap; `head` is the position of the last one."""

    head: int
    rows: deque[FeedRow] = field(default_factory=lambda: deque(maxlen=KEPT))
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    followers: int = 0
    following: asyncio.Task[None] | None = None
    changed: bool = False

    def add(self, rows: Sequence[FeedRow]) -> None:
        self.rows.extend(rows)
        self.head = rows[-1].row.position or self.head
        self.wake()

    def wake(self) -> None:
        woken, self.moved = self.moved, asyncio.Event()
        woken.set()

    def holds(self, after: int) -> bool:
        return bool(self.rows) and (self.rows[0].row.position or 0) <= after + 1 and after < self.head

    def begin_at(self, position: int) -> None:
        self.rows.clear()
        self.head = position


class EventFeed:
    """`changed` is told of commits; `after` and `more` are for followers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._streams: dict[str, _Stream] = {}
        self._stopped = False

    def changed(self, changes: frozenset[Changed]) -> None:
        """On the loop after each commit; nothing is read unless somebody waits for this organisation."""
        for organisation in {change.organisation for change in changes}:
            stream = self._streams.get(organisation)
            if stream is not None and stream.followers:
                self._follow(organisation, stream)

    def stop(self) -> None:
        """Whoever waits is answered: the server is going."""
        self._stopped = True
        for stream in self._streams.values():
            stream.wake()

    @property
    def has_stopped(self) -> bool:
        return self._stopped

    async def head(self, organisation: str) -> int:
        return await self._store.read(lambda reader: reader.feed_head(organisation))

    async def after(self, organisation: str, after: int, limit: int = PAGE) -> Sequence[FeedRow]:
        """The next rows after a position, at most `limit`; none at the end of the feed."""
        stream = await self._stream(organisation, after)
        if after >= stream.head:
            await self._read_on(organisation, stream, after)
        if stream.holds(after):
            first = stream.rows[0].row.position or 0
            start = after + 1 - first
            return [stream.rows[place] for place in range(start, min(start + limit, len(stream.rows)))]
        if after >= stream.head:
            return []
        return await self._store.read(lambda reader: reader.feed_rows(organisation, after=after, limit=limit))

    async def more(self, organisation: str, after: int, seconds: float) -> bool:
        """Wait until there is something after this position; False when the time is over or the server stops."""
        stream = await self._stream(organisation, after)
        stream.followers += 1
        try:
            async with asyncio.timeout(seconds):
                while stream.head <= after and not self._stopped:
                    moved = stream.moved
                    self._follow(organisation, stream)
                    await moved.wait()
        except TimeoutError:
            pass
        finally:
            stream.followers -= 1
        return stream.head > after and not self._stopped

    async def _stream(self, organisation: str, after: int) -> _Stream:
        """Begun where the first follower is, unless that is far behind."""
        stream = self._streams.get(organisation)
        if stream is None:
            head = await self.head(organisation)
            begin = min(max(after, head - KEPT), head)
            stream = self._streams.setdefault(organisation, _Stream(begin))
            self._let_go(organisation)
        return stream

    def _let_go(self, keep: str) -> None:
        """Of organisations nobody follows, the one looked at longest ago."""
        if len(self._streams) > ORGANISATIONS:
            idle = (name for name, one in self._streams.items() if not one.followers and name != keep)
            self._streams.pop(next(idle, ""), None)

    async def _read_on(self, organisation: str, stream: _Stream, after: int) -> None:
        """From where the stream ends, unless somebody else just did; a follower who is ahead of it pulls it along."""
        async with stream.lock:
            if after > stream.head:
                head = await self.head(organisation)
                if after > head:
                    return
                stream.begin_at(after)
            if after == stream.head:
                await self._read_page(organisation, stream)

    async def _read_page(self, organisation: str, stream: _Stream) -> tuple[int, bool]:
        # Whatever is sealed between the two is found by the second; the other way round it would be missed by both.
        def look(reader: Reader) -> tuple[bool, Sequence[FeedRow]]:
            unsealed = reader.unsealed_count(organisation, 1) > 0
            return unsealed, reader.feed_rows(organisation, after=stream.head, limit=PAGE)

        unsealed, rows = await self._store.read(look)
        if rows:
            stream.add(rows)
        return len(rows), unsealed

    def _follow(self, organisation: str, stream: _Stream) -> None:
        stream.changed = True
        if stream.following is None:
            stream.following = asyncio.get_running_loop().create_task(self._read_until_sealed(organisation, stream))

    async def _read_until_sealed(self, organisation: str, stream: _Stream) -> None:
        try:
            tries = 0
            while stream.followers and not self._stopped:
                stream.changed = False
                async with stream.lock:
                    found, unsealed = await self._read_page(organisation, stream)
                if found == PAGE or stream.changed:
                    continue
                if not unsealed or tries >= SEALING_TRIES:
                    return
                tries += 1
                await asyncio.sleep(SEALING_SECONDS)
        finally:
            stream.following = None
