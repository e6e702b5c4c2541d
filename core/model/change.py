"""Four eyes: a change of what is set up, asked of the other admins as a request of type `countersign.<topic>`. Pure."""

from __future__ import annotations

from typing import Final

from core.model.quick import dataclass
from core.model.request import Content, Request

PREFIX: Final = "countersign."
"""Types that Countersign alone asks for; stored, so it may never be renamed."""

CARRIER: Final = "four_eyes"
"""The system's name in the ledger where a change is carried out; stored, so it may never be renamed."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the desk is handed to ask for a change: what it says, and whom of the admins it must not ask.

    `barred` are member ids: whoever asks, and whoever gains by it. `notify` are channels; without any, each admin is
    shown the card directly. `by_host`: whoever has the host did it, so nobody is asked and all admins are told.
    """

    content: Content
    project: str
    barred: frozenset[str]
    notify: tuple[str, ...] = ()
    by_host: bool = False


def is_change_type(word: str) -> bool:
    return word.startswith(PREFIX)


def is_change(request: Request) -> bool:
    """Whether the other admins are asked for a change here. Whoever adds a way around people must let these alone."""
    return is_change_type(request.content.type)
