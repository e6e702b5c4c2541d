"""Who is reminded, how and when: what each member prefers, and who decides for whom meanwhile. Rows, not sends.

What reminds is piled up: all of it that is due for one person, or one channel, leaves as one message. Quiet hours, days off
and holidays move it, and never a deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from core.model.absence import Preferences, Telling
from core.model.request import Request
from core.ports import Notice, Transaction
from core.scheduling.calendar import next_digest, working_time

PILED: Final = "piled"
"""The state of a notice that waits to be told together with others. Stored; never to be renamed."""

REMINDER: Final = "reminder"
REMINDING: Final = frozenset({REMINDER, "told", "escalated"})
"""Words of notices that only say what waits; whatever answers a person is said at once."""

MENTION: Final = "mention"
"""Where a channel's reminder names the members it mentions. Stored."""

Make = Callable[[str, str], Notice]
"""A notice for a place and an outlet."""


@dataclass(frozen=True, slots=True)
class Ears:
    """How the members among some places like to be told."""

    organisation: str
    known: Mapping[str, Preferences]

    def of(self, member: str) -> Preferences:
        return self.known.get(member) or Preferences(member, self.organisation)


def ears(tx: Transaction, organisation: str, members: Iterable[str]) -> Ears:
    wanted = frozenset(members)
    return Ears(organisation, tx.preferences_of(wanted) if wanted else {})


def members_in(places: Iterable[str]) -> tuple[str, ...]:
    return tuple(place.removeprefix("member:") for place in places if place.startswith("member:"))


def when_told(chosen: Preferences, now: datetime, *, waits: bool) -> datetime | None:
    """When a message of their own goes out; None where they want none. `waits`: the digest lists it anyway."""
    match chosen.told:
        case Telling.NOTHING:
            return None
        case Telling.DIGEST:
            return None if waits else chosen.digest_due or next_digest(chosen, now)
        case _:
            return working_time(chosen).next_open(now)


def is_mentioned(chosen: Preferences, now: datetime) -> bool:
    """In the channel now; whoever is not at work hears by a message of their own when they are."""
    return chosen.told is Telling.MENTION and working_time(chosen).next_open(now) <= now


def channels_of(tx: Transaction, request: Request) -> Mapping[str, tuple[str, ...]]:
    """The channels that show the request, by outlet."""
    found: dict[str, tuple[str, ...]] = {}
    for card in tx.deliveries(request.id):
        if not card.place.startswith("member:") and card.state != "lost":
            found[card.outlet] = (*found.get(card.outlet, ()), card.place)
    return found


def with_takers(tx: Transaction, request: Request, members: Iterable[str]) -> tuple[str, ...]:
    """Whoever is away is spared; who decides for them hears instead, unless it is barred or away as well."""
    asked = tuple(members)
    if not asked or request.plan.delegation == "none":
        return asked
    takers = tx.takers(asked, request.project)
    instead = (taker for member in asked for taker in takers.get(member, (member,)))
    return tuple(dict.fromkeys(one for one in instead if one not in request.plan.barred)) if takers else asked


def to_members(
    places: Iterable[str], how: Ears, now: datetime, make: Make, outlets: Iterable[str], *, waits: bool
) -> list[Notice]:
    """One piled notice per member who wants a message, and outlet."""
    piled: list[Notice] = []
    for member in members_in(places):
        at = when_told(how.of(member), now, waits=waits)
        if at is not None:
            piled += [replace(make(f"member:{member}", outlet), state=PILED, next_try_at=at) for outlet in outlets]
    return piled
