"""Maximum matching: each slot at most one person, each person at most one slot, as many as can be."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

S = TypeVar("S", bound=Hashable)
P = TypeVar("P", bound=Hashable)


def match(wanted: Mapping[S, Sequence[P]]) -> dict[S, P]:
    """Maximum bipartite matching of slots to those who could take them, slots in the order given.

    Augmenting paths never free a slot once it is filled.
    """
    holder: dict[P, S] = {}

    def place(slot: S, tried: set[P]) -> bool:
        for person in wanted[slot]:
            if person in tried:
                continue
            tried.add(person)
            if person not in holder or place(holder[person], tried):
                holder[person] = slot
                return True
        return False

    for slot in wanted:
        place(slot, set())
    return {slot: person for person, slot in holder.items()}
