"""One outlet's part of the courier: its lease, what it has in hand, and the loop that serves it.

Claimed and committed, then sent with no lock held, then recorded. The lease is one per outlet, not one per Slack
installation: it keeps the pace across replicas just as well, and costs one row however many organisations there are.
"""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import structlog

from core.courier import outcome
from core.courier.cards import Cards
from core.courier.outlet import Binder
from core.courier.piles import Piles, errand
from core.courier.road import Road
from core.courier.telling import Telling
from core.ports import Delivery, Notice, Pile, Transaction

MOST_IN_HAND = 64
"""Rows claimed at once; those who must wait are put back, so that this many can always move."""

MANY = MOST_IN_HAND // 2
"""Rows of one look after which the next one follows at once; after fewer, a stride later. One look after each click took, with
all that it wrote by itself, as much of the one interpreter as the click did."""

MOST_PILES = 3
"""Piles in hand at one time: telling one takes a dozen steps, and a click waits at each of its own for all that are ready."""

BREATH = 0.02
"""Seconds between being woken and looking: quick decisions in a row become one look."""

STRIDE = 0.1
"""Seconds from one look to the next at least: under load more looks would only take the writer's time from people."""

DENIED = 1.0
"""Seconds before asking again for a lease that another courier holds, however often we are woken."""

Place = tuple[str, str]
"""Organisation and place."""

log = structlog.get_logger()


@dataclass(slots=True)
class Errands:
    """What was claimed of one request, and when (in the road's seconds); or of one batch's card, which is one errand.

    What is no request's is one errand for each place.
    """

    claimed_at: float
    card: str | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        card = [] if self.card is None else [self.card]
        return [*card, *(delivery.id for delivery in self.deliveries), *(notice.id for notice in self.notices)]


