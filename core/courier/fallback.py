"""Where a request is shown instead, when one of its places can no longer be used."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.model.request import Request
from core.outgoing import DIRECT, requester_places
from core.ports import Delivery
from core.standing import waiting_principals

Roster = Callable[[str, int], frozenset[str]]


def instead_of(cards: Sequence[Delivery], request: Request, roster: Roster) -> tuple[str, ...]:
    """Places to add, given all cards the request has in an outlet, some of them lost.

    A lost channel falls back to the people waited for. Where nobody is left who could see the request, whoever asked
    is shown it. No place is ever taken twice, so that this ends.
    """
    taken = {card.place for card in cards}
    lost_a_channel = any(card.state == "lost" and not card.place.startswith("member:") for card in cards)
    people = [place for place in _waited_for(request, roster) if place not in taken] if lost_a_channel else []
    if not people and all(card.state == "lost" for card in cards):
        people = [place for place in requester_places(request) if place not in taken]
    return tuple(people)


def _waited_for(request: Request, roster: Roster) -> tuple[str, ...]:
    members: dict[str, None] = {}
    for principal in sorted(waiting_principals(request)):
        members |= dict.fromkeys(sorted(roster(principal, DIRECT)))
    allowed = [member for member in members if member not in request.plan.barred]
    return tuple(f"member:{member}" for member in allowed[:DIRECT])
