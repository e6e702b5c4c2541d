"""Waits that end in time, all of them on one timer: setting one each and taking it back took longer than reading a body."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from math import inf
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Deadlines:
    """Of one loop. Moments are on its clock."""

    def __init__(self) -> None:
        self._ends: dict[asyncio.Task[Any], float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._rings = inf

    async def by(self, ends: float, awaited: Awaitable[T]) -> T:
        """What is waited for, if it comes by then; else `TimeoutError`."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._ends[task] = ends
        if ends < self._rings:
            self._ring_at(ends)
        try:
            return await awaited
        except asyncio.CancelledError:
            if task in self._ends or task.uncancel():
                raise  # somebody else ends it
            raise TimeoutError from None
        finally:
            self._ends.pop(task, None)

    def _ring_at(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._rings = asyncio.get_running_loop().call_at(moment, self._ring), moment

    def _ring(self) -> None:
        """Ends those that are over; whoever has what it waited for is no longer among them."""
        now = asyncio.get_running_loop().time()
        for task in [task for task, ends in self._ends.items() if ends <= now]:
            del self._ends[task]
            task.cancel()
        self._timer, self._rings = None, inf
        if self._ends:
            self._ring_at(min(self._ends.values()))
