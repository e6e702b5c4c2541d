"""One server per SQLite file: a second one is refused with a sentence, however the first one ended.

The lock is an exclusive transaction in an empty SQLite file beside the database: held on every system, and let go of with
the process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from core.errors import Conflict, Invalid
from core.store.opening import is_sqlite, make_folder, sqlite_path


@contextmanager
def only_server(url: str) -> Iterator[None]:
    """Hold the database's lock. PostgreSQL needs none: its servers are replicas."""
    if not is_sqlite(url):
        yield
        return
    path = sqlite_path(url)
    make_folder(path)
    with closing(_opened(path)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise _unusable(path, error) from None
            raise Conflict(
                f"Another server is already using {path}; stop it first, or use PostgreSQL for several servers.",
                code="already_serving",
            ) from error
        yield


def _opened(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(f"{path}.lock", timeout=0, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: sqlite3.DatabaseError) -> Invalid:
    return Invalid(
        f"{path}.lock, which keeps a second server away, cannot be used ({error}); "
        "let this server write there, or name another place in COUNTERSIGN_DATABASE_URL."
    )
