"""SQLite means one server: a lock on a file beside the database, which ends with the process whatever becomes of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Conflict


class AlreadyServed(Conflict):
    """Another server has this database open."""

    code = "already_served"


@contextmanager
def only_server(database: Path | None) -> Iterator[None]:
    """Hold the database's lock; `AlreadyServed` at once when another process has it."""
    if database is None or sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - not on Windows

    database.parent.mkdir(parents=True, exist_ok=True)
    path = database.with_name(database.name + ".lock")
    held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed(
                f"Another server already serves {database}; stop it first, or use PostgreSQL to run several."
            ) from None
        yield
    finally:
        os.close(held)
