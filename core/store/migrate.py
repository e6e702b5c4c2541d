"""Bringing a database's schema up or down, from Python alone.

SQLite: a connection of its own with foreign keys off (batch steps rebuild tables, and cascades would delete what hangs on
them), checked afterwards, with a copy of the file beside it first when there is anything to lose. PostgreSQL: one at a time
by an advisory lock, in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from core.errors import Unavailable
from core.store.opening import is_sqlite, make_folder, sqlite_path
from core.store.schema import MIGRATIONS, connected, must_not_be_newer, newest, revision

LOCK: Final = 0x434F554E  # any number, the same in every process


def upgrade(url: str, to: str = "head") -> str | None:
    """Bring the schema up to a revision; where it stands then."""
    if is_sqlite(url):
        make_folder(sqlite_path(url))
    with connected(url) as connection:
        must_not_be_newer(revision(connection))
        if connection.dialect.name == "sqlite":
            _keep_copy(connection, sqlite_path(url), to)
        with _alone(connection):
            command.upgrade(_config(connection), to)
        return revision(connection)


def downgrade(url: str, to: str = "base") -> str | None:
    """Take the schema down to a revision; where it stands then."""
    with connected(url) as connection:
        with _alone(connection):
            command.downgrade(_config(connection), to)
        return revision(connection)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """One transaction that no other migration runs beside."""
    connection.rollback()  # looking at the revision has begun one
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.rollback()
    with connection.begin():
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield
        _check_references(connection)


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise Unavailable(f"The migration would break {len(broken)} references, so nothing was changed.")


def _keep_copy(connection: Connection, path: Path, to: str) -> None:
    """A copy of a filled file beside it, before anything is changed."""
    stands = revision(connection)
    if stands is None or stands == newest() or to == stands:
        return
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(f"{path}.{stands}.{stamp}")) as copy:
        source.backup(copy)
