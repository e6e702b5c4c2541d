"""SQLite: one connection that writes, with group commit, and a few that read and cannot write.

Commands that wait together share one transaction and one sync of the disk; each has its own savepoint, so that a failed
one rolls back alone. A failed commit fails them all, and none of them is ever answered twice.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Executable
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from core.errors import Conflict
from core.ports import Clock, Reader
from core.store.driver import Params, Prepared, Row, Session, Statements, Values
from core.store.engine import Engine, Parts
from core.store.kept import Kept
from core.store.readers import Readers
from core.store.transaction import StoreTransaction
from core.store.turns import BUSY_SECONDS, Turns
from core.store.waiting_line import Task

T = TypeVar("T")

READERS: Final = 2

NEVER_SEEN: Final = -1
"""No number of SQLite's: whoever compares with it finds that somebody may have written."""

_log = logging.getLogger(__name__)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection of ours: nothing begins by itself, nothing acknowledged is lost, foreign keys hold."""
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    # The system caches the file too: a small cache of our own costs little and keeps memory apart from how much is pending.
    connection.execute(f"PRAGMA cache_size=-{2048 if read_only else 8192}")
    connection.execute("PRAGMA temp_store=MEMORY")  # a savepoint's journal went through a file, a tenth of a decision
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    return connection


def statements() -> Statements:
    return Statements(SQLiteDialect_pysqlite(paramstyle="qmark"))


class NotKept(Exception):
    """The answer is not known without asking the database."""


class SqliteSession(Session):
    """Statements on one SQLite connection; everything is known at once. `kept` is the writing connection's."""

    def __init__(
        self, connection: sqlite3.Connection, prepared: Statements, clock: Clock, kept: Kept | None = None
    ) -> None:
        self._cursor = connection.cursor()
        self._statements = prepared
        self._prepared = prepared.prepared
        self._clock = clock
        self._kept = kept
        self.keeps = kept is not None
        self._now: datetime | None = None

    def rows(self, statement: Executable, params: Params | None = None, *, clock: bool = False) -> list[Row]:
        prepared = self._prepared(statement)
        values = prepared.values(params or {})
        if clock:
            self._now = None
        if self._kept is None or not prepared.can_be_kept:
            return self._asked(prepared, values)
        key = (prepared.sql, tuple(values))
        found = self._kept.get(key)
        if found is None:
            found = self._asked(prepared, values)
            self._kept.keep(key, found)
        return found

    def _asked(self, prepared: Prepared, values: Values) -> list[Row]:
        self._execute(prepared.sql, values)
        return prepared.rows(self._cursor.fetchall())

    def ahead(self, statement: Executable, params: Params, *, clock: bool = False) -> None:
        """Nothing travels here."""

    def run(self, statement: Executable, params: Params | None = None) -> int:
        prepared = self._prepared(statement)
        self._may_end(prepared)
        self._execute(prepared.sql, prepared.values(params or {}))
        return self._cursor.rowcount

    def send(self, statement: Executable, rows: Sequence[Params]) -> None:
        self._may_end(self._prepared(statement))
        for sql, values in self._statements.sent(statement, rows):
            self._execute(sql, values)

    def _may_end(self, prepared: Prepared) -> None:
        if self._kept is not None and prepared.may_end_what_is_kept:
            self._kept.written()

    def change(self, statement: Executable, params: Params, otherwise: Exception) -> None:
        if self.run(statement, params) != 1:
            raise otherwise

    def now(self, *, fresh: bool = False) -> datetime:
        if fresh or self._now is None:
            self._now = self._clock.now()
        return self._now

    def about_now(self) -> datetime:
        return self._clock.now()

    def begin(self) -> None:
        """A new unit of work begins: its clock is read anew."""
        self._now = None

    def _execute(self, sql: str, values: Values) -> None:
        try:
            self._cursor.execute(sql, values)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorname in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}:
                raise Conflict("Something with this name or id is there already; choose another.") from error
            raise


