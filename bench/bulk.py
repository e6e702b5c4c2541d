"""Very many requests in little time: requests the desk made are copied row by row, in the database's own encoding.

A copy differs from its template in id, number and the moment of its creation, wherever they stand in a row. Indexes that
hold nothing but order are dropped meanwhile and built again at the end, as anybody would who loads a million rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count as counting
from typing import Any, Final

import psycopg
from psycopg import sql

from bench.database import settle
from bench.progress import report
from core.model.request import Request

TABLES: Final = {"requests": "id", "waiting": "request", "events": "request"}
"""The tables a request has rows in, and the column that names it."""

CARDS: Final = {"deliveries": "request"}
"""Where its cards stand."""

EVERY: Final = 100_000
"""Copies between two lines of progress."""

FIRST: Final = 1_000_000
"""The number of the first copy."""

Row = tuple[Any, ...]
Change = Callable[["Copy"], Any]


@dataclass(frozen=True, slots=True)
class Copy:
    """What tells this copy from all others: its place among them, and what its template's words become."""

    place: int
    created_at: datetime
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Template:
    """One stored request: its rows by table, and the words in them that a copy must change."""

    id: str
    created_at: datetime
    rows: dict[str, list[Row]]
    words: Sequence[str]

    def copy(self, place: int, age: timedelta) -> Copy:
        created_at = self.created_at - age - timedelta(seconds=1 + place)
        words = _words(named(self.id, place), FIRST + place, created_at)
        return Copy(place, created_at, words)


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many copies, in turn of each of the given requests; made before them by `age`, and with their cards or not."""

    ids: Sequence[str]
    count: int
    age: timedelta = timedelta()
    cards: bool = False

    @property
    def tables(self) -> dict[str, str]:
        return TABLES | (CARDS if self.cards else {})

    def rows(self, templates: Sequence[Template], table: str, columns: Sequence[str]) -> Iterator[Row]:
        unused = counting(-1, -1)  # as places they are before the feed's first: nothing of a copy is left to seal
        changes = [[_changes(one, row, columns, unused) for row in one.rows[table]] for one in templates]
        for place in range(self.count):
            if place and place % EVERY == 0:
                report(f"{place:,} of {self.count:,} copied into {table}")
            which = place % len(templates)
            copy = templates[which].copy(place, self.age)
            for row, changed in zip(templates[which].rows[table], changes[which], strict=True):
                made = list(row)
                for at, change in changed:
                    made[at] = change(copy)
                yield tuple(made)


def copy_requests(
    url: str, ids: Sequence[str], count: int, *, age: timedelta = timedelta(), cards: bool = False
) -> None:
    """`count` copies, in turn of each of the given requests; made before them by `age`, and with their cards or not."""
    wanted = Wanted(ids, count, age, cards)
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            _fill_sqlite(connection, wanted)
    else:
        with psycopg.connect(url) as connected:
            _fill_postgres(connected, wanted)
    settle(url)


def named(id: str, place: int) -> str:
    """The id of the copy in this place."""
    return f"{id[:-10]}{place:010}"


def copies(requests: Sequence[Request], count: int) -> list[Request]:
    """The same copies as their cards show them, without reading each."""
    return [
        replace(one, id=named(one.id, place), number=FIRST + place)
        for place in range(count)
        for one in (requests[place % len(requests)],)
    ]


# ------------------------------------------------------------------------------------------------------------- SQLite


def _fill_sqlite(connection: sqlite3.Connection, wanted: Wanted) -> None:
    """Without a journal: one of a million rows would be as large as the database; nobody else has it open."""
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-262144", "temp_store=MEMORY", "threads=2"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    tables = {name: _sqlite_columns(connection, name) for name in wanted.tables}

    def rows(table: str, id: str) -> list[Row]:
        names = ", ".join(f'"{column}"' for column in tables[table])
        query = f'SELECT {names} FROM "{table}" WHERE "{wanted.tables[table]}" = ?'  # noqa: S608 (our own names)
        return connection.execute(query, (id,)).fetchall()

    templates = [_template(id, {table: rows(table, id) for table in tables}, tables["requests"]) for id in wanted.ids]
    for name, columns in tables.items():
        built_anew = _sqlite_indexes(connection, name)
        connection.execute("BEGIN")
        for index, _ in built_anew:
            connection.execute(f'DROP INDEX "{index}"')
        places, names = ", ".join("?" * len(columns)), ", ".join(f'"{column}"' for column in columns)
        insert = f'INSERT INTO "{name}" ({names}) VALUES ({places})'  # noqa: S608
        connection.executemany(insert, wanted.rows(templates, name, columns))
        connection.execute("COMMIT")
        for _, create in built_anew:
            connection.execute(create)
    connection.execute("PRAGMA journal_mode=WAL").fetchall()


def _sqlite_columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """All but the ledger's own row number."""
    return _without_serial(table, [row[1] for row in connection.execute(f"PRAGMA table_info({table})")])


