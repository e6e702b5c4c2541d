"""Very many requests in little time: requests the desk made are copied row by row, in the database's own encoding.

A copy differs from its template in id, number and the moment of its creation, wherever they stand in a row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count as counting
from itertools import islice
from typing import Any, Final

import psycopg
from psycopg import sql

TABLES: Final = {"requests": "id", "waiting": "request", "events": "request"}
"""The tables a request has rows in, and the column that names it."""

BATCH: Final = 20_000
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """One stored request: its rows by table, and the words in them that a copy must change."""

    id: str
    number: int
    created_at: datetime
    rows: dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[str, ...]


def copy_requests(url: str, ids: Sequence[str], count: int) -> None:
    """`count` copies, in turn of each of the given requests."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            _fill_sqlite(connection, ids, count)
        connection.close()
    else:
        with psycopg.connect(url) as connected:
            _fill_postgres(connected, ids, count)
        with psycopg.connect(url, autocommit=True) as connected:
            connected.execute("ANALYZE")


def _fill_sqlite(connection: sqlite3.Connection, ids: Sequence[str], count: int) -> None:
    tables = {name: _sqlite_columns(connection, name) for name in TABLES}

    def rows(table: str, id: str) -> list[Row]:
        names = ", ".join(f'"{column}"' for column in tables[table])
        query = f'SELECT {names} FROM "{table}" WHERE "{TABLES[table]}" = ?'  # noqa: S608 (our own names)
        return connection.execute(query, (id,)).fetchall()

    templates = [_template(id, {table: rows(table, id) for table in tables}, tables["requests"]) for id in ids]
    for name, columns in tables.items():
        places = ", ".join("?" * len(columns))
        names = ", ".join(f'"{column}"' for column in columns)
        insert = f'INSERT INTO "{name}" ({names}) VALUES ({places})'  # noqa: S608
        copies = _copies(templates, name, columns, count)
        while batch := list(islice(copies, BATCH)):
            connection.executemany(insert, batch)


def _sqlite_columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """All but the ledger's own row number."""
    found = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    return tuple(name for name in found if not (table == "events" and name == "id"))


def _fill_postgres(connection: psycopg.Connection[Any], ids: Sequence[str], count: int) -> None:
    tables = {name: _postgres_columns(connection, name) for name in TABLES}

    def rows(table: str, id: str) -> list[Row]:
        names = sql.SQL(", ").join(map(sql.Identifier, tables[table]))
        query = sql.SQL("SELECT {} FROM {} WHERE {} = %s").format(
            names, sql.Identifier(table), sql.Identifier(TABLES[table])
        )
        return connection.execute(query, (id,)).fetchall()

    templates = [_template(id, {table: rows(table, id) for table in tables}, tables["requests"]) for id in ids]
    for name, columns in tables.items():
        target = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with connection.cursor().copy(target) as copy:
            for row in _copies(templates, name, columns, count):
                copy.write_row(row)


def _postgres_columns(connection: psycopg.Connection[Any], table: str) -> tuple[str, ...]:
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"
    found = [row[0] for row in connection.execute(query, (table,))]
    return tuple(name for name in found if not (table == "events" and name == "id"))


def _template(id: str, rows: dict[str, list[Row]], columns: Sequence[str]) -> Template:
    (request,) = rows["requests"]
    made = request[columns.index("created_at")]
    created_at = datetime.fromisoformat(made) if isinstance(made, str) else made
    return Template(id, request[columns.index("number")], created_at, rows)


def _copies(templates: Sequence[Template], table: str, columns: Sequence[str], count: int) -> Iterator[Row]:
    sealed = counting(-1, -1)  # places before the feed's first: nothing of a copy is left to seal
    for place in range(count):
        template = templates[place % len(templates)]
        created_at = template.created_at - timedelta(seconds=1 + place)
        number = 1_000_000 + place
        words = (
            (template.id, f"{template.id[:-10]}{place:010}"),
            (f'"number":{template.number},', f'"number":{number},'),
            (_plain(template.created_at), _plain(created_at)),
        )
        for row in template.rows[table]:
            changed = {"number": number, "position": next(sealed)}
            yield tuple(
                changed[column]
                if column in changed
                else created_at
                if value == template.created_at
                else _written(value, words)
                for column, value in zip(columns, row, strict=True)
            )


def _plain(moment: datetime) -> str:
    """The part of a written moment that all encodings share."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _written(value: Any, words: Iterable[tuple[str, str]]) -> Any:
    if isinstance(value, str):
        for old, new in words:
            value = value.replace(old, new)
    return value
