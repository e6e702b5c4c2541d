"""Floor of a decision on PostgreSQL: the very statements our store sent, played again by psycopg in threads, by hand.

`recording()` notes every transaction's statements while our desk decides; `play` sends them anew to a fresh copy of the
same database, so the floor can never drift away from what the store does.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Statement:
    text: bytes
    params: Any


Transaction = tuple[Statement, ...]


@dataclass
class Tape:
    """Finished transactions in the order of their commits, and what each connection has sent since its last BEGIN."""

    done: list[Transaction] = field(default_factory=list)
    running: dict[int, list[Statement]] = field(default_factory=dict)

    def sent(self, connection: object, statement: Statement) -> None:
        word = statement.text.split(None, 1)[0].upper()
        if word == b"BEGIN":
            self.running[id(connection)] = []
        if id(connection) in self.running:
            self.running[id(connection)].append(statement)
        if word == b"COMMIT":
            self.done.append(tuple(self.running.pop(id(connection))))
        if word == b"ROLLBACK":
            self.running.pop(id(connection), None)


@contextlib.contextmanager
def recording() -> Iterator[Tape]:
    """Every transaction any psycopg connection of this process commits meanwhile."""
    tape, execute = Tape(), psycopg.Cursor.execute

    def noting(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        tape.sent(self.connection, Statement(query, params))
        return execute(self, query, params, **options)

    psycopg.Cursor.execute = noting  # type: ignore[method-assign]
    try:
        yield tape
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]


def play(url: str, transactions: Sequence[Transaction], threads: int) -> float:
    """Send the transactions from so many threads, each with a connection of its own; seconds it took."""
    waiting: queue.SimpleQueue[Transaction] = queue.SimpleQueue()
    for transaction in transactions:
        waiting.put(transaction)
    ready = threading.Barrier(threads + 1)
    workers = [threading.Thread(target=_work, args=(url, waiting, ready)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait()
    start = time.perf_counter()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


def _work(url: str, waiting: queue.SimpleQueue[Transaction], ready: threading.Barrier) -> None:
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.RawCursor) as connection:
        connection.prepare_threshold = 1
        connection.prepared_max = 500
        ready.wait()
        with contextlib.suppress(queue.Empty):
            while True:
                _send(connection, waiting.get_nowait())


def _send(connection: psycopg.Connection[Any], transaction: Transaction) -> None:
    """One statement after the other, each waited for, as code by hand does."""
    cursor = connection.cursor()
    for statement in transaction:
        cursor.execute(statement.text, statement.params)
        if cursor.description is not None:
            cursor.fetchall()
