"""A batch: several requests alike, looked at together; each is decided by itself, as exactly what was on show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from core.model.quick import dataclass
from core.model.request import Request

SHORTEST: Final = 32
"""Characters of a digest that name a revision beyond doubt: 128 bits."""

_WRITTEN: Final = re.compile(r"(req_[0-9A-HJKMNP-TV-Z]{26})\.(\d{1,6})\.(\d{1,4})\.([0-9a-f]{32,64})")


@dataclass(frozen=True, slots=True)
class Item:
    """One request as it was on show: its revision, the stage it was in, and the digest of what it asked, or its beginning."""

    request: str
    revision: int
    stage: int
    digest: str

    def __str__(self) -> str:
        return f"{self.request}.{self.revision}.{self.stage}.{self.digest[:SHORTEST]}"


def read_item(written: str) -> Item | None:
    """The inverse of `str`; None for anything we never wrote."""
    match = _WRITTEN.fullmatch(written)
    return None if match is None else Item(match[1], int(match[2]), int(match[3]), match[4])


def item_of(request: Request) -> Item:
    return Item(request.id, request.revision, request.stage, request.digest)


def write_items(items: Iterable[Item]) -> str:
    """Several, in what a button carries: twenty take two thirds of what Slack lets it hold."""
    return " ".join(map(str, items))


def read_items(written: str) -> tuple[Item, ...]:
    """The inverse; nothing at all where any of it was never written by us."""
    found = [read_item(one) for one in written.split(" ")]
    known = tuple(item for item in found if item is not None)
    return known if len(known) == len(found) else ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """What requests have in common that are shown as one batch: where, what kind, and who asks."""

    project: str
    type: str
    requester: str
    requester_name: str


def likeness(request: Request) -> Likeness:
    return Likeness(request.project, request.content.type, request.requester.key, request.requester.name)


@dataclass(frozen=True, slots=True)
class Batch:
    """Requests alike that wait for one person, the oldest deadline first."""

    like: Likeness
    requests: tuple[Request, ...]
