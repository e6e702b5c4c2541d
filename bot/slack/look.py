"""How somebody looks at their Home: which page, narrowed to what. Rides in the view as an opaque reference, judged anew."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Final

LONGEST: Final = 600
"""Characters of one part; a cursor is about a hundred."""


@dataclass(frozen=True, slots=True)
class Look:
    """`project` is an id, `type` a word; None is all of them."""

    cursor: str | None = None
    project: str | None = None
    type: str | None = None

    def __str__(self) -> str:
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps({name: value for name, value in parts.items() if value}, separators=(",", ":"))

    @property
    def is_narrowed(self) -> bool:
        return self.project is not None or self.type is not None


EVERYTHING: Final = Look()


def read_look(written: str) -> Look:
    """The inverse of `str`; the whole first page for anything a Home of ours never held."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return EVERYTHING
    if not isinstance(found, dict):
        return EVERYTHING
    return Look(*(_part(found.get(field.name)) for field in fields(Look)))


def _part(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable() else None
