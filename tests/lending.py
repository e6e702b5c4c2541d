"""Databases lent to one test after another: emptied in between, and filled again as their template was.

To copy a database and drop it takes fifty times as long. Whoever leaves one changed in more than its rows, or still talks
to it, spoils it for nobody: it is dropped, and the next one gets a new copy.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from tests.postgres import Server

Hand = psycopg.Connection[Any]

PATIENCE: Final = 1.0
"""Seconds for connections that were closed to be gone."""

# Rows alone are exchanged: no trigger, no foreign key has a say, and nothing waits for a lock that somebody left.
AS_A_CARETAKER: Final = "-c session_replication_role=replica -c lock_timeout=2s"

TABLES: Final = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'
"""
SEQUENCES: Final = """
SELECT format('SELECT setval(%L, %s, %L);', format('%I.%I', schemaname, sequencename),
    coalesce(last_value, start_value), last_value IS NOT NULL)
FROM pg_sequences
"""
OTHERS: Final = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Whoever changes a table, a trigger, a function or a setting writes a row into one of these, or takes one away.
SHAPE: Final = """
SELECT 'class', count(*), max(xmin::text::bigint) FROM pg_class UNION ALL
SELECT 'attribute', count(*), max(xmin::text::bigint) FROM pg_attribute UNION ALL
SELECT 'attrdef', count(*), max(xmin::text::bigint) FROM pg_attrdef UNION ALL
SELECT 'constraint', count(*), max(xmin::text::bigint) FROM pg_constraint UNION ALL
SELECT 'index', count(*), max(xmin::text::bigint) FROM pg_index UNION ALL
SELECT 'namespace', count(*), max(xmin::text::bigint) FROM pg_namespace UNION ALL
SELECT 'proc', count(*), max(xmin::text::bigint) FROM pg_proc UNION ALL
SELECT 'trigger', count(*), max(xmin::text::bigint) FROM pg_trigger UNION ALL
SELECT 'type', count(*), max(xmin::text::bigint) FROM pg_type UNION ALL
SELECT 'setting', count(*), max(xmin::text::bigint) FROM pg_db_role_setting
"""

NO_ROWS: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\xff\xff"
"""A binary COPY's head and end."""


@dataclass(frozen=True)
class Lent:
    """One database, how it was when it was new, and the hand that makes it so again."""

    name: str
    url: str
    hand: Hand
    shape: list[Any]
    empty: str
    rows: dict[str, bytes]
    """By table, as COPY carries them."""

    def tidy(self) -> bool:
        """Make it as it was; whether that could be done."""
        try:
            if not self._is_left() or shape(self.hand) != self.shape:
                return False
            with self.hand.transaction():
                self._refill()
        except psycopg.Error:
            return False
        return True

    def _is_left(self) -> bool:
        """Whether nobody talks to it any more."""
        deadline = time.monotonic() + PATIENCE
        while self.hand.execute(OTHERS).fetchone() != (0,):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True

    def _refill(self) -> None:
        self.hand.execute(self.empty.encode())
        for table, rows in self.rows.items():
            with self.hand.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)".encode()) as copy:
                copy.write(rows)


@dataclass
class Lending:
    """Copies of one template for one worker; only as many as are in use at once."""

    server: Server
    template: str
    free: list[Lent] = field(default_factory=list)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of a database as if it were new."""
        found = self._tidy() or self._new()
        try:
            yield found.url
        finally:
            self.free.append(found)

    def close(self) -> None:
        while self.free:
            self._drop(self.free.pop())

    def _tidy(self) -> Lent | None:
        while self.free:
            found = self.free.pop()
            if found.tidy():
                return found
            self._drop(found)
        return None

    def _new(self) -> Lent:
        name = self.server.create(self.template)
        url = self.server.url(name)
        hand = psycopg.connect(url, autocommit=True, options=AS_A_CARETAKER)
        tables = [table for (table,) in hand.execute(TABLES).fetchall()]
        back = [statement for (statement,) in hand.execute(SEQUENCES).fetchall()]
        empty = "".join([*(f"DELETE FROM {table};" for table in tables), *back])  # noqa: S608 (the catalogue's own names)
        return Lent(name, url, hand, shape(hand), empty, rows(hand, tables))

    def _drop(self, lent: Lent) -> None:
        lent.hand.close()
        self.server.drop(lent.name)


def shape(hand: Hand) -> list[Any]:
    """Differs as soon as anything but rows has changed."""
    return hand.execute(SHAPE, prepare=True).fetchall()


def rows(hand: Hand, tables: list[str]) -> dict[str, bytes]:
    """Of the tables that have any."""
    copies = {table: copied(hand, table) for table in tables}
    return {table: copy for table, copy in copies.items() if len(copy) > len(NO_ROWS)}


def copied(hand: Hand, table: str) -> bytes:
    with hand.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)".encode()) as copy:
        return b"".join(bytes(part) for part in copy)
