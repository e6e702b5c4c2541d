"""Statements compiled once per database, and the session that runs them on the driver's own cursor.

Where the driver can send statements without waiting (PostgreSQL's pipeline), `send` and `change` do; what they come to is
known at the latest before the commit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final

from sqlalchemy import Executable, Insert, Select, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import TypeEngine

from core.store.columns import UtcDateTime, binder, reader

Row = tuple[Any, ...]
Params = dict[str, Any]
Convert = Callable[[Any], Any]

MOST_ROWS: Final = 8
"""Rows in one INSERT at most."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One statement for one database: its text, values written in it, and how values are turned on their way."""

    sql: str
    literals: Params
    binds: tuple[tuple[str, Convert], ...]
    results: tuple[tuple[int, Convert], ...]

    def values(self, params: Params) -> Params:
        """`params` as the driver wants them."""
        values = {**self.literals, **params}
        for name, convert in self.binds:
            if name in params:
                values[name] = convert(values[name])
        return values

    def rows(self, found: Iterable[Row]) -> list[Row]:
        """What the driver found, as the columns' types mean it."""
        if not self.results:
            return list(found)
        return [self._row(row) for row in found]

    def _row(self, row: Row) -> Row:
        values = list(row)
        for index, convert in self.results:
            values[index] = convert(values[index])
        return tuple(values)


class Statements:
    """Compiles statements for one database and keeps them."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._prepared: dict[Executable, Prepared] = {}
        self._several: dict[tuple[Insert, tuple[str, ...], int], tuple[Prepared, tuple[str, ...]]] = {}

    def prepared(self, statement: Executable) -> Prepared:
        known = self._prepared.get(statement)
        if known is None:
            known = self._prepared[statement] = self._prepare(statement)
        return known

    def _for_rows(self, statement: Insert, columns: tuple[str, ...], rows: int) -> tuple[Prepared, tuple[str, ...]]:
        """The INSERT for so many rows at once, and what their values are called: `column_0` and on, row by row.

        Those of a lone row are called as its columns are.
        """
        key = (statement, columns, rows)
        known = self._several.get(key)
        if known is None:
            table = statement.table
            names = [[name if rows == 1 else f"{name}_{row}" for name in columns] for row in range(rows)]
            values = [
                {name: bindparam(called, type_=table.c[name].type) for name, called in zip(columns, row, strict=True)}
                for row in names
            ]
            known = self._several[key] = self._prepare(statement.values(values)), tuple(chain.from_iterable(names))
        return known

    def sent(self, statement: Executable, rows: Sequence[Params]) -> Iterator[tuple[str, Params]]:
        """Text and values of all it takes to run the statement for every row."""
        if isinstance(statement, Insert) and rows:
            yield from self._inserted(statement, rows)
            return
        prepared = self.prepared(statement)
        for row in rows:
            yield prepared.sql, prepared.values(row)

    def _inserted(self, statement: Insert, rows: Sequence[Params]) -> Iterator[tuple[str, Params]]:
        """Text and values of as few statements as insert all the rows."""
        columns, start = tuple(rows[0]), 0
        while start < len(rows):
            size = min(MOST_ROWS, len(rows) - start)
            prepared, names = self._for_rows(statement, columns, size)
            yield prepared.sql, prepared.values(_together(names, columns, rows[start : start + size]))
            start += size

    def _prepare(self, statement: Executable) -> Prepared:
        assert isinstance(statement, ClauseElement)  # noqa: S101 (every executable is one; the types do not say so)
        compiled = statement.compile(dialect=self._dialect)
        binds = tuple(self._binds(compiled))
        known = {name: value for name, value in compiled.params.items() if value is not None}
        turned = dict(binds)
        literals = {name: turned[name](value) if name in turned else value for name, value in known.items()}
        return Prepared(str(compiled), literals, binds, tuple(self._results(statement)))

    def _binds(self, compiled: Compiled) -> Iterable[tuple[str, Convert]]:
        for name, bind in getattr(compiled, "binds", {}).items():
            convert = _binder(bind.type, self._dialect)
            if convert is not None:
                yield name, convert

    def _results(self, statement: Executable) -> Iterable[tuple[int, Convert]]:
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        for index, column in enumerate(columns):
            convert = _reader(column.type, self._dialect)
            if convert is not None:
                yield index, convert


def _together(names: tuple[str, ...], columns: tuple[str, ...], rows: Sequence[Params]) -> Params:
    if len(rows) == 1:
        return rows[0]
    return dict(zip(names, [row[name] for row in rows for name in columns], strict=True))


def _binder(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    """A dozen moments travel with each command: our own type's functions without SQLAlchemy's layers around them."""
    return binder(dialect) if isinstance(kind, UtcDateTime) else kind.dialect_impl(dialect).bind_processor(dialect)


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if isinstance(kind, UtcDateTime):
        return reader(dialect)
    return kind.dialect_impl(dialect).result_processor(dialect, None)


class Session(ABC):
    """One connection's statements, within whatever transaction it is in."""

    @abstractmethod
    def rows(self, statement: Executable, params: Params | None = None, *, clock: bool = False) -> list[Row]:
        """What a query finds; with `clock`, `now` is read anew right after it, locks waited for and all."""

    @abstractmethod
    def ahead(self, statement: Executable, params: Params, *, clock: bool = False) -> None:
        """This very query will be asked for soon; where answers travel, this one may travel with the next one's."""

    @abstractmethod
    def run(self, statement: Executable, params: Params | None = None) -> int:
        """Run it now; how many rows it changed."""

    @abstractmethod
    def send(self, statement: Executable, rows: Sequence[Params]) -> None:
        """Run it once per row; nobody waits for what comes of it."""

    @abstractmethod
    def change(self, statement: Executable, params: Params, otherwise: Exception) -> None:
        """Run it; `otherwise` is raised, at the latest before the commit, unless it changed exactly one row."""

    @abstractmethod
    def now(self, *, fresh: bool = False) -> datetime:
        """The clock of this session's transaction; `fresh` reads it again."""

    @abstractmethod
    def about_now(self) -> datetime:
        """This process's clock, a second or two off the database's at most; costs nothing and is never kept."""

    def row(self, statement: Executable, params: Params | None = None, *, clock: bool = False) -> Row | None:
        found = self.rows(statement, params, clock=clock)
        return found[0] if found else None
