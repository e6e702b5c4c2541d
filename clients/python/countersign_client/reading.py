"""From JSON to frozen dataclasses, by their annotations. Unknown members are left alone: servers grow."""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from countersign_client.errors import NotUnderstood

T = TypeVar("T")
Reader = Callable[[Any], Any]


def read(kind: type[T], value: Any) -> T:
    """The value as this kind; NotUnderstood where a member is missing or of another shape."""
    known: Any = kind
    found: T = _reader(known)(value)
    return found


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    key: str
    reader: Reader
    may_miss: bool


@cache
def _reader(kind: Hashable) -> Reader:
    if is_dataclass(kind):
        return _object(kind)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional(kind)
    if origin is tuple:
        return _several(get_args(kind)[0])
    return _moment if kind is datetime else _as_it_is


def _object(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    members = tuple(
        _Member(one.name, one.metadata.get("key", one.name), _reader(hints[one.name]), _has_default(one))
        for one in fields(kind)
        if one.name != "raw"
    )
    keeps_raw = any(one.name == "raw" for one in fields(kind))

    def read_object(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise NotUnderstood(f"A {kind.__name__} was expected, and something else came; check the address.")
        found = {one.name: one.reader(value[one.key]) for one in members if one.key in value}
        missing = next((one.key for one in members if one.name not in found and not one.may_miss), None)
        if missing is not None:
            raise NotUnderstood(f"A {kind.__name__} came without {missing}; is this a Countersign of our time?")
        return kind(**found, raw=value) if keeps_raw else kind(**found)

    return read_object


def _has_default(one: Any) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


def _optional(kind: Any) -> Reader:
    inner = [part for part in get_args(kind) if part is not types.NoneType]
    reader = _reader(inner[0]) if len(inner) == 1 else _as_it_is
    return lambda value: None if value is None else reader(value)


def _several(kind: Any) -> Reader:
    reader = _reader(kind)

    def read_several(value: Any) -> Any:
        if not isinstance(value, list):
            raise NotUnderstood("A list was expected, and something else came; check the address.")
        return tuple(map(reader, value))

    return read_several


def _moment(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise NotUnderstood(f"{value!r} is no moment; is this a Countersign of our time?") from None


def _as_it_is(value: Any) -> Any:
    return value
