"""One server per SQLite file: a second one is refused with a sentence, however the first one ended.

The lock is an exclusive transaction in an empty SQLite file beside the database: held on every system, and let go of with
the process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from core.errors import Conflict
from core.store.opening import is_sqlite, sqlite_path


@contextmanager
def only_server(url: str) -> Iterator[None]:
    """Hold the database's lock. PostgreSQL needs none: its servers are replicas."""
    if not is_sqlite(url):
        yield
        return
    path = sqlite_path(url)
    with closing(sqlite3.connect(f"{path}.lock", timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise Conflict(
                f"Another server is already using {path}; stop it first, or use PostgreSQL for several servers.",
                code="already_serving",
            ) from error
        yield
