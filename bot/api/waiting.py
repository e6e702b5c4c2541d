"""Long polls: one read of a request per change serves everybody who waits for it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.model.request import Request
from core.ports import Changed, Store

Wanted = Callable[[Request], bool]


@dataclass(slots=True, eq=False)
class Waiter:
    """Somebody who waits for a request to become as wanted."""

    wanted: Wanted
    answer: asyncio.Future[Request | None]

    async def until(self, seconds: float) -> Request | None:
        """The request once it is as wanted; None when the time is over or the server stops."""
        try:
            async with asyncio.timeout(seconds):
                return await self.answer
        except TimeoutError:
            return None


@dataclass(slots=True)
class _Watched:
    waiters: set[Waiter] = field(default_factory=set)
    reading: asyncio.Task[None] | None = None
    newest: int = 0


class Waiting:
    """Is told of commits (`changed`), reads the changed request once, and answers those it satisfies."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watched: defaultdict[str, _Watched] = defaultdict(_Watched)
        self._stopped = False

    @property
    def is_stopped(self) -> bool:
        return self._stopped

    @contextmanager
    def for_request(self, id: str, wanted: Wanted) -> Iterator[Waiter]:
        """Enter before looking, so that no change falls between looking and waiting."""
        waiter = Waiter(wanted, asyncio.get_running_loop().create_future())
        if self._stopped:
            waiter.answer.set_result(None)
        self._watched[id].waiters.add(waiter)
        try:
            yield waiter
        finally:
            waiter.answer.cancel()
            self._forget(id, waiter)

    def changed(self, changes: frozenset[Changed]) -> None:
        """Called on the loop after each commit; nothing is read unless somebody waits for that very request."""
        for change in changes:
            watched = self._watched.get(change.request)
            if watched is None:
                continue
            watched.newest = max(watched.newest, change.version)
            if watched.reading is None:
                watched.reading = asyncio.get_running_loop().create_task(self._read(change.request, watched))

    def stop(self) -> None:
        """Answer everybody with what there is: the server is going."""
        self._stopped = True
        for watched in self._watched.values():
            for waiter in watched.waiters:
                _answer(waiter, None)

    async def _read(self, id: str, watched: _Watched) -> None:
        try:
            seen = -1
            while seen < watched.newest and watched.waiters:
                told = watched.newest  # what is committed while we read may not be in what we read
                request = await self._store.glance(lambda reader: reader.request(id))
                if request is None:
                    return
                seen = max(request.version, told)
                for waiter in tuple(watched.waiters):
                    if waiter.wanted(request):
                        _answer(waiter, request)
        finally:
            watched.reading = None

    def _forget(self, id: str, waiter: Waiter) -> None:
        watched = self._watched[id]
        watched.waiters.discard(waiter)
        if not watched.waiters:
            del self._watched[id]


def _answer(waiter: Waiter, request: Request | None) -> None:
    if not waiter.answer.done():
        waiter.answer.set_result(request)
