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
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from core.errors import Conflict, Unavailable
from core.store.opening import is_sqlite, sqlite_path

LOCK: Final = 0x434F554E  # any number, the same in every process

_FOLDER: Final = Path(__file__).parent / "migrations"


class SchemaBehind(Conflict):
    """The database's schema is not the one this program was written for."""

    code = "schema_behind"


def upgrade(url: str, revision: str = "head") -> str | None:
    """Bring the schema up to `revision`; where it stands then."""
    with _connected(url) as connection:
        if connection.dialect.name == "sqlite":
            _keep_copy(connection, sqlite_path(url), revision)
        with _alone(connection):
            command.upgrade(_config(connection), revision)
        return _revision(connection)


def downgrade(url: str, revision: str = "base") -> str | None:
    """Take the schema down to `revision`; where it stands then."""
    with _connected(url) as connection:
        with _alone(connection):
            command.downgrade(_config(connection), revision)
        return _revision(connection)


def current(url: str) -> str | None:
    """The revision the database stands at; None before the first."""
    with _connected(url) as connection:
        return _revision(connection)


def newest() -> str | None:
    """The revision this program was written for."""
    return _scripts().get_current_head()


def check_current(url: str) -> None:
    """Raise `SchemaBehind` unless the schema is the one this program was written for."""
    stands, wanted = current(url), newest()
    if stands != wanted:
        raise SchemaBehind(
            f"The database's schema is at '{stands or 'nothing'}', this program needs '{wanted}'; "
            "run `countersign migrate` first."
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(None))


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """A connection that leaves BEGIN and COMMIT to us: the drivers' own would split a migration."""
    options = {"timeout": 30, "isolation_level": None} if is_sqlite(url) else {}
    address = f"sqlite:///{sqlite_path(url)}" if is_sqlite(url) else url
    engine = create_engine(address, poolclass=NullPool, connect_args=options)
    with _reached(engine) as connection:
        yield connection
    engine.dispose()


def _reached(engine: Engine) -> Connection:
    """The driver's own words may hold the password of the address, so they are not passed on."""
    try:
        return engine.connect()
    except OperationalError:
        raise Unavailable("The database cannot be reached; check its address and that it is running.") from None


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


def _keep_copy(connection: Connection, path: Path, revision: str) -> None:
    """A copy of a filled file beside it, before anything is changed."""
    stands = _revision(connection)
    if stands is None or stands == newest() or revision == stands:
        return
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(f"{path}.{stands}.{stamp}")) as copy:
        source.backup(copy)
