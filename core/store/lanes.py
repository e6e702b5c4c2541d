"""Work waiting for one of PostgreSQL's store threads: two lanes, people before chores; and what any work that waits is."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import Unavailable
from core.ports import Transaction

AT_ONCE: Final = 1
"""Threads with chores at one time: people's clicks share the one interpreter with them, and a second made nothing quicker."""

PATIENCE: Final = 1.0
"""Seconds after which chores go before people once, so that they are never starved."""


@dataclass(slots=True)
class Task:
    """One unit of work and who waits for it."""

    work: Callable[[Transaction], Any]
    future: asyncio.Future[Any]
    deadline: float | None
    since: float = field(default_factory=time.monotonic)
    result: Any = None
    error: BaseException | None = None

    def begin(self) -> bool:
        """Whether it is still wanted; one that is too late is refused, never run."""
        if self.future.cancelled():
            return False
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.error = Unavailable("It took too long to get to this, so nothing was done; try again.")
            return False
        return True

    def answer(self) -> None:
        """On the loop: nobody may be waiting any more."""
        if self.future.done():
            return
        if isinstance(self.error, StopIteration):  # a future takes any error but this one
            self.future.set_exception(RuntimeError("a command ran out of what it went through"))
        elif self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Lanes:
    """Two queues behind one lock. Threads take from it; the loop puts in.

    Who has rested shortest is woken first: its connection is the warmest, and the others' are opened when they are needed.
    """

    def __init__(self) -> None:
        self._people: deque[Task] = deque()
        self._chores: deque[Task] = deque()
        self._last_chores = 0.0
        self._busy: set[int] = set()
        self._lock = threading.Lock()
        self._resting: list[threading.Condition] = []
        self._closed = False

    def put(self, task: Task, *, chore: bool) -> None:
        with self._lock:
            if self._closed:
                raise Unavailable("The server is stopping; try again in a moment.")
            (self._chores if chore else self._people).append(task)
            self._wake()

    def take(self) -> Task | None:
        """The next one; none once closed and drained."""
        with self._lock:
            self._finished()
            while not (self._people or self._may_do_chores() or self._is_drained()):
                self._rest()
            if self._people and not (self._chores_are_due() and self._may_do_chores()):
                return self._people.popleft()
            if not self._chores:
                return None
            self._last_chores = time.monotonic()
            self._busy.add(threading.get_ident())
            return self._chores.popleft()

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
        return bool(self._chores) and len(self._busy) < AT_ONCE

    def _is_drained(self) -> bool:
        return self._closed and not self._chores

    def _chores_are_due(self) -> bool:
        if not self._chores:
            return False
        return time.monotonic() - max(self._chores[0].since, self._last_chores) > PATIENCE


def answer(loop: asyncio.AbstractEventLoop, task: Task, then: Callable[[], None]) -> None:
    """Hand the answer to the loop, then tell the world."""

    def back() -> None:
        task.answer()
        then()

    if not loop.is_closed():
        loop.call_soon_threadsafe(back)
