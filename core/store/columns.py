"""The two column types of our own: moments that are always UTC, and JSON kept as the text that was written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]
"""How a value is handed to the driver, or what came back is turned into what it means."""

FAR_FUTURE: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for "no deadline" where an index must order by it."""

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for "at once" where an index must order by it."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with microseconds: `timestamptz` on PostgreSQL, text of fixed width (so that it sorts) on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def bind_processor(self, dialect: Dialect) -> Convert:
        """A dozen moments travel with each command: by our own function, without SQLAlchemy's layers around it."""
        return _utc if dialect.name == "postgresql" else _text

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert:
        return _utc if dialect.name == "postgresql" else _moment


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


@lru_cache(maxsize=64)
def _text(moment: datetime | None) -> str | None:
    """One command writes its few moments again and again."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


class Json(TypeDecorator[Any]):
    """A JSON value as text. Not `jsonb`: nothing searches inside, and the database need not parse it."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Convert:
        return _written

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert | None:
        return _read


class JsonText(Json):
    """Written as JSON, read as the text it is kept as: by that text what it means is known from the time before."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """As it is."""


def _written(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _read(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
