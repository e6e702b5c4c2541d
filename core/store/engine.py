"""What both databases have in common: work that waits for its turn, numbers, and telling who waits."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

from core.codec import Codec
from core.ports import Chain, Changed, Clock, Derive, Reader, Transaction, Work
from core.store.driver import Session
from core.store.reader import StoreReader
from core.store.transaction import StoreTransaction
from core.store.waiting_line import Task

T = TypeVar("T")
Seal = Callable[[Transaction, frozenset[str]], None]
"""Seals what has been added to the ledgers of these organisations."""

BLOCK: Final = 4
"""Numbers drawn at once where few are asked for: a restart leaves no puzzling gap."""

LARGEST_BLOCK: Final = 64
BUSY: Final = 1.0
"""Seconds within which a block that is used up makes the next one twice as large."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a store is given: the clock, and the domain's answers it needs.

    `turned` is how far the clock has been turned by hand, for a database that keeps its own time.
    """

    clock: Clock
    codec: Codec
    chain: Chain
    derive: Derive
    seal: Seal | None = None
    turned: Callable[[], timedelta] = timedelta


class Engine(ABC):
    """The shared half of `core.ports.Store`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._loop = asyncio.get_running_loop()
        self._listeners: dict[object, Callable[[frozenset[Changed]], None]] = {}
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: iter(()))
        self._drawing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._drawn: dict[str, tuple[int, float]] = {}

    async def transact(self, work: Work[T], *, deadline: float | None = None, chore: bool = False) -> T:
        future: asyncio.Future[T] = self._loop.create_future()
        self._put(Task(work, future, deadline), chore=chore)
        return await future

    @abstractmethod
    def _put(self, task: Task, *, chore: bool) -> None:
        """It waits for its turn; `Unavailable` once the store is being closed."""

    @abstractmethod
    async def read(self, work: Callable[[Reader], T]) -> T: ...

    async def glance(self, work: Callable[[Reader], T]) -> T:
        return await self.read(work)

    @abstractmethod
    async def close(self) -> None: ...

    async def next_number(self, organisation: str) -> int:
        number = next(self._numbers[organisation], None)
        if number is not None:
            return number
        async with self._drawing[organisation]:
            while (number := next(self._numbers[organisation], None)) is None:
                await self._draw(organisation)
            return number

    async def _draw(self, organisation: str) -> None:
        """A block in a transaction of its own, so that no command holds the counter's lock across its commit."""
        size, at = self._drawn.get(organisation, (BLOCK, float("-inf")))
        size = min(size * 2, LARGEST_BLOCK) if self._loop.time() - at < BUSY else BLOCK
        last = await self.transact(partial(_draw, organisation, size))
        self._drawn[organisation] = size, self._loop.time()
        self._numbers[organisation] = iter(range(last - size + 1, last + 1))

    def subscribe(self, callback: Callable[[frozenset[Changed]], None]) -> Callable[[], None]:
        key = object()
        self._listeners[key] = callback
        return lambda: self._listeners.pop(key, None) and None

    def tell(self, changed: frozenset[Changed]) -> None:
        """On the loop."""
        if changed:
            for callback in tuple(self._listeners.values()):
                callback(changed)

    def _transaction(self, db: Session) -> StoreTransaction:
        return StoreTransaction(db, self._parts.codec, self._parts.chain, self._parts.derive)

    def _reader(self, db: Session) -> StoreReader:
        return StoreReader(db, self._parts.codec)


def _draw(organisation: str, block: int, tx: Transaction) -> int:
    assert isinstance(tx, StoreTransaction)  # noqa: S101 (the port offers no counters: numbers are the store's own)
    return tx.draw(organisation, block)
