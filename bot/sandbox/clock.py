"""The turnable clock: real time plus an offset.

Message times, expiring addresses and the minutes between redeliveries follow it. Signatures, trigger ids, rate
limits and the 3-second rule never do.
"""

import asyncio
import time
from collections.abc import Callable


class Clock:
    def __init__(self) -> None:
        self.offset = 0.0
        self._listeners: list[Callable[[float], None]] = []
        self._sleepers: set[asyncio.Event] = set()

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self._set(self.offset + seconds)

    def reset(self) -> None:
        self._set(0.0)

    def listen(self, listener: Callable[[float], None]) -> None:
        """Calls `listener(offset)` after each turn."""
        self._listeners.append(listener)

    async def sleep_until(self, due: float) -> None:
        """Returns once this clock shows `due`, however it got there."""
        turned = asyncio.Event()
        self._sleepers.add(turned)
        try:
            while (remaining := due - self.now()) > 0:
                turned.clear()
                await _wait(turned, remaining)
        finally:
            self._sleepers.discard(turned)

    def _set(self, offset: float) -> None:
        self.offset = offset
        for sleeper in self._sleepers:
            sleeper.set()
        for listener in tuple(self._listeners):
            listener(offset)


async def _wait(turned: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await turned.wait()
    except TimeoutError:
        return
