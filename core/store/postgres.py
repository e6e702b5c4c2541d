"""PostgreSQL: eight threads with a connection each, as few round trips as can be, and news to and from other replicas.

Statements go down a pipeline without waiting for those before them; only what a command must know to go on is waited
for. The commit travels with the last writes: what must not be committed makes a statement before it fail.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from core.errors import Conflict, Invalid, Unavailable
from core.ports import Changed, Reader, Transaction
from core.store.driver import Params, Row, Session, Statements, Values
from core.store.engine import Engine, Parts, Seal
from core.store.lanes import Lanes, answer
from core.store.news import News
from core.store.readers import Readers
from core.store.transaction import StoreTransaction
from core.store.waiting_line import Task

T = TypeVar("T")
Connection = psycopg.Connection[Row]

WRITERS: Final = 8
READERS: Final = 4
CONNECT_SECONDS: Final = 5
TRIES: Final = 4
SEAL_EVERY: Final = 0.2
STEP_BACK: Final = 0.01
"""Seconds before another try, so that whoever a deadlock was with gets past first."""

_AGAIN: Final = (errors.SerializationFailure, errors.DeadlockDetected)
_CLOCK: Final = "SELECT clock_timestamp()"

_log = logging.getLogger(__name__)


def connect(url: str) -> Connection:
    """A connection of ours: nothing begins by itself, times in UTC, statements prepared on their second use."""
    connection: Connection = psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        application_name="countersign",
        options="-c timezone=UTC",
        cursor_factory=psycopg.RawCursor,
    )
    connection.prepare_threshold = 1
    connection.prepared_max = 500
    return connection


def statements() -> Statements:
    """With the database's own placeholders: a raw cursor need not look for others at each call."""
    return Statements(PGDialect_psycopg(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]


@cache
def _text(sql: str) -> bytes:
    """Encoded once, for by it the driver knows what is prepared."""
    return sql.encode()


@cache
def _checked(sql: str) -> str:
    return f"WITH changed AS ({sql} RETURNING 1) SELECT 1 / count(*) FROM changed"  # noqa: S608 (our own)


Asked = tuple[Executable, tuple[tuple[str, Any], ...]]
Answers = tuple[psycopg.Cursor[Row], psycopg.Cursor[Row] | None]
"""What a query finds, and the clock read right after it."""


def _asked(statement: Executable, params: Params) -> Asked:
    return statement, tuple(sorted(params.items()))


class PostgresSession(Session):
    """Statements on one connection; pipelined inside `transaction`."""

    def __init__(self, connection: Connection, prepared: Statements, turned: Callable[[], timedelta]) -> None:
        self.connection = connection
        self.committing = False
        self._statements = prepared
        self._prepared = prepared.prepared
        self._turned = turned
        self._now: datetime | None = None
        self._pipeline: psycopg.Pipeline | None = None
        self._checks: list[tuple[psycopg.Cursor[Row], Exception]] = []
        self._sent: dict[Asked, Answers] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN travels with the first statement, COMMIT with the last; an exception rolls back."""
        self._now, self.committing = None, False
        self._checks.clear()
        self._sent.clear()
        try:
            with self.connection.pipeline() as self._pipeline:
                self._execute("BEGIN")
                yield
                self.committing = True
                self._execute("COMMIT")
        except BaseException:
            self._take_back()
            raise
        finally:
            self._pipeline = None

    def _take_back(self) -> None:
        """What was sent behind a failure the driver believes prepared, though it never was: only its own rollback forgets it."""
        status = self.connection.info.transaction_status
        if status == TransactionStatus.IDLE:
            self.connection.execute("BEGIN", prepare=False)
        if status in {TransactionStatus.IDLE, TransactionStatus.INTRANS, TransactionStatus.INERROR}:
            self.connection.rollback()

    def rows(self, statement: Executable, params: Params | None = None, *, clock: bool = False) -> list[Row]:
        params = params or {}
        sent = self._sent.pop(_asked(statement, params), None) if self._sent else None
        cursor, asked = sent or self._ask(
            statement, params, clock=clock or (self._now is None and self._pipeline is not None)
        )
        found = self._prepared(statement).rows(cursor.fetchall())
        if asked is not None:
            self._read_clock(asked)
        return found

    def ahead(self, statement: Executable, params: Params, *, clock: bool = False) -> None:
        self._sent[_asked(statement, params)] = self._ask(statement, params, clock=clock)

    def _ask(self, statement: Executable, params: Params, *, clock: bool) -> Answers:
        prepared = self._prepared(statement)
        return self._execute(prepared.sql, prepared.values(params)), self._execute(_CLOCK) if clock else None

    def run(self, statement: Executable, params: Params | None = None) -> int:
        prepared = self._prepared(statement)
        cursor = self._execute(prepared.sql, prepared.values(params or {}))
        if self._pipeline is not None:
            self._pipeline.sync()
        return cursor.rowcount

    def send(self, statement: Executable, rows: Sequence[Params]) -> None:
        for sql, values in self._statements.sent(statement, rows):
            self._execute(sql, values)

    def change(self, statement: Executable, params: Params, otherwise: Exception) -> None:
        """A change of no row divides by zero, so that the commit behind it in the pipeline cannot succeed."""
        prepared = self._prepared(statement)
        self._checks.append((self._execute(_checked(prepared.sql), prepared.values(params)), otherwise))

    def now(self, *, fresh: bool = False) -> datetime:
        if fresh or self._now is None:
            return self._read_clock(self._execute(_CLOCK))
        return self._now

    def about_now(self) -> datetime:
        return datetime.now(UTC) + self._turned()

    def failed_check(self) -> Exception | None:
        """What the first `change` of no row stands for."""
        for cursor, otherwise in self._checks:
            if cursor.pgresult is None or cursor.pgresult.status != ExecStatus.TUPLES_OK:
                return otherwise
        return None

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        self.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", prepare=False)
        try:
            yield
        finally:
            self.connection.rollback()

    def _read_clock(self, cursor: psycopg.Cursor[Row]) -> datetime:
        ((moment,),) = cursor.fetchall()
        self._now = moment.astimezone(UTC) + self._turned()
        return self._now

    def _execute(self, sql: str, values: Values | None = None) -> psycopg.Cursor[Row]:
        return self.connection.cursor().execute(_text(sql), values)


class PostgresStore(Engine):
    """`core.ports.Store` on PostgreSQL; several replicas alike."""

    def __init__(self, url: str, parts: Parts) -> None:
        super().__init__(parts)
        self._url = url
        self._prepared = statements()
        self._lanes = Lanes()
        self._reading = threading.local()
        self._readers = Readers(READERS)
        self._opened: list[Connection] = []
        self._news = News(url, self)
        self._tasks = [asyncio.create_task(self._news.run())]
        if parts.seal is not None:
            self._tasks.append(asyncio.create_task(self._keep_sealing(parts.seal)))
        self._writers = [
            threading.Thread(target=self._write, name=f"store-writer-{n}", daemon=True) for n in range(WRITERS)
        ]
        for writer in self._writers:
            writer.start()

    async def close(self) -> None:
        """Finish what was begun, then hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._lanes.close()
        for writer in self._writers:
            await asyncio.to_thread(writer.join)
        await self._readers.close()
        for connection in self._opened:
            connection.close()

    def _put(self, task: Task, *, chore: bool) -> None:
        self._lanes.put(task, chore=chore)

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await self._readers.run(partial(self._read, work))

    def tell(self, changed: frozenset[Changed]) -> None:
        super().tell(changed)
        self._news.pass_on(changed)

    def tell_from_afar(self, changed: frozenset[Changed]) -> None:
        """Another replica's changes, on the loop."""
        super().tell(changed)

    def _read(self, work: Callable[[Reader], T]) -> T:
        """Once more on a new connection when the old one has broken: a read does no harm twice."""
        session = self._reading_session()
        try:
            return work(self._reader(session))
        except psycopg.OperationalError as error:
            if not session.connection.closed:
                raise _as_ours(error, session) from error
        except psycopg.DataError as error:
            raise _as_ours(error, session) from error
        return work(self._reader(self._reading_session()))

    def _reading_session(self) -> PostgresSession:
        session: PostgresSession | None = getattr(self._reading, "session", None)
        if session is None or session.connection.closed:
            session = self._reading.session = self._open()
            session.connection.execute("SET default_transaction_read_only = on")
            self._opened.append(session.connection)
        return session

    def _open(self) -> PostgresSession:
        try:
            return PostgresSession(connect(self._url), self._prepared, self._parts.turned)
        except psycopg.OperationalError as error:
            raise Unavailable("The database cannot be reached, so nothing was done; try again.") from error

    # The writer threads.

    def _write(self) -> None:
        session: PostgresSession | None = None
        while (task := self._lanes.take()) is not None:
            changed: list[Changed] = []
            if task.begin():
                session, tx = self._do(session, task)
                changed = [] if tx is None else list(tx.changed.values())
            answer(self._loop, task, partial(self.tell, frozenset(changed)))
        if session is not None:
            session.connection.close()

    def _do(
        self, session: PostgresSession | None, task: Task
    ) -> tuple[PostgresSession | None, StoreTransaction | None]:
        """Run one command, again from the start where the database asks for it or has hung up before the commit."""
        for attempt in range(1, TRIES + 1):
            try:
                if session is None or session.connection.closed:
                    session = self._open()
                tx = self._attempt(session, task)
            except BaseException as error:  # noqa: BLE001 (it belongs to whoever asked, and is raised there)
                task.error = error if session is None else _as_ours(error, session)
                if session is None or attempt == TRIES or not _worth_another_try(error, session):
                    return session, None
                time.sleep(STEP_BACK * attempt)
            else:
                task.error = None
                return session, tx
        return session, None

    def _attempt(self, session: PostgresSession, task: Task) -> StoreTransaction:
        with session.transaction():
            tx = self._transaction(session)
            task.result = task.work(tx)
        return tx

    async def _keep_sealing(self, seal: Seal) -> None:
        """Whatever replica has committed it, the ledger is sealed by whoever holds the organisation's lease."""

        def work(tx: Transaction) -> None:
            organisations = frozenset(tx.unsealed_organisations())
            if organisations:
                seal(tx, organisations)

        while True:
            await asyncio.sleep(SEAL_EVERY)
            try:
                await self.transact(work)
            except Exception:  # noqa: BLE001 (a late seal is late; the next round seals it too)
                _log.exception("the ledger could not be sealed")


def _worth_another_try(error: BaseException, session: PostgresSession) -> bool:
    return isinstance(error, _AGAIN) or (
        isinstance(error, psycopg.OperationalError) and session.connection.closed and not session.committing
    )


def _as_ours(error: BaseException, session: PostgresSession) -> BaseException:
    """The driver's errors as people may meet them; all others as they are."""
    match error:
        case errors.UniqueViolation():
            return Conflict("Something with this name or id is there already; choose another.")
        case errors.DivisionByZero():
            return session.failed_check() or error
        case psycopg.OperationalError() if session.committing and session.connection.closed:
            return Unavailable("The database hung up during the commit; look whether it was done before trying again.")
        case psycopg.OperationalError():
            return Unavailable("The database did not answer, so nothing was done; try again.")
        case psycopg.DataError():
            return Invalid("It contains characters that cannot be stored; leave them out.")
        case _:
            return error
