"""What a look found, as errands: what belongs together is served together, and what cannot go now is put off before it is one.

Asking the book for all that was found costs little; a task, a read and a record for each row cost twenty times as much,
and where clicks come quicker than an outlet's pace, nearly all that is found must wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from core.courier import outcome
from core.courier.cards import Cards
from core.courier.telling import Telling
from core.ports import Delivery, Due, Later, Notice

log = structlog.get_logger()


@dataclass(slots=True)
class Errands:
    """What is due of one request, or of one batch's card, which is one errand.

    What is no request's is one errand for each place.
    """

    card: str | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        card = [] if self.card is None else [self.card]
        return [*card, *(delivery.id for delivery in self.deliveries), *(notice.id for notice in self.notices)]


@dataclass(slots=True)
class Parted:
    """Ids of what may go now or nearly, in the order in which it may, and what is put off."""

    deliveries: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    later_deliveries: list[Later] = field(default_factory=list)
    later_notices: list[Later] = field(default_factory=list)

    @property
    def later(self) -> list[Later]:
        return [*self.later_deliveries, *self.later_notices]


def errands_of(deliveries: Sequence[Delivery], notices: Sequence[Notice], *, binds: bool) -> dict[str, Errands]:
    """By the request, the batch's card or the place. Notices are told in the order in which things happened."""
    errands: defaultdict[str, Errands] = defaultdict(Errands)
    for delivery in deliveries:
        card = card_of(delivery) if binds else None
        mine = errands[card or delivery.request]
        mine.card = card
        mine.deliveries.append(delivery)
    for notice in notices:
        errands[notice.request or f"{notice.organisation}/{notice.place}"].notices.append(notice)
    return errands


def card_of(delivery: Delivery) -> str | None:
    """What rows of one batch in one place have in common: one card, drawn by one errand at a time."""
    return None if delivery.batch is None else f"batch:{delivery.batch}:{delivery.place}"


class Sieve:
    """Belongs to one loop, as the book does."""

    def __init__(self, cards: Cards, telling: Telling) -> None:
        self._cards = cards
        self._telling = telling

    def part(self, due: Due) -> Parted:
        parted = Parted()
        for mine in errands_of(due.deliveries, due.notices, binds=False).values():
            going = self._part_cards(mine.deliveries, parted)
            self._part_notices(mine.notices, _soon_shown(due.cards, mine, going), parted)
        return parted

    def _part_cards(self, deliveries: Sequence[Delivery], parted: Parted) -> frozenset[str]:
        """Ids of those that go."""
        waits = [(delivery, self._wait(delivery, ())) for delivery in deliveries]
        parted.later_deliveries += [Later(one.id, one.next_try_at, wait) for one, wait in waits if wait > 0]
        going = [one.id for one, wait in waits if wait == 0]
        parted.deliveries += going
        return frozenset(going)

    def _part_notices(self, notices: Sequence[Notice], cards: Sequence[Delivery], parted: Parted) -> None:
        waits = [(notice, self._wait(notice, cards)) for notice in sorted(notices, key=outcome.seq)]
        parted.later_notices += [Later(one.id, one.next_try_at, wait) for one, wait in waits if wait > 0]
        parted.notices += [one.id for one, wait in waits if wait == 0]

    def _wait(self, row: Delivery | Notice, cards: Sequence[Delivery]) -> float:
        """What fails here in a way nobody foresaw is left to an errand of its own, and holds up no other."""
        try:
            return self._telling.must_wait(row, cards) if isinstance(row, Notice) else self._cards.must_wait(row)
        except Exception:
            log.exception("courier.not_parted", outlet=row.outlet, row=row.id, request=row.request)
            return 0.0


def _soon_shown(cards: Mapping[str, Sequence[Delivery]], mine: Errands, going: frozenset[str]) -> list[Delivery]:
    """Cards of the threads: one that goes now stands before its thread is told, by the same errand."""
    every = cards.get(mine.notices[0].request, ()) if mine.notices else ()
    return [replace(card, state="shown") if card.id in going and card.state != "shown" else card for card in every]
