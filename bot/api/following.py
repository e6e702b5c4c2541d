"""The feed as one caller may see it: filtered, veiled, a page at a time or as a stream that goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.event_feed import PAGE, EventFeed
from bot.wire.showing import EventView, show_event
from core.administration.sight import Sight
from core.errors import ApprovalError
from core.model.endpoint import announced
from core.ports import FeedRow, Reader, Store
from core.veil import secrets_of

SCANNED: Final = 1000
"""Rows a page looks through at most, however few of them are wanted."""

HEARTBEAT: Final = 15.0
SLOWEST: Final = 30.0
"""Seconds a client may leave a piece of its stream unread."""

HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the feed is asked for; None is everything."""

    project: str | None = None
    type: str | None = None
    events: frozenset[str] | None = None

    def matches(self, one: FeedRow) -> bool:
        return (
            (self.project is None or one.project == self.project)
            and (self.type is None or one.type == self.type)
            and (self.events is None or bool(self.events & {one.row.word, announced(one.row.word, one.row.payload)}))
        )


@dataclass(frozen=True, slots=True)
class Found:
    rows: tuple[FeedRow, ...]
    next_after: int
    more: bool


class Following:
    """One caller's way through the feed of an organisation."""

    def __init__(self, store: Store, feed: EventFeed, organisation: str, wanted: Wanted) -> None:
        self._store, self._feed = store, feed
        self._organisation, self._wanted = organisation, wanted

    async def page(self, sight: Sight, after: int, limit: int) -> Found:
        """Up to `limit` rows that are wanted and seen, from as many as may be looked through at once."""
        found: list[FeedRow] = []
        scanned = 0
        while scanned < SCANNED:
            rows = await self._feed.after(self._organisation, after, PAGE)
            for one in rows:
                if len(found) == limit:
                    return Found(tuple(found), after, more=True)
                after = one.row.position or after
                if sight.sees(one) and self._wanted.matches(one):
                    found.append(one)
            if len(rows) < PAGE:
                return Found(tuple(found), after, more=False)
            scanned += len(rows)
        return Found(tuple(found), after, more=True)

    async def shown(self, sight: Sight, rows: Sequence[FeedRow]) -> list[EventView]:
        """Without what types keep secret, also where somebody wrote it into a comment."""
        secretive = {one.row.request for one in rows if one.type in sight.hidden}
        known = await self._store.read(lambda reader: _secrets(reader, secretive)) if secretive else {}
        return [show_event(one.row, sight.paths, known.get(one.row.request, ())) for one in rows]

    async def more(self, after: int, seconds: float) -> bool:
        return await self._feed.more(self._organisation, after, seconds)

    @property
    def is_over(self) -> bool:
        return self._feed.has_stopped


def _secrets(reader: Reader, requests: set[str]) -> dict[str, tuple[str, ...]]:
    found = ((id, reader.request(id)) for id in requests)
    return {id: secrets_of(request) for id, request in found if request is not None}


class EventStream(Response):
    """Server-sent events: `id` is the position, `event` the word, `data` the row. A remark now and then keeps it alive.

    Who asks is asked again with every heartbeat, so that a revoked credential hears no more. It ends when the caller
    leaves, does not read, may no longer see, or when the server stops; a client then goes on with `Last-Event-ID`.
    """

    media_type = "text/event-stream"

    def __init__(
        self, following: Following, after: int, sight: Callable[[], Awaitable[Sight]], ended: Callable[[], None]
    ) -> None:
        super().__init__(None, 200, dict(HEADERS), "text/event-stream")
        self._following, self._after, self._sight, self._ended = following, after, sight, ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await self._until_gone(receive, send)
        finally:
            self._ended()

    async def _until_gone(self, receive: Receive, send: Send) -> None:
        telling = asyncio.create_task(self._tell(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (telling, leaving):
                task.cancel()
            done = await asyncio.gather(telling, leaving, return_exceptions=True)
        problem = done[0]
        if isinstance(problem, Exception) and not isinstance(problem, OSError | TimeoutError):
            raise problem

    async def _tell(self, send: Send) -> None:
        async for piece in self._pieces():
            async with asyncio.timeout(SLOWEST):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        async with asyncio.timeout(SLOWEST):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self) -> AsyncIterator[bytes]:
        yield b"retry: 2000\n: \n\n"
        while not self._following.is_over:
            try:
                sight = await self._sight()
            except ApprovalError:
                return
            async for piece in self._for_a_while(sight):
                yield piece
            yield b": \n\n"

    async def _for_a_while(self, sight: Sight) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        until = loop.time() + HEARTBEAT
        while (left := until - loop.time()) > 0:
            if self._following.is_over:
                return
            found = await self._following.page(sight, self._after, PAGE)
            self._after = found.next_after
            if found.rows:
                yield b"".join(map(_piece, await self._following.shown(sight, found.rows)))
            if not found.more:
                await self._following.more(self._after, left)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _piece(view: EventView) -> bytes:
    data: dict[str, Any] = view.model_dump(mode="json")
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (view.position or 0, view.event.encode(), orjson.dumps(data))
