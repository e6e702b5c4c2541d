"""The arguments of an office's method as JSON values and back: what a change that waits for a yes is kept as.

JSON values stand for themselves; everything else is `{"$<kind>": …}`. Whoever gives an office nouns of another kind adds
them to `NOUNS`. Secrets have no place here: they are made when the change is carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from core.model.command import GrantLease
from core.model.organisation import Bounds, RequestType
from core.model.people import Role, Verb
from core.model.requirement import Source
from core.model.rule import Mode

NOUNS: Final[Mapping[str, type[Any]]] = {
    kind.__name__: kind for kind in (Bounds, GrantLease, Mode, RequestType, Role, Source, Verb)
}
"""Their names are stored: none may ever be renamed."""


def spell(value: Any) -> Any:
    match value:
        case Enum():
            return {f"${_known(type(value))}": value.value}
        case None | bool() | int() | float() | str():
            return value
        case timedelta():
            return {"$duration": value.total_seconds()}
        case datetime():
            return {"$moment": value.isoformat()}
        case set() | frozenset():
            return {"$set": sorted((spell(one) for one in value), key=str)}
        case Mapping():
            return {str(name): spell(one) for name, one in value.items()}
        case _ if hasattr(value, "__dataclass_fields__"):
            said = {field.name: spell(getattr(value, field.name)) for field in fields(value)}
            return {f"${_known(type(value))}": said}
        case Iterable():
            return [spell(one) for one in value]
        case _:
            raise TypeError(f"{type(value).__name__} cannot be kept until others have agreed")


def _known(kind: type[Any]) -> str:
    if NOUNS.get(kind.__name__) is not kind:
        raise TypeError(f"{kind.__name__} is not among the nouns that can be kept until others have agreed")
    return kind.__name__


def unspell(said: Any) -> Any:
    """The inverse; lists come back as tuples."""
    if isinstance(said, list):
        return tuple(unspell(one) for one in said)
    if not isinstance(said, Mapping):
        return said
    if len(said) == 1:
        ((word, inside),) = said.items()
        if word.startswith("$"):
            return _build(word[1:], inside)
    return {name: unspell(one) for name, one in said.items()}


def _build(word: str, inside: Any) -> Any:
    match word:
        case "duration":
            return timedelta(seconds=inside)
        case "moment":
            return datetime.fromisoformat(inside)
        case "set":
            return frozenset(unspell(one) for one in inside)
        case _ if word in NOUNS:
            kind = NOUNS[word]
            return kind(inside) if issubclass(kind, Enum) else kind(**unspell(inside))
        case _:
            return {f"${word}": unspell(inside)}
