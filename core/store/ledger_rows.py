"""The ledger's rows, seals and refusals as they are stored and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import orjson
from sqlalchemy import bindparam, func, insert, null, select, union_all, update

from core.ports import Head, LedgerRow, Seal
from core.store import rows
from core.store.driver import Row, Session
from core.store.tables import events, organisations, requests, seals

LEDGER: Final = (
    select(events)
    .where(events.c.request == bindparam("request"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("limit"))
)
FEED: Final = (
    select(events)
    .where(events.c.organisation == bindparam("organisation"), events.c.position > bindparam("after"))
    .order_by(events.c.position)
    .limit(bindparam("limit"))
)
_UNSEALED: Final = (
    select(events.c.id, events.c.hash)
    .where(events.c.organisation == bindparam("organisation"), events.c.position.is_(None))
    .order_by(events.c.id)
    .limit(bindparam("limit"))
)
_UNSEALED_COUNT: Final = select(func.count()).select_from(
    select(events.c.id)
    .where(events.c.organisation == bindparam("organisation"), events.c.position.is_(None))
    .limit(bindparam("limit"))
    .subquery()
)
_UNSEALED_ORGANISATIONS: Final = select(events.c.organisation).where(events.c.position.is_(None)).distinct()
_LAST_SEAL: Final = (
    select(seals).where(seals.c.organisation == bindparam("organisation")).order_by(seals.c.number.desc()).limit(1)
)
_SEALS: Final = (
    select(seals)
    .where(seals.c.organisation == bindparam("organisation"), seals.c.number > bindparam("after"))
    .order_by(seals.c.number)
    .limit(bindparam("limit"))
)
_SEAL: Final = insert(seals)
_SEAL_COLUMNS: Final = tuple(seals.c.keys())
_NUMBER: Final = (
    update(events)
    .where(
        events.c.id.between(bindparam("first"), bindparam("last")),
        events.c.organisation == bindparam("b_organisation"),
        events.c.position.is_(None),
    )
    .values(position=events.c.id + bindparam("ahead", type_=events.c.id.type))
)
_BLANK: Final = update(events).where(events.c.request == bindparam("b_request"), events.c.payload.is_not(None))
_BLANK_ALL: Final = _BLANK.values(payload=null())
_BLANK_ONE: Final = _BLANK.where(events.c.seq == bindparam("b_seq")).values(payload=null())
_HEAD: Final = union_all(
    select(requests.c.ledger_seq, requests.c.ledger_hash).where(requests.c.id == bindparam("request")),
    select(organisations.c.ledger_seq, organisations.c.ledger_hash).where(organisations.c.id == bindparam("request")),
)


def ledger_row(row: Row) -> LedgerRow:
    return rows.ledger_row(row, None if row[9] is None else orjson.loads(row[9]))


def _runs(positions: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """Runs of ids that follow each other as their positions do: first, last, and how far the position is ahead."""
    first = last = ahead = 0
    for id, position in sorted(positions.items()):
        if last and (id, position) == (last + 1, last + 1 + ahead):
            last = id
            continue
        if last:
            yield first, last, ahead
        first, last, ahead = id, id, position - id
    if last:
        yield first, last, ahead


class LedgerReads:
    """Reads of the ledger, for readers and transactions."""

    _db: Session

    def ledger(self, request: str, *, after: int, limit: int) -> Sequence[LedgerRow]:
        return [ledger_row(row) for row in self._db.rows(LEDGER, {"request": request, "after": after, "limit": limit})]

    def feed(self, organisation: str, *, after: int, limit: int) -> Sequence[LedgerRow]:
        found = self._db.rows(FEED, {"organisation": organisation, "after": after, "limit": limit})
        return [ledger_row(row) for row in found]

    def ledger_head(self, request: str) -> Head:
        row = self._db.row(_HEAD, {"request": request})
        return Head() if row is None else Head(row[0], row[1])

    def seals(self, organisation: str, *, after: int, limit: int) -> Sequence[Seal]:
        found = self._db.rows(_SEALS, {"organisation": organisation, "after": after, "limit": limit})
        return [rows.seal(row) for row in found]

    def last_seal(self, organisation: str) -> Seal | None:
        row = self._db.row(_LAST_SEAL, {"organisation": organisation})
        return None if row is None else rows.seal(row)

    def unsealed_count(self, organisation: str, limit: int) -> int:
        found = self._db.rows(_UNSEALED_COUNT, {"organisation": organisation, "limit": limit})
        return int(found[0][0])


class Sealing:
    """The part of a transaction that the sealer and retention use."""

    _db: Session

    def unsealed(self, organisation: str, limit: int) -> Sequence[tuple[int, str]]:
        return self._db.rows(_UNSEALED, {"organisation": organisation, "limit": limit})

    def unsealed_organisations(self) -> Sequence[str]:
        return [row[0] for row in self._db.rows(_UNSEALED_ORGANISATIONS)]

    def seal(self, seal: Seal, positions: Mapping[int, int]) -> None:
        self._db.send(_SEAL, [{name: getattr(seal, name) for name in _SEAL_COLUMNS}])
        runs = [
            {"first": first, "last": last, "ahead": ahead, "b_organisation": seal.organisation}
            for first, last, ahead in _runs(positions)
        ]
        self._db.send(_NUMBER, runs)

    def blank(self, request: str, seqs: Iterable[int] | None = None) -> int:
        if seqs is None:
            return self._db.run(_BLANK_ALL, {"b_request": request})
        return sum(self._db.run(_BLANK_ONE, {"b_request": request, "b_seq": seq}) for seq in seqs)
