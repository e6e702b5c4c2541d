"""What admins set up, kept as it was read: every command reads it, and it changes seldom.

Only where one connection does all the writing of this process, and sees whether another process wrote. A query is kept that
reads nothing but these tables and compares no moments; whatever is written to one of them ends all that is kept.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from sqlalchemy import Executable, Select, Table
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import BindParameter, ColumnClause, TextClause

from core.store import tables as t
from core.store.columns import UtcDateTime

SET_UP: Final[frozenset[Table]] = frozenset(
    {
        t.organisations,
        t.projects,
        t.members,
        t.identities,
        t.groups,
        t.group_members,
        t.grants,
        t.preferences,
        t.delegations,
        t.schedules,
        t.shifts,
        t.agents,
        t.api_keys,
        t.tokens,
        t.rulebooks,
    }
)

MOST: Final = 4_096
"""Answers kept; then all are read anew."""

LARGEST: Final = 64
"""Rows of an answer that is kept."""

Row = tuple[Any, ...]
Key = tuple[str, tuple[Any, ...]]


def can_be_kept(statement: Executable) -> bool:
    """Whether its answer stays true until somebody writes to one of the tables of `SET_UP`."""
    if not isinstance(statement, Select) or statement._for_update_arg is not None:  # noqa: SLF001 (has no other name)
        return False
    parts = list(visitors.iterate(statement))
    return SET_UP.issuperset(part for part in parts if isinstance(part, Table)) and not any(map(_is_unsure, parts))


def _is_unsure(part: object) -> bool:
    """A moment, or what is told in plain text; but `EXISTS (SELECT * …)` is sure."""
    if isinstance(part, BindParameter):
        return isinstance(part.type, UtcDateTime)
    if isinstance(part, TextClause):
        return part.text != "*"
    return isinstance(part, ColumnClause) and part.is_literal and part.name != "*"


def may_end_it(statement: Executable) -> bool:
    """Whether it may make untrue what was kept; what is told in plain text may do anything."""
    if isinstance(statement, UpdateBase):
        return statement.table in SET_UP
    return not isinstance(statement, Select)


class Kept:
    """Answers of the connection that writes. Used by whoever holds it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version = self._present_version()
        self._answers: dict[Key, list[Row]] = {}
        self._may_be_taken_back = False

    def look_around(self) -> None:
        """At the beginning of a transaction: forget everything where another process has written since."""
        self._may_be_taken_back = False
        version = self._present_version()
        if version != self._version:
            self._version = version
            self._answers.clear()

    def written(self) -> None:
        """This connection writes to one of the tables: what is read from now on may be taken back with that."""
        self._answers.clear()
        self._may_be_taken_back = True

    def taken_back(self) -> None:
        """Some of what was written in this transaction, or all."""
        if self._may_be_taken_back:
            self._answers.clear()

    @property
    def is_sure(self) -> bool:
        """Whether nothing that is kept comes from what is yet to be committed."""
        return not self._may_be_taken_back

    def get(self, key: Key) -> list[Row] | None:
        return self._answers.get(key)

    def keep(self, key: Key, rows: list[Row]) -> None:
        if len(rows) > LARGEST:
            return
        if len(self._answers) >= MOST:
            self._answers.clear()
        self._answers[key] = rows

    def _present_version(self) -> int:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version
