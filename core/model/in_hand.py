"""Values as the very objects they are, so that what was just made of them is known.

Frozen ones stay what they were: to compare all their fields would cost more than to make it again.
"""

from __future__ import annotations

from typing import Any, Final

KEPT: Final = 64
"""How much of one kind is kept: what is in hand, not what is at rest."""


class InHand:
    """Equal to another one of the same objects; keeps them, so that no other can come to bear their identity."""

    __slots__ = ("_ids", "held")

    def __init__(self, *held: Any) -> None:
        self.held = held
        self._ids = tuple(map(id, held))

    def __hash__(self) -> int:
        return hash(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InHand) and self._ids == other._ids
