"""Floor of a decision on SQLite: SQLAlchemy Core behind one writer thread, one transaction per decision, fully synced.

The transaction is decision-shaped: read the request and the person, write the request against its version, the decision,
two chained ledger rows, and what its card should show. No judging, no decoding.
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

META = sa.MetaData()
REQUESTS = sa.Table(
    "requests",
    META,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("organisation", sa.String(30), index=True),
    sa.Column("status", sa.String(20)),
    sa.Column("version", sa.Integer),
    sa.Column("due_at", sa.String(30), index=True),
    sa.Column("body", sa.Text),
)
MEMBERS = sa.Table(
    "members",
    META,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("name", sa.String(80)),
    sa.Column("active", sa.Boolean),
)
DECISIONS = sa.Table(
    "decisions",
    META,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("request", sa.String(30), index=True),
    sa.Column("member", sa.String(30)),
    sa.Column("verdict", sa.String(10)),
)
LEDGER = sa.Table(
    "ledger",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("request", sa.String(30)),
    sa.Column("seq", sa.Integer),
    sa.Column("word", sa.String(30)),
    sa.Column("payload", sa.Text),
    sa.Column("previous", sa.String(64)),
    sa.Column("hash", sa.String(64)),
    sa.UniqueConstraint("request", "seq"),
)
DELIVERIES = sa.Table(
    "deliveries",
    META,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("request", sa.String(30), index=True),
    sa.Column("wanted", sa.Integer),
)

BODY = json.dumps({"title": "Deploy payments 4.2", "params": {"image": "payments:4.2"}, "text": "x" * 600})
PAYLOAD = json.dumps({"decision": {"verdict": "approved", "comment": None}, "text": "x" * 200})


class WriterThread:
    """One thread, one connection, one transaction per piece of work; answers are handed back to the loop."""

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}", isolation_level=None)
        sa.event.listen(self._engine, "connect", _configure)
        META.create_all(self._engine)
        self._queue: queue.SimpleQueue[tuple[Callable[[sa.Connection], None], asyncio.Future[None]] | None]
        self._queue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, args=(asyncio.get_running_loop(),))
        self._thread.start()

    async def run(self, work: Callable[[sa.Connection], None]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put((work, done))
        await done

    async def close(self) -> None:
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._engine.dispose()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._engine.connect() as connection:
            while (item := self._queue.get()) is not None:
                work, done = item
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                work(connection)
                connection.exec_driver_sql("COMMIT")
                loop.call_soon_threadsafe(done.set_result, None)


def _configure(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def fill(connection: sa.Connection, count: int) -> None:
    rows = [{"id": f"req_{n}", "organisation": "org", "status": "pending", "version": 3, "due_at": f"{n:020}", "body": BODY}
            for n in range(count)]  # fmt: skip
    connection.execute(REQUESTS.insert(), rows)
    connection.execute(
        DELIVERIES.insert(), [{"id": f"dlv_{n}", "request": f"req_{n}", "wanted": 3} for n in range(count)]
    )
    connection.execute(MEMBERS.insert(), [{"id": f"mem_{n}", "name": f"Member {n}", "active": True} for n in range(50)])


def decide(connection: sa.Connection, number: int) -> None:
    """One decision's worth of statements, each built anew as plain Core code does."""
    request, member = f"req_{number}", f"mem_{number % 50}"
    stored = connection.execute(sa.select(REQUESTS).where(REQUESTS.c.id == request)).one()
    connection.execute(sa.select(MEMBERS).where(MEMBERS.c.id == member)).one()
    version = stored.version + 2
    connection.execute(
        REQUESTS.update()
        .where(REQUESTS.c.id == request, REQUESTS.c.version == stored.version)
        .values(status="approved", version=version, due_at=None, body=BODY)
    )
    connection.execute(
        DECISIONS.insert().values(id=f"dec_{number}", request=request, member=member, verdict="approved")
    )
    connection.execute(LEDGER.insert(), [_row(request, version - 1), _row(request, version)])
    connection.execute(DELIVERIES.update().where(DELIVERIES.c.request == request).values(wanted=version))


def _row(request: str, seq: int) -> dict[str, Any]:
    return {
        "request": request, "seq": seq, "word": "decision_recorded", "payload": PAYLOAD, "previous": "0" * 64, "hash": "1" * 64,
    }  # fmt: skip
