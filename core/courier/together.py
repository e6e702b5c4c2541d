"""Rows that are recorded at one time are recorded in one transaction: a hundred that must wait are one commit, not a hundred."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from core.ports import Store, Transaction

T = TypeVar("T")

GATHERING: Final = 0.005
"""Seconds in which what comes is written together."""


class Together:
    """Belongs to one loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[Callable[[Transaction], Any], asyncio.Future[Any]]] = []
        self._writing: set[asyncio.Task[None]] = set()

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """What `work` comes to, once it is committed; its own error where it fails, whatever becomes of the others."""
        written: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, written))
        if len(self._waiting) == 1:
            task = asyncio.create_task(self._write())
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        return await written

    async def _write(self) -> None:
        await asyncio.sleep(GATHERING)
        waiting, self._waiting = self._waiting, []
        wanted = [(work, written) for work, written in waiting if not written.done()]
        try:
            found = await self._commit([work for work, _ in wanted])
        except Exception:  # noqa: BLE001 (each is told of its own error, or has none by itself)
            await asyncio.gather(*(self._alone(work, written) for work, written in wanted))
            return
        for (_, written), result in zip(wanted, found, strict=True):
            if not written.done():
                written.set_result(result)

    async def _alone(self, work: Callable[[Transaction], T], written: asyncio.Future[T]) -> None:
        try:
            (result,) = await self._commit([work])
        except Exception as error:  # noqa: BLE001 (raised where it was asked for)
            if not written.done():
                written.set_exception(error)
        else:
            if not written.done():
                written.set_result(result)

    async def _commit(self, works: Sequence[Callable[[Transaction], Any]]) -> list[Any]:
        return await self._store.transact(lambda tx: [work(tx) for work in works], chore=True)