def _sqlite_indexes(connection: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    """Names, and how they are made; those of constraints stay."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
    return connection.execute(query, (table,)).fetchall()


# --------------------------------------------------------------------------------------------------------- PostgreSQL


def _fill_postgres(connection: psycopg.Connection[Any], wanted: Wanted) -> None:
    connection.execute("SET maintenance_work_mem = '256MB'")
    tables = {name: _postgres_columns(connection, name) for name in wanted.tables}

    def rows(table: str, id: str) -> list[Row]:
        names = sql.SQL(", ").join(map(sql.Identifier, tables[table]))
        query = sql.SQL("SELECT {} FROM {} WHERE {} = %s").format(
            names, sql.Identifier(table), sql.Identifier(wanted.tables[table])
        )
        return connection.execute(query, (id,)).fetchall()

    templates = [_template(id, {table: rows(table, id) for table in tables}, tables["requests"]) for id in wanted.ids]
    for name, columns in tables.items():
        built_anew = _postgres_indexes(connection, name)
        for index, _ in built_anew:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
        target = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with connection.cursor().copy(target) as copy:
            for row in wanted.rows(templates, name, columns):
                copy.write_row(row)
        for _, create in built_anew:
            connection.execute(create.encode())


def _postgres_columns(connection: psycopg.Connection[Any], table: str) -> tuple[str, ...]:
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"
    return _without_serial(table, [row[0] for row in connection.execute(query, (table,))])


def _postgres_indexes(connection: psycopg.Connection[Any], table: str) -> list[tuple[str, str]]:
    query = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    return connection.execute(query, (table,)).fetchall()


# ------------------------------------------------------------------------------------------------------------- copies


def _without_serial(table: str, columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in columns if not (table == "events" and name == "id"))


def _template(id: str, rows: dict[str, list[Row]], columns: Sequence[str]) -> Template:
    (request,) = rows["requests"]
    made, number = request[columns.index("created_at")], request[columns.index("number")]
    created_at = datetime.fromisoformat(made) if isinstance(made, str) else made
    return Template(id, created_at, rows, _words(id, number, created_at))


def _changes(template: Template, row: Row, columns: Sequence[str], unused: Iterator[int]) -> list[tuple[int, Change]]:
    """Which columns of this row a copy changes, and into what."""
    found = [_change(template, name, value, unused) for name, value in zip(columns, row, strict=True)]
    return [(at, change) for at, change in enumerate(found) if change is not None]


def _change(template: Template, column: str, value: Any, unused: Iterator[int]) -> Change | None:
    match column:
        case "number":
            return lambda copy: FIRST + copy.place
        case "position":
            return lambda _: next(unused)
        case "id" if value != template.id:
            return lambda _: f"{value[:-20]}{-next(unused):020}"
    if value == template.created_at:
        return lambda copy: copy.created_at
    if not isinstance(value, str) or not any(word in value for word in template.words):
        return None
    return lambda copy: _written(value, template.words, copy.words)


def _plain(moment: datetime) -> str:
    """The part of a written moment that all encodings share."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _words(id: str, number: int, created_at: datetime) -> tuple[str, ...]:
    """A number as the request and its first event write it: stages have numbers, too."""
    return id, f'"number":{number},"requester"', f'"number":{number},"on_behalf_of"', _plain(created_at)


def _written(value: str, words: Sequence[str], become: Sequence[str]) -> str:
    for old, new in zip(words, become, strict=True):
        value = value.replace(old, new)
    return value
