"""SQLite: one writer thread with group commit, and a few reading connections that cannot write.

Commands that wait together share one transaction and one sync of the disk; each has its own savepoint, so that a failed
one rolls back alone. A failed commit fails them all, and none of them is ever answered twice.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Executable
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from core.errors import Conflict, Unavailable
from core.ports import Changed, Clock, Reader
from core.store.driver import Params, Row, Session, Statements
from core.store.engine import Engine, Parts
from core.store.lanes import Task, answer_all
from core.store.readers import Readers
from core.store.transaction import StoreTransaction

T = TypeVar("T")

READERS: Final = 2
BUSY_SECONDS: Final = 5.0
"""How long to wait for another process (a migration, a command on the host) that writes."""

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
    return Statements(SQLiteDialect_pysqlite(paramstyle="named"))


class SqliteSession(Session):
    """Statements on one SQLite connection; everything is known at once."""

    def __init__(self, connection: sqlite3.Connection, prepared: Statements, clock: Clock) -> None:
        self._cursor = connection.cursor()
        self._statements = prepared
        self._prepared = prepared.prepared
        self._clock = clock
        self._now: datetime | None = None

    def rows(self, statement: Executable, params: Params | None = None, *, clock: bool = False) -> list[Row]:
        prepared = self._prepared(statement)
        self._execute(prepared.sql, prepared.values(params or {}))
        if clock:
            self._now = None
        return prepared.rows(self._cursor.fetchall())

    def ahead(self, statement: Executable, params: Params, *, clock: bool = False) -> None:
        """Nothing travels here."""

    def run(self, statement: Executable, params: Params | None = None) -> int:
        prepared = self._prepared(statement)
        self._execute(prepared.sql, prepared.values(params or {}))
        return self._cursor.rowcount

    def send(self, statement: Executable, rows: Sequence[Params]) -> None:
        for sql, values in self._statements.sent(statement, rows):
            self._execute(sql, values)

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

    def _execute(self, sql: str, values: Params) -> None:
        try:
            self._cursor.execute(sql, values)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorname in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}:
                raise Conflict("Something with this name or id is there already; choose another.") from error
            raise


class SqliteStore(Engine):
    """`core.ports.Store` on a SQLite file."""

    def __init__(self, path: Path, parts: Parts) -> None:
        super().__init__(parts)
        self._path = path
        self._prepared = statements()
        self._connection = connect(path)
        self._session = SqliteSession(self._connection, self._prepared, parts.clock)
        self._writer = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._reading = threading.local()
        self._readers = Readers(READERS)
        self._opened: list[sqlite3.Connection] = []
        self._writer.start()

    async def close(self) -> None:
        """Finish what was begun, then let go of the file."""
        self._lanes.close()
        await asyncio.to_thread(self._writer.join)
        await self._readers.close()
        for connection in (*self._opened, self._connection):
            connection.close()

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await self._readers.run(partial(self._read, work))

    async def glance(self, work: Callable[[Reader], T]) -> T:
        """On the loop itself: finding a few rows takes 40 µs, asking a thread to and being woken again 150."""
        return self._read(work)

    def _open_reader(self) -> sqlite3.Connection:
        """The connection of this thread, opened with its first read."""
        connection = self._reading.connection = connect(self._path, read_only=True)
        self._opened.append(connection)
        self._reading.session = SqliteSession(connection, self._prepared, self._parts.clock)
        return connection

    def _read(self, work: Callable[[Reader], T]) -> T:
        connection: sqlite3.Connection = getattr(self._reading, "connection", None) or self._open_reader()
        connection.execute("BEGIN")  # one snapshot for all that `work` reads
        try:
            return work(self._reader(self._reading.session))
        finally:
            connection.execute("COMMIT")

    # The writer thread.

    def _write(self) -> None:
        while tasks := self._lanes.take():
            begun, changed = self._commit_together(tasks)
            answer_all(self._loop, begun, [partial(self._tell, frozenset(changed))])

    def _commit_together(self, tasks: Sequence[Task]) -> tuple[Sequence[Task], list[Changed]]:
        """One transaction for all of them, or for as many as there is time for: which, and what they changed."""
        wanted: list[Task] = []
        late: list[Task] = []
        for task in tasks:
            (wanted if task.begin() else late).append(task)
        done: list[StoreTransaction] = []
        try:
            if wanted:
                self._connection.execute("BEGIN IMMEDIATE")
                wanted = wanted[: self._each(wanted, done)]
            if self._connection.in_transaction:
                self._seal(frozenset[str]().union(*(tx.logged for tx in done)))
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(wanted, error)
            done.clear()
        return [*late, *wanted], [changed for tx in done for changed in tx.changed.values()]

    def _each(self, wanted: Sequence[Task], done: list[StoreTransaction]) -> int:
        """Run one after the other; how many. The chores that are left when people come are given back."""
        for place, task in enumerate(wanted):
            if place and self._lanes.chores_must_yield():
                self._lanes.give_back(wanted[place:])
                return place
            tx = self._one(task, alone=len(wanted) == 1)
            if tx is not None:
                done.append(tx)
        return len(wanted)

    def _one(self, task: Task, *, alone: bool) -> StoreTransaction | None:
        """Run one command; a failed one leaves nothing behind. Alone it needs no savepoint: all is rolled back."""
        self._session.begin()
        tx = self._transaction(self._session)
        if not alone:
            self._connection.execute("SAVEPOINT command")
        try:
            task.result = task.work(tx)
        except BaseException as error:  # noqa: BLE001 (it belongs to whoever asked, and is raised there)
            task.error = error
            self._undo(alone=alone)
            return None
        if not alone:
            self._connection.execute("RELEASE command")
        return tx

    def _undo(self, *, alone: bool) -> None:
        if not self._connection.in_transaction:
            raise sqlite3.OperationalError("the database has rolled back the whole group")
        if alone:
            self._connection.execute("ROLLBACK")
            return
        self._connection.execute("ROLLBACK TO command")
        self._connection.execute("RELEASE command")

    def _fail(self, tasks: Sequence[Task], error: sqlite3.Error) -> None:
        _log.error("a group of %d commands could not be committed: %s", len(tasks), error)
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        for task in tasks:
            if task.error is None:
                task.error = Unavailable("The database could not be written, so nothing was done; try again.")

    def _seal(self, organisations: frozenset[str]) -> None:
        """Seal what this group has added to the ledger; should that fail, a later group seals it too."""
        if self._parts.seal is None or not organisations:
            return
        self._connection.execute("SAVEPOINT seal")
        try:
            self._session.begin()
            self._parts.seal(self._transaction(self._session), organisations)
        except Exception:  # noqa: BLE001 (commands are not lost because their seal is late)
            _log.exception("the ledger could not be sealed")
            self._connection.execute("ROLLBACK TO seal")
        self._connection.execute("RELEASE seal")
