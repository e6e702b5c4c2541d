"""Opening the store a database address names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from core.codec import Codec
from core.errors import Invalid
from core.ports import Chain, Clock, Derive
from core.store.engine import Engine, Parts, Seal
from core.store.sqlite import SqliteStore


@asynccontextmanager
async def open_store(
    url: str,
    *,
    clock: Clock,
    codec: Codec,
    chain: Chain,
    derive: Derive,
    seal: Seal | None = None,
    turned: Callable[[], timedelta] = timedelta,
) -> AsyncIterator[Engine]:
    """The store at `sqlite:///file` or `postgresql://…`, whose tables are there already; closed at the end.

    `seal` is called with the organisations whose ledger has grown: on SQLite within that very commit, on PostgreSQL at
    most 250 ms later. PostgreSQL keeps its own time; `turned` is how far it has been turned by hand.
    """
    parts = Parts(clock, codec, chain, derive, seal, turned)
    store = _open(url, parts)
    try:
        yield store
    finally:
        await store.close()


def _open(url: str, parts: Parts) -> Engine:
    if is_sqlite(url):
        return SqliteStore(sqlite_path(url), parts)
    from core.store.postgres import PostgresStore  # noqa: PLC0415 (its driver is an extra)

    return PostgresStore(url, parts)


def is_sqlite(url: str) -> bool:
    """Whether the address names a SQLite file; `Invalid` for what is neither kind, or names a driver of its own."""
    try:
        kind = make_url(url).drivername
    except ArgumentError as error:
        raise Invalid("The database address cannot be read; write sqlite:///file or postgresql://…") from error
    if kind not in {"sqlite", "postgresql"}:
        raise Invalid(f"'{kind}' is no database this runs on; write sqlite:///file or postgresql://…")
    if kind == "postgresql" and find_spec("psycopg") is None:
        raise Invalid("PostgreSQL needs its driver, which is an extra: pipx install '.[postgres]'.")
    return kind == "sqlite"


def sqlite_path(url: str) -> Path:
    path = make_url(url).database
    if not path or path == ":memory:":
        raise Invalid("The database must be a file, so that nothing is lost at a restart; write sqlite:///file.")
    return Path(path)


def make_folder(path: Path) -> None:
    """The folder of a SQLite file, which SQLite itself does not make."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Invalid(
            f"The database's folder {path.parent} cannot be made ({problem.strerror}); "
            "make it, or name another place in COUNTERSIGN_DATABASE_URL."
        ) from None
