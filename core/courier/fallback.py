"""Where a request is shown instead, when one of its places can no longer be used."""

from __future__ import annotations

from collections.abc import Callable, Collection

from core.model.request import Request
from core.outgoing import DIRECT, requester_places
from core.standing import waiting_principals

Roster = Callable[[str, int], frozenset[str]]


def instead_of(
    place: str, request: Request, others: Collection[str], *, alive: bool, roster: Roster
) -> tuple[str, ...]:
    """Places to add. `others` are all places the request ever had, `alive` whether one of them can still be used.

    A lost channel falls back to the people waited for. Where nobody is left who could see the request, whoever asked
    is shown it. A place is never taken twice, so that this ends.
    """
    people = () if place.startswith("member:") else _waited_for(request, roster)
    if not people and not alive:
        people = requester_places(request)
    return tuple(person for person in people if person != place and person not in others)


def _waited_for(request: Request, roster: Roster) -> tuple[str, ...]:
    members: dict[str, None] = {}
    for principal in sorted(waiting_principals(request)):
        members |= dict.fromkeys(sorted(roster(principal, DIRECT)))
    allowed = [member for member in members if member not in request.plan.barred]
    return tuple(f"member:{member}" for member in allowed[:DIRECT])
