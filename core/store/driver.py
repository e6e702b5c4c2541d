"""Statements compiled once per database, and the session that runs them on the driver's own cursor.

Where the driver can send statements without waiting (PostgreSQL's pipeline), `send` and `change` do; what they come to is
known at the latest before the commit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Executable, Insert, Select, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from core.store.columns import Convert
from core.store.kept import can_be_kept, may_end_it

Row = tuple[Any, ...]
Params = dict[str, Any]
Values = Sequence[Any]
Converts = tuple[tuple[int, Convert], ...]
"""Which places hold a value to be turned, and how."""

MOST_ROWS: Final = 8
"""Rows in one INSERT at most."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One statement for one database: its text, values written in it, how values are turned on their way, and what of it is kept."""

    sql: str
    literals: Params
    take: Callable[[Params], Values]
    binds: Converts
    results: Converts
    can_be_kept: bool
    may_end_what_is_kept: bool

    def values(self, params: Params) -> Values:
        """Those of `params` and the literals that the text names, in its order, as the driver wants them."""
        taken = self.take({**self.literals, **params} if self.literals else params)
        return _turned(taken, self.binds) if self.binds else taken

    def rows(self, found: list[Row]) -> list[Row]:
        """What the driver found, as the columns' types mean it."""
        return [tuple(_turned(row, self.results)) for row in found] if self.results else found


def _turned(taken: Values, converts: Converts) -> list[Any]:
    values = list(taken)
    for place, convert in converts:
        values[place] = convert(values[place])
    return values


class Statements:
    """Compiles statements for one database, whose placeholders are known by their place, and keeps them."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._prepared: dict[Executable, Prepared] = {}
        self._for_rows: dict[tuple[Insert, tuple[str, ...], int], tuple[str, Prepared]] = {}

    def prepared(self, statement: Executable) -> Prepared:
        known = self._prepared.get(statement)
        if known is None:
            known = self._prepared[statement] = self._prepare(statement)
        return known

    def sent(self, statement: Executable, rows: Sequence[Params]) -> Iterator[tuple[str, Values]]:
        """Text and values of all it takes to run the statement for every row; the rows of an INSERT are alike."""
        if isinstance(statement, Insert):
            for start in range(0, len(rows), MOST_ROWS):
                yield self._inserted(statement, rows[start : start + MOST_ROWS])
            return
        prepared = self.prepared(statement)
        for row in rows:
            yield prepared.sql, prepared.values(row)

    def _inserted(self, statement: Insert, rows: Sequence[Params]) -> tuple[str, Values]:
        """Text and values of the one INSERT of all these rows."""
        key = (statement, tuple(rows[0]), len(rows))
        known = self._for_rows.get(key)
        if known is None:
            known = self._for_rows[key] = self._prepare_for_rows(*key)
        sql, lone = known
        return sql, lone.values(rows[0]) if len(rows) == 1 else list(chain.from_iterable(map(lone.values, rows)))

    def _prepare_for_rows(self, statement: Insert, columns: tuple[str, ...], rows: int) -> tuple[str, Prepared]:
        """The text for so many rows, and the INSERT of a lone one, which knows the values of each of them.

        So none of its values may stand behind the rows: it would be given once for each, and the database refuses that.
        """
        several = self._prepare(statement.values([dict.fromkeys(columns)] * rows))
        lone = {name: bindparam(name, type_=statement.table.c[name].type) for name in columns}
        return several.sql, self._prepare(statement.values(lone))

    def _prepare(self, statement: Executable) -> Prepared:
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        assert isinstance(statement, ClauseElement)  # noqa: S101 (every executable is one; the types do not say so)
        compiled = statement.compile(dialect=self._dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 (as what is no DDL is compiled)
        names, binds = compiled.positiontup or [], compiled.binds
        return Prepared(
            sql=str(compiled),
            literals={name: binds[name].value for name in names if binds[name].value is not None},
            take=_taker(names),
            binds=_where_any(self._own(binds[name].type).bind_processor(self._dialect) for name in names),
            results=_where_any(self._own(column.type).result_processor(self._dialect, None) for column in columns),
            can_be_kept=can_be_kept(statement),
            may_end_what_is_kept=may_end_it(statement),
        )

    def _own(self, kind: TypeEngine[Any]) -> TypeEngine[Any]:
        return kind.dialect_impl(self._dialect)


def _taker(names: Sequence[str]) -> Callable[[Params], Values]:
    """`itemgetter`, which gives a lone value bare and cannot be asked for none."""
    match names:
        case []:
            return lambda _: ()
        case [name]:
            return lambda params: (params[name],)
        case _:
            return itemgetter(*names)


def _where_any(converts: Iterable[Convert | None]) -> Converts:
    return tuple((place, convert) for place, convert in enumerate(converts) if convert is not None)


class Session(ABC):
    """One connection's statements, within whatever transaction it is in."""

    keeps: bool = False
    """Whether what admins set up is kept here, so that it costs nothing to ask for it again."""

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

    def at_one_moment(self) -> AbstractContextManager[None]:
        """Nothing is to be done where every read is."""
        return nullcontext()

    def row(self, statement: Executable, params: Params | None = None, *, clock: bool = False) -> Row | None:
        found = self.rows(statement, params, clock=clock)
        return found[0] if found else None
