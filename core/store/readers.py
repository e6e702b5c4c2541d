"""The threads that read. An executor's futures, each with locks of its own, cost more than most of our reads."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any, TypeVar

from core.errors import Unavailable

T = TypeVar("T")


class Readers:
    """So many threads taking calls from one queue; answers go back to the loop."""

    def __init__(self, threads: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._calls: queue.SimpleQueue[tuple[Context, Callable[[], Any], asyncio.Future[Any]] | None]
        self._calls = queue.SimpleQueue()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"store-reader-{n}", daemon=True) for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, call: Callable[[], T]) -> T:
        """What the call comes to on one of the threads, in the caller's context (its language)."""
        if self._closed:
            raise Unavailable("The server is stopping; try again in a moment.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._calls.put((copy_context(), call, future))
        return await future

    async def close(self) -> None:
        """What is in the queue is still read."""
        self._closed = True
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _work(self) -> None:
        while (item := self._calls.get()) is not None:
            context, call, future = item
            if future.cancelled():
                continue
            try:
                answer = _setter(future, result=context.run(call))
            except BaseException as error:  # noqa: BLE001 (it belongs to whoever asked, and is raised there)
                answer = _setter(future, error=error)
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(answer)


def _setter(
    future: asyncio.Future[Any], *, result: Any = None, error: BaseException | None = None
) -> Callable[[], None]:
    """Called on the loop, where nobody may be waiting any more."""

    def answer() -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    return answer