class Route:
    """Serves one outlet."""

    def __init__(self, road: Road, owner: str) -> None:
        self._road = road
        self._owner = owner
        self._lease = f"courier:{road.outlet.word}"
        self._cards = Cards(road)
        self._telling = Telling(road)
        self._piles = Piles(road, owner)
        self._binds = isinstance(road.outlet, Binder)
        self._denied_until = float("-inf")
        self._looked_at = float("-inf")
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self._telling_in: set[Place] = set()
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    def nudge(self) -> None:
        self._road.wake.set()

    async def run(self) -> None:
        """Until cancelled; then what is on its way is given a moment to end, and the lease is let go."""
        try:
            while True:
                self._road.wake.clear()
                if await self._attempt() < MANY:
                    await self._rest()
        finally:
            await self._leave()

    async def drain(self) -> None:
        """Until nothing is due that can be done now."""
        while await self.round() or self._in_hand:
            if self._in_hand:
                await asyncio.wait(set(self._in_hand.values()))

    async def settled(self, id: str) -> None:
        """Until this row is not in hand here."""
        if id in self._in_hand:
            await asyncio.wait([self._in_hand[id]])

    async def _attempt(self) -> int:
        try:
            return await self.round()
        except Exception:
            log.exception("courier.round_failed", outlet=self._road.outlet.word)
            return 0

    async def _rest(self) -> None:
        """Not `wait_for`: on Python 3.11 it swallows a cancellation that comes together with the wake-up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._road.patience.poll):
                await self._road.wake.wait()
        await asyncio.sleep(max(BREATH, self._looked_at + STRIDE - self._road.seconds()))

    async def _leave(self) -> None:
        tasks = set(self._in_hand.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._road.patience.parting)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._road.seconds() < self._road.leased_until:
            await self._road.store.transact(lambda tx: tx.hold_lease(self._lease, self._owner, 0), chore=True)
        self._road.leave_to_others()

    # One round: lease and claims in one transaction, then a task per request.

    async def round(self) -> int:
        """Claim what is due and begin it; says how many rows. 0 too while another courier holds the lease."""
        room, began = MOST_IN_HAND - len(self._in_hand), self._road.seconds()
        self._looked_at = began
        if room <= 0 or began < self._denied_until:
            return 0
        renew = began > self._road.leased_until - self._road.patience.lease * 2 / 3
        busy = frozenset(self._telling_in)
        claimed = await self._road.store.transact(lambda tx: self._claim(tx, room, busy, renew=renew), chore=True)
        if claimed is None:
            self._road.leave_to_others()
            self._telling.forget()
            self._denied_until = began + DENIED
            return 0
        if renew:
            self._road.leased_until = began + self._road.patience.lease
        return self._begin(*claimed, began)

    def _claim(
        self, tx: Transaction, room: int, busy: Collection[Place], *, renew: bool
    ) -> tuple[Sequence[Delivery], Sequence[Notice], Sequence[Pile]] | None:
        patience, word = self._road.patience, self._road.outlet.word
        if renew and not tx.hold_lease(self._lease, self._owner, patience.lease):
            return None
        deliveries = tx.claim_deliveries(word, self._owner, patience.claim, room)
        left = room - len(deliveries)
        notices = tx.claim_notices(word, self._owner, patience.claim, left) if left > 0 else ()
        left = min(left - len(notices), MOST_PILES - len(busy))
        piles = tx.claim_piles(word, self._owner, patience.claim, left, busy) if left > 0 else ()
        return deliveries, notices, piles

    def _begin(
        self, deliveries: Sequence[Delivery], notices: Sequence[Notice], piles: Sequence[Pile], now: float
    ) -> int:
        errands: defaultdict[str, Errands] = defaultdict(lambda: Errands(now))
        for delivery in deliveries:
            card = card_of(delivery) if self._binds else None
            mine = errands[card or delivery.request]
            mine.card = card
            mine.deliveries.append(delivery)
        for notice in notices:
            errands[notice.request or f"{notice.organisation}/{notice.place}"].notices.append(notice)
        for request, mine in errands.items():
            self._start(request, mine)
        for pile in piles:
            self._start_pile(pile, now)
        return sum(len(mine.deliveries) + len(mine.notices) for mine in errands.values()) + len(piles)

    def _start_pile(self, pile: Pile, since: float) -> None:
        """One at a time in each place: what falls due there meanwhile joins it, or comes after it."""
        place = (pile.organisation, pile.place)
        name = errand(*place)
        self._telling_in.add(place)
        task = asyncio.create_task(self._serve_pile(pile, since))
        self._in_hand[name] = task

        def ended(_: asyncio.Task[None]) -> None:
            self._telling_in.discard(place)
            self._let_go([name], task)

        task.add_done_callback(ended)

    async def _serve_pile(self, pile: Pile, since: float) -> None:
        try:
            await self._piles.tell(pile, since)
        except Exception:
            log.exception("courier.errand_failed", outlet=pile.outlet, place=pile.place)

    def _start(self, request: str, errands: Errands) -> None:
        """A row still in hand was recorded a moment ago and is due again: it is served next, never dropped while claimed."""
        before = {self._in_hand[id] for id in errands.ids if id in self._in_hand}
        task = asyncio.create_task(self._serve(request, errands, before))
        self._in_hand |= dict.fromkeys(errands.ids, task)

        def ended(_: asyncio.Task[None]) -> None:
            self._let_go(errands.ids, task)

        task.add_done_callback(ended)

    def _let_go(self, ids: Sequence[str], task: asyncio.Task[None] | None) -> None:
        for id in ids:
            if self._in_hand.get(id) is task:
                del self._in_hand[id]
        self._road.wake.set()

    async def _serve(self, request: str, errands: Errands, before: set[asyncio.Task[None]]) -> None:
        """The cards of one request side by side, then what is to be told, in the order in which it happened.

        The cards are let go before the telling, which may take long: they can be drawn anew meanwhile.
        """
        if before:
            await asyncio.wait(before)
        since, cards = errands.claimed_at, errands.deliveries
        await asyncio.gather(*(self._bring(card, since) for card in (cards if errands.card is None else cards[:1])))
        self._let_go([card.id for card in cards], asyncio.current_task())
        turn = self._turns.setdefault(request, asyncio.Lock())
        async with turn:
            for notice in sorted(errands.notices, key=outcome.seq):
                await self._bring(notice, since)

    async def _bring(self, row: Delivery | Notice, since: float) -> None:
        """The last line: an errand that fails in a way nobody foresaw is logged, and holds up no other.

        An update is tried again later. Whatever had to be posted is announced by now, and treated like any post whose
        outcome is unknown; or it never came so far, and its claim lapses.
        """
        try:
            if isinstance(row, Notice):
                await self._telling.tell(row, since)
            else:
                await self._cards.show(row, since)
        except Exception as error:
            log.exception("courier.errand_failed", outlet=row.outlet, row=row.id, request=row.request)
            if isinstance(row, Delivery) and row.state == "shown":
                await self._put_off(row, type(error).__name__)

    async def _put_off(self, delivery: Delivery, problem: str) -> None:
        try:
            await self._cards.retry(delivery, problem)
        except Exception:
            log.exception("courier.not_recorded", delivery=delivery.id)


def card_of(delivery: Delivery) -> str | None:
    """What rows of one batch in one place have in common: one card, drawn by one errand at a time."""
    return None if delivery.batch is None else f"batch:{delivery.batch}:{delivery.place}"
