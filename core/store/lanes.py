"""Work waiting for one of PostgreSQL's store threads: two lanes, people before chores."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Final

from core.errors import Unavailable
from core.store.waiting_line import Task, WaitingLine

AT_ONCE: Final = 1
"""Threads with chores at one time: people's clicks share the one interpreter with them, and a second made nothing quicker."""


class Lanes:
    """Two queues behind one lock. Threads take from it; the loop puts in.

    Who has rested shortest is woken first: its connection is the warmest, and the others' are opened when they are needed.
    """

    def __init__(self) -> None:
        self._line = WaitingLine()
        self._busy: set[int] = set()
        self._lock = threading.Lock()
        self._resting: list[threading.Condition] = []
        self._closed = False

    def put(self, task: Task, *, chore: bool) -> None:
        with self._lock:
            if self._closed:
                raise Unavailable("The server is stopping; try again in a moment.")
            self._line.put(task, chore=chore)
            self._wake()

    def take(self) -> Task | None:
        """The next one; none once closed and drained."""
        with self._lock:
            self._finished()
            while not (self._line.people or self._may_do_chores() or self._is_drained()):
                self._rest()
            if self._line.people and not (self._line.chores_are_due() and self._may_do_chores()):
                return self._line.people.popleft()
            if not self._line.chores:
                return None
            self._busy.add(threading.get_ident())
            return self._line.take_chores(1)[0]

    def close(self) -> None:
        """No more is taken in; what is in is still done."""
        with self._lock:
            self._closed = True
            self._wake()

    def _rest(self) -> None:
        turn = threading.Condition(self._lock)
        self._resting.append(turn)
        turn.wait()

    def _wake(self) -> None:
        """One; all of them once there is nothing more to come."""
        while self._resting:
            self._resting.pop().notify()
            if not self._closed:
                return

    def _finished(self) -> None:
        """Whoever comes for more is done with what it had."""
        if threading.get_ident() in self._busy:
            self._busy.discard(threading.get_ident())
            self._wake()

    def _may_do_chores(self) -> bool:
        return bool(self._line.chores) and len(self._busy) < AT_ONCE

    def _is_drained(self) -> bool:
        return self._closed and not self._line.chores


def answer(loop: asyncio.AbstractEventLoop, task: Task, then: Callable[[], None]) -> None:
    """Hand the answer to the loop, then tell the world."""

    def back() -> None:
        task.answer()
        then()

    if not loop.is_closed():
        loop.call_soon_threadsafe(back)
