"""Where a database's schema stands, read without Alembic: a server that finds it current never loads those 10 MB."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from core.errors import Conflict, Invalid, Unavailable
from core.store.opening import is_sqlite, sqlite_path

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_STANDS: Final = "alembic_version"  # Alembic's own name for the table with the revision


class SchemaBehind(Conflict):
    """The database's schema is not the one this program was written for."""

    code = "schema_behind"


def current(url: str) -> str | None:
    """The revision the database stands at; None before the first."""
    with connected(url) as connection:
        return revision(connection)


def newest() -> str:
    """The revision this program was written for: each file is called `v<revision>_<what>.py`, each later one higher."""
    return max(path.name[1:].partition("_")[0] for path in (MIGRATIONS / "versions").glob("v*_*.py"))


def must_not_be_newer(stands: str | None) -> None:
    """A database that a later program has brought up is nothing this one could write to."""
    if stands is not None and stands > newest():
        raise Unavailable(
            f"The database's schema is at '{stands}', which is newer than this program's '{newest()}'; "
            "install the version that made it, or bring back the backup from before."
        )


def check_current(url: str) -> None:
    """Raise `SchemaBehind` unless the schema is the one this program was written for."""
    stands, wanted = current(url), newest()
    must_not_be_newer(stands)
    if stands != wanted:
        raise SchemaBehind(
            f"The database's schema is at '{stands or 'nothing'}', this program needs '{wanted}'; "
            "run `countersign migrate` first."
        )


def revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_STANDS):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_STANDS}")).scalar()  # noqa: S608 (a name of ours)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection that leaves BEGIN and COMMIT to us: the drivers' own would split a migration."""
    options = {"timeout": 30, "isolation_level": None} if is_sqlite(url) else {}
    address = f"sqlite:///{sqlite_path(url)}" if is_sqlite(url) else url
    engine = create_engine(address, poolclass=NullPool, connect_args=options)
    with _reached(engine) as connection:
        if is_sqlite(url):
            _must_be_a_database(connection, sqlite_path(url))
        yield connection
    engine.dispose()


def _reached(engine: Engine) -> Connection:
    """The driver's own words may hold the password of the address, so they are not passed on."""
    try:
        return engine.connect()
    except OperationalError:
        raise Unavailable("The database cannot be reached; check its address and that it is running.") from None


def _must_be_a_database(connection: Connection, path: Path) -> None:
    """SQLite opens any file, and looks into it only when it is asked something."""
    try:
        connection.exec_driver_sql("PRAGMA schema_version")
    except DatabaseError as error:
        if not isinstance(error.orig, sqlite3.DatabaseError) or error.orig.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
            raise
        raise Invalid(
            f"{path} is no database of SQLite; name another file in COUNTERSIGN_DATABASE_URL, or bring it back from a backup."
        ) from None
    connection.rollback()
