"""Two things SQLAlchemy spells for one execution at a time, spelled once for a compiled statement.

`among` is `IN` with a padded number of values, so that few statements serve every number; `Joined` is an aggregate of words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from core.store.driver import Params

LARGEST = 512


class Joined(FunctionElement[str]):
    """All values of a column, with a space between them."""

    type = Text()
    inherit_cache = True
    name = "joined"


@compiles(Joined, "sqlite")
def _group_concat(element: Joined, compiler: SQLCompiler, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, ' ')"


@compiles(Joined, "postgresql")
def _string_agg(element: Joined, compiler: SQLCompiler, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, ' ')"


def width(number: int) -> int:
    """The power of two that holds `number` values."""
    return 1 << max(0, number - 1).bit_length()


def among(column: ColumnElement[Any], name: str, places: int) -> ColumnElement[bool]:
    """`column` is one of the `places` values called `name_0` and on."""
    return column.in_([bindparam(f"{name}_{place}", type_=column.type) for place in range(places)])


def chosen(name: str, values: Sequence[Any], places: int) -> Params:
    """The values of `among`, the last one repeated into the places left over."""
    return {f"{name}_{place}": values[min(place, len(values) - 1)] for place in range(places)}
