"""`dataclass` as the standard library has it, but quick to make where it is frozen and has slots.

The library's own sets each field of a frozen one by a call: 3 µs for a request, and a command makes two dozen nouns. Here
a new object is of an open class with the same slots until its fields are set, which takes a fifth of that; then it is
frozen like any other. Type checkers see the library's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

__all__ = ["dataclass", "open_class"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(noun: Any = None, /, **how: Any) -> Any:
        if noun is None:
            return lambda cls: dataclass(cls, **how)
        made = dataclasses.dataclass(noun, **how)
        if how.get("frozen") and how.get("slots") and how.get("init", True):
            _make_ready_when_first_made(made)
        return made


_OPEN: Final[dict[type, type]] = {}

_TURN: Final = object.__dict__["__class__"].__set__
"""Makes an object one of another class, frozen or not."""

_GIVEN: Final = object()
"""Stands for what a factory is to make."""


def open_class(noun: type) -> type | None:
    """What an object of this class is until it is frozen; None where the library makes it."""
    return _OPEN.get(noun)


def _make_ready_when_first_made(noun: Any) -> None:
    """There are hundreds, and most are never made in one process."""
    by_library = noun.__init__

    def first(self: Any, *args: Any, **named: Any) -> None:
        opened = _opened(noun) if _takes_its_fields(by_library, noun) else None
        noun.__init__ = by_library if opened is None else _told_alike(_maker(noun, opened), by_library)
        noun.__init__(self, *args, **named)

    noun.__init__ = _told_alike(first, by_library)


def _told_alike(init: Any, by_library: Any) -> Any:
    """Its signature is told as the library's is."""
    init.__wrapped__ = by_library
    return init


def _takes_its_fields(init: Any, noun: Any) -> bool:
    """Each of them by place, and nothing else; what more the library can do is left to it."""
    code = init.__code__
    return bool(code.co_varnames[1 : code.co_argcount] == tuple(field.name for field in dataclasses.fields(noun)))


def _opened(noun: Any) -> type | None:
    own = {"__slots__": noun.__dict__["__slots__"], "__setattr__": object.__setattr__, "__module__": noun.__module__}
    try:
        opened: type = type(noun)(f"{noun.__name__} in the making", noun.__bases__, own)
        _TURN(object.__new__(noun), opened)
    except TypeError:  # its layout is another one, or it is abstract or generic
        return None
    _OPEN[noun] = opened
    return opened


def _maker(noun: Any, opened: type) -> Any:
    """All that can fail is done before the object is open."""
    fields = dataclasses.fields(noun)
    known: dict[str, Any] = {"_turn": _TURN, "_opened": opened, "_given": _GIVEN}
    lines = [
        f"def __init__(self, {', '.join(_parameter(field, known) for field in fields)}):",
        *(f" if {name} is _given: {name} = _make_{name}()" for name in _made_for_each(fields)),
        " _kind = self.__class__",
        " _turn(self, _opened)",
        *(f" self.{field.name} = {field.name}" for field in fields),
        " self.__class__ = _kind",
        *([" self.__post_init__()"] if hasattr(noun, "__post_init__") else []),
    ]
    exec("\n".join(lines), known)  # noqa: S102 (the fields' own names, as dataclasses itself does)
    return known["__init__"]


def _parameter(field: dataclasses.Field[Any], known: dict[str, Any]) -> str:
    if field.default is not dataclasses.MISSING:
        known[f"_default_{field.name}"] = field.default
        return f"{field.name}=_default_{field.name}"
    if field.default_factory is not dataclasses.MISSING:
        known[f"_make_{field.name}"] = field.default_factory
        return f"{field.name}=_given"
    return field.name


def _made_for_each(fields: tuple[dataclasses.Field[Any], ...]) -> Iterator[str]:
    return (field.name for field in fields if field.default_factory is not dataclasses.MISSING)
