"""What is said of an event: written once for all endpoints and attempts, of the request as that change left it.

The request is folded from its own ledger up to the change that made the event, so a letter that is late still tells what
happened then, and a repeated one says the very same.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from bot.receipts import Receipts
from bot.wire.announcing import announce
from bot.wire.showing import members_named
from core.codec import Codec
from core.errors import Unavailable
from core.lifecycle.evolve import evolve
from core.model.endpoint import EXECUTION_REQUESTED, announced
from core.model.event import WORDS
from core.model.request import Request
from core.ports import LedgerRow, Reader, Store

REMEMBERED: Final = 16 << 20
"""Bytes of letters that are kept."""

SIDE_BY_SIDE: Final = 30
"""Events one change makes at most, about."""

LONGEST: Final = 5000
"""Rows of one request that are read at most."""

Key = tuple[str, int]


class Letters:
    """Bodies by request and `seq`. Asked for by many endpoints at once, each is written once."""

    def __init__(self, store: Store, codec: Codec, receipts: Receipts) -> None:
        self._store, self._codec, self._receipts = store, codec, receipts
        self._written: OrderedDict[Key, bytes] = OrderedDict()
        self._size = 0
        self._lock = asyncio.Lock()

    async def of(self, rows: Sequence[LedgerRow]) -> Mapping[Key, bytes]:
        """The letters of these rows; none of one whose request is gone."""
        async with self._lock:
            found = {key: body for row in rows if (body := self._written.get(key := (row.request, row.seq)))}
            missing = [row for row in rows if (row.request, row.seq) not in found]
            if missing:
                fresh = await self._store.read(lambda reader: dict(self._write(reader, missing)))
                found |= fresh
                self._remember(fresh)
        return found

    def _remember(self, fresh: Mapping[Key, bytes]) -> None:
        self._written.update(fresh)
        self._size += sum(map(len, fresh.values()))
        while self._size > REMEMBERED:
            self._size -= len(self._written.popitem(last=False)[1])

    def _write(self, reader: Reader, rows: Sequence[LedgerRow]) -> Iterator[tuple[Key, bytes]]:
        wanted: dict[str, dict[int, LedgerRow]] = {}
        for row in rows:
            wanted.setdefault(row.request, {})[row.seq] = row
        for id, mine in wanted.items():
            for seq, then in self._moments(reader, id, frozenset(mine)):
                row = mine[seq]
                people = reader.people(members_named(then), then.project)
                emails = {one: person.email for one, person in people.items()}
                word = announced(row.word, row.payload)
                if word is not None:
                    yield (id, seq), announce(row, word, then, emails, self._receipt(reader, word, row, then))

    def _receipt(self, reader: Reader, word: str, row: LedgerRow, then: Request) -> str | None:
        """Whoever is called upon to act is given the proof with the call."""
        if word != EXECUTION_REQUESTED or not then.is_yes:
            return None
        try:
            token, _ = self._receipts.sign(reader, then, then.requester.key, row.at)
        except Unavailable:  # whoever is called can still claim, and fetch it later
            return None
        return token

    def _moments(self, reader: Reader, id: str, seqs: frozenset[int]) -> Iterator[tuple[int, Request]]:
        """The request as the change left it that made each of these events; as it is now where its past was erased."""
        present = reader.request(id)
        if present is None:
            return
        then: Request | None = None
        rows = reader.ledger(id, after=0, limit=min(max(seqs) + SIDE_BY_SIDE, LONGEST))
        for _, change in groupby(rows, key=lambda row: row.at):
            made = list(change)
            then = self._after(then, made)
            shown = _veiled_as(present, present if then is None else then)
            yield from ((row.seq, shown) for row in made if row.seq in seqs)

    def _after(self, before: Request | None, rows: Sequence[LedgerRow]) -> Request | None:
        """None once something was erased that would have to be known."""
        then = before
        for row in rows:
            if row.payload is None or (then is None and row.seq > 1):
                return None
            if row.word in WORDS and row.word != "refused":
                then = evolve(then, self._codec.event(row.word, row.at, row.payload))
        return then


def _veiled_as(present: Request, then: Request) -> Request:
    """What is secret by now was so then, also before it was judged."""
    secret = tuple(dict.fromkeys((*then.plan.secret, *present.plan.secret)))
    return replace(then, plan=replace(then.plan, secret=secret))
