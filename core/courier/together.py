"""Rows that are recorded at one time are recorded in one transaction: a hundred that must wait are one commit, not a hundred."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from core.errors import Unavailable
from core.ports import Store, Transaction

T = TypeVar("T")

GATHERING: Final = 0.005
"""Seconds in which what comes is written together."""


@dataclass(frozen=True, slots=True)
class Record:
    """`alone_of` names what only one record of a transaction may be about."""

    work: Callable[[Transaction], Any]
    alone_of: str
    written: asyncio.Future[Any]


class Together:
    """Belongs to one loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[Record] = []
        self._writer: asyncio.Task[None] | None = None

    async def write(self, work: Callable[[Transaction], T], alone_of: str) -> T:
        """What `work` comes to, once it is committed; its own error where it fails, whatever becomes of the others.

        Of what has the same `alone_of` one is written after the other: a transaction that locks two rows of a request,
        in whatever order, and a command that locks all of them could wait for each other.
        """
        written: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(Record(work, alone_of, written))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await written

    async def _write(self) -> None:
        try:
            await asyncio.sleep(GATHERING)
            while self._waiting:
                records, self._waiting = _one_of_each(self._waiting)
                await self._record(records)
        finally:
            self._writer = None

    async def _record(self, records: Sequence[Record]) -> None:
        if not records:
            return
        try:
            found = await self._store.transact(lambda tx: [record.work(tx) for record in records], chore=True)
        except Exception as error:  # noqa: BLE001 (raised where it was asked for)
            if len(records) == 1 or isinstance(error, Unavailable):
                _refuse(records, error)
                return
            for record in records:  # it may be the fault of one of them
                await self._record([record] if not record.written.done() else [])
            return
        for record, result in zip(records, found, strict=True):
            if not record.written.done():
                record.written.set_result(result)


def _one_of_each(waiting: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Those that may go in one transaction, and the others; of those who left meanwhile, nothing."""
    now: dict[str, Record] = {}
    later = []
    for record in waiting:
        if record.written.done():
            continue
        if now.setdefault(record.alone_of, record) is not record:
            later.append(record)
    return list(now.values()), later


def _refuse(records: Sequence[Record], error: Exception) -> None:
    for record in records:
        if not record.written.done():
            record.written.set_exception(error)