class OnlyKept(SqliteSession):
    """Answers what is kept, and asks nothing."""

    def _asked(self, prepared: Prepared, values: Values) -> list[Row]:
        raise NotKept


class SqliteStore(Engine):
    """`core.ports.Store` on a SQLite file."""

    def __init__(self, path: Path, parts: Parts) -> None:
        super().__init__(parts)
        self._path = path
        self._prepared = statements()
        self._connection = connect(path)
        self._kept = Kept(self._connection)
        self._session = SqliteSession(self._connection, self._prepared, parts.clock, self._kept)
        self._only_kept = OnlyKept(self._connection, self._prepared, parts.clock, self._kept)
        self._turns = Turns(self._connection, self._kept, self)
        self._reading = threading.local()
        self._before_the_commit = 0
        self._readers = Readers(READERS)
        self._opened: list[sqlite3.Connection] = []

    async def close(self) -> None:
        """Finish what was begun, then let go of the file."""
        await self._turns.close()
        await self._readers.close()
        for connection in (*self._opened, self._connection):
            connection.close()

    def _put(self, task: Task, *, chore: bool) -> None:
        self._turns.put(task, chore=chore)

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await self._readers.run(partial(self._read, work))

    async def glance(self, work: Callable[[Reader], T]) -> T:
        """On the loop itself: finding a few rows takes 40 µs, asking a thread to and being woken again 150.

        By the connection that writes, where the loop has it: what it wrote last it need not read from the file. While what
        people did is being committed nobody else can write, and what is kept stays true until somebody has.
        """
        if self._turns.is_committing and self._kept.is_sure and self._seen_from_outside() == self._before_the_commit:
            with suppress(NotKept):
                return work(self._reader(self._only_kept))
        if self._turns.connection_is_away or self._connection.in_transaction:  # which could not be taken back
            return self._read(work)
        return self._in_one_snapshot(self._connection, self._session, work, self._kept)

    def _seen_from_outside(self) -> int:
        """On the loop: another number as soon as anybody has committed, this process or another."""
        connection: sqlite3.Connection = getattr(self._reading, "connection", None) or self._open_reader()
        version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def _open_reader(self) -> sqlite3.Connection:
        """The connection of this thread, opened with its first read."""
        connection = self._reading.connection = connect(self._path, read_only=True)
        self._opened.append(connection)
        self._reading.session = SqliteSession(connection, self._prepared, self._parts.clock)
        return connection

    def _read(self, work: Callable[[Reader], T]) -> T:
        connection: sqlite3.Connection = getattr(self._reading, "connection", None) or self._open_reader()
        return self._in_one_snapshot(connection, self._reading.session, work)

    def _in_one_snapshot(
        self,
        connection: sqlite3.Connection,
        session: SqliteSession,
        work: Callable[[Reader], T],
        kept: Kept | None = None,
    ) -> T:
        connection.execute("BEGIN")
        try:
            if kept is not None:
                kept.look_around()
            return work(self._reader(session))
        finally:
            connection.execute("COMMIT")

    # Inside of a transaction, for `Turns`.

    def begin(self) -> StoreTransaction:
        self._session.begin()
        return self._transaction(self._session)

    def about_to_commit(self) -> None:
        self._before_the_commit = NEVER_SEEN
        with suppress(sqlite3.Error):  # no file can be opened, say: then nothing is answered out of what is kept
            self._before_the_commit = self._seen_from_outside()

    def seal(self, done: Iterable[StoreTransaction]) -> None:
        """Seal what this group has added to the ledger; should that fail, a later group seals it too."""
        organisations = frozenset[str]().union(*(tx.logged for tx in done))
        if self._parts.seal is None or not organisations:
            return
        self._connection.execute("SAVEPOINT seal")
        try:
            self._parts.seal(self.begin(), organisations)
        except Exception:  # noqa: BLE001 (commands are not lost because their seal is late)
            _log.exception("the ledger could not be sealed")
            self._kept.taken_back()
            self._connection.execute("ROLLBACK TO seal")
        self._connection.execute("RELEASE seal")
