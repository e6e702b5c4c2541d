"""Digests: once on each working day what waits for a member, piled up for one message, in the transaction that dates the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from core.model.absence import NOBODY, Delegation, Preferences, Telling
from core.model.request import OPEN, Request
from core.phrases import phrase
from core.ports import Filter, Notice, Reader, Store, Transaction
from core.reminding import PILED
from core.scheduling.calendar import next_digest
from core.standing import not_waited_for, waiting_principals, without

AT_ONCE: Final = 10
"""Members in one transaction."""

LISTED: Final = 15
COUNTED: Final = 1_000
MOST: Final = 50
"""Delegations of one member looked at."""

OPEN_WORDS: Final = frozenset(status.value for status in OPEN)


@dataclass(frozen=True, slots=True)
class Digests:
    """`fresh` gives an unused ULID, `outlets` are the words of those in use."""

    store: Store
    fresh: Callable[[], str]
    outlets: tuple[str, ...]

    async def send(self) -> None:
        """All that are due."""
        while await self.store.transact(self._some, chore=True) >= AT_ONCE:
            pass

    def _some(self, tx: Transaction) -> int:
        now = tx.now()
        due = tx.claim_digests(now, AT_ONCE)
        for one in due:
            tx.within(partial(self._pile, chosen=one, now=now))
            tx.next_digest(one.member, next_digest(one, now) if one.told is Telling.DIGEST else None)
        return len(due)

    def _pile(self, tx: Transaction, reader: Reader, *, chosen: Preferences, now: datetime) -> None:
        found, more = waiting(reader, chosen.organisation, chosen.member)
        tx.notify(
            [
                notice
                for place, one in enumerate(found)
                for notice in self._notices(chosen, one, now, 0 if place else more)
            ]
        )

    def _notices(self, chosen: Preferences, request: Request, now: datetime, more: int) -> Iterable[Notice]:
        for outlet in self.outlets:
            yield Notice(
                id=f"ntc_{self.fresh()}",
                organisation=request.organisation,
                request=request.id,
                event=f"{request.id}:digest:{now:%Y%m%dT%H%M}",
                outlet=outlet,
                place=f"member:{chosen.member}",
                word="digest",
                sentence=phrase("#{number} {title} waits for you.", number=request.number, title=request.content.title),
                extra={"more": more} if more else {},
                state=PILED,
                next_try_at=now,
            )


@dataclass(frozen=True, slots=True)
class Seats:
    """The names under which things wait for a member, and since when they are in groups that were mirrored before."""

    names: frozenset[str]
    came: Mapping[str, datetime] = field(default_factory=dict)

    def at(self, request: Request) -> frozenset[str]:
        """Those that count there: who came into a mirrored group after it was asked is not waited for."""
        after = request.late_after
        if after is None or not self.came:
            return self.names
        return self.names - {name for name, since in self.came.items() if since > after}


@dataclass(frozen=True, slots=True)
class Waits:
    """The names under which things wait for a member: their own, and those of whom they stand in for."""

    member: str
    own: Seats
    for_others: tuple[tuple[Delegation, Seats], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return self.own.names.union(*(seats.names for _, seats in self.for_others))

    @property
    def open(self) -> Filter:
        """What waits for them, has not been answered by them, and may be theirs: the oldest deadline first."""
        return self._open(self.for_others)

    @property
    def open_everywhere(self) -> Filter:
        """The same without what counts in one project alone."""
        return self._open((one, seats) for one, seats in self.for_others if one.project is None)

    def _open(self, others: Iterable[tuple[Delegation, Seats]]) -> Filter:
        holders = [(self.member, self.own), *((one.giver, seats) for one, seats in others)]
        seats = united([held for _, held in holders])
        return Filter(
            statuses=OPEN_WORDS,
            waiting_for=seats.names,
            came=seats.came,
            held_by={name: frozenset(who for who, held in holders if name in held.names) for name in seats.names},
            unanswered_by=self.member,
            order="deadline",
        )

    def are_for(self, request: Request) -> bool:
        """Whether it is theirs to decide, and not given away; one for a project counts there alone, no bar is delegated away."""
        if self.member in request.plan.barred:
            return False
        if not (self.for_others or request.hand_overs):
            return True
        waited, left_out = waiting_principals(request), not_waited_for(request)

        def waits_for(member: str, seats: Seats) -> bool:
            return any(without(member, name) not in left_out for name in waited & seats.at(request))

        return waits_for(self.member, self.own) or any(
            one.project in (None, request.project)
            and one.giver not in request.plan.barred
            and waits_for(one.giver, seats)
            for one, seats in self.for_others
            if request.plan.delegation != NOBODY
        )


def united(seats: Iterable[Seats]) -> Seats:
    """Of a mirrored group that several of them are in, whoever came first was there."""
    names: set[str] = set()
    came: dict[str, datetime] = {}
    for each in seats:
        early = {name: since for name, since in came.items() if name not in each.names}
        late = {name: since for name, since in each.came.items() if name not in names}
        both = {name: min(came[name], each.came[name]) for name in came.keys() & each.came.keys()}
        names |= each.names
        came = early | late | both
    return Seats(frozenset(names), came)


def waits_of(reader: Reader, organisation: str, member: str) -> Waits:
    now = reader.now()
    given = reader.delegations(organisation, member, now, MOST)
    mine = (one for one in given if one.taker == member and one.starts_at <= now)
    others = tuple((one, seats_of(reader, organisation, one.giver)) for one in mine)
    return Waits(member, seats_of(reader, organisation, member), others)


def seats_of(reader: Reader, organisation: str, member: str) -> Seats:
    return Seats(reader.principals(organisation, member), reader.came(organisation, member))


def waiting(reader: Reader, organisation: str, member: str) -> tuple[Sequence[Request], int]:
    """What waits for a member and has not been answered, oldest deadline first; and how many more there are."""
    waits = waits_of(reader, organisation, member)
    wanted = waits.open
    page = reader.requests(organisation, wanted, cursor=None, limit=LISTED)
    mine = [request for request in page.requests if waits.are_for(request)]
    left = 0 if page.next_cursor is None else reader.count(organisation, wanted, COUNTED) - len(page.requests)
    return mine, left
