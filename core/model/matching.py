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
    for slot in wanted:
        _place(slot, wanted, holder, set())
    return {slot: person for person, slot in holder.items()}


def _place(slot: S, wanted: Mapping[S, Sequence[P]], holder: dict[P, S], tried: set[P]) -> bool:
    for person in wanted[slot]:
        if person in tried:
            continue
        tried.add(person)
        if person not in holder or _place(holder[person], wanted, holder, tried):
            holder[person] = slot
            return True
    return False
