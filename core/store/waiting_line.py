"""Work that waits for a store, whichever database it is: people's commands, and behind them chores."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import Unavailable
from core.ports import Transaction

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


class WaitingLine:
    """People before chores, but for chores that have been kept waiting. Knows nothing of threads."""

    def __init__(self) -> None:
        self.people: deque[Task] = deque()
        self.chores: deque[Task] = deque()
        self._last_chores = 0.0

    def put(self, task: Task, *, chore: bool) -> None:
        (self.chores if chore else self.people).append(task)

    def chores_are_due(self) -> bool:
        """They have been kept waiting for people long enough."""
        return bool(self.chores) and time.monotonic() - max(self.chores[0].since, self._last_chores) > PATIENCE

    def take_people(self, most: int) -> list[Task]:
        return _first(self.people, most)

    def take_chores(self, most: int) -> list[Task]:
        """Those that are left are due again after as much patience, counted from now."""
        self._last_chores = time.monotonic()
        return _first(self.chores, most)


def _first(tasks: deque[Task], most: int) -> list[Task]:
    return [tasks.popleft() for _ in range(min(most, len(tasks)))]
