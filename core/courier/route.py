"""One outlet's part of the courier: its lease, what it has in hand, and the loop that serves it.

Looked at and parted; what may go is claimed and committed, then sent with no lock held, then recorded. The lease is one
per outlet, not one per Slack installation: it keeps the pace across replicas just as well, and costs one row however many
organisations there are.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from dataclasses import replace

import structlog

from core.courier import outcome
from core.courier.cards import Cards
from core.courier.errands import Errands, Parted, Sieve, errands_of
from core.courier.outlet import Binder
from core.courier.piles import Piles, errand
from core.courier.road import Road
from core.courier.telling import Telling
from core.ports import Delivery, Due, Notice, Pile, Transaction

MOST_IN_HAND = 64
"""Rows claimed at once; those who must wait are put off, so that this many can always move."""

LOOK = 100
"""Cards, and as many notices, of one look: what is behind the crowd of one channel is soon found, and people wait meanwhile."""

MANY = LOOK // 2
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


class Route:
    """Serves one outlet."""

    def __init__(self, road: Road, owner: str) -> None:
        self._road = road
        self._owner = owner
        self._lease = f"courier:{road.outlet.word}"
        self._cards = Cards(road)
        self._telling = Telling(road)
        self._piles = Piles(road, owner)
        self._sieve = Sieve(self._cards, self._telling)
        self._binds = isinstance(road.outlet, Binder)
        self._denied_until = float("-inf")
        self._looked_at = float("-inf")
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self._telling_in: set[Place] = set()
        self._last_to_tell: dict[str, asyncio.Task[None]] = {}

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

    # One round: a look, and of what it found the claims and all that is put off in one transaction; then a task per request.

    async def round(self) -> int:
        """Begin what is due and may go, put off the rest; says how many rows. 0 too while another courier holds the lease."""
        room, began = MOST_IN_HAND - len(self._in_hand), self._road.seconds()
        self._looked_at = began
        if room <= 0 or began < self._denied_until or not await self._is_leased(began):
            return 0
        word, busy = self._road.outlet.word, frozenset(self._telling_in)
        here = frozenset(self._in_hand)
        due = await self._road.store.read(lambda reader: reader.due_out(word, LOOK))
        parted = self._sieve.part(_without(due, here))
        claimed = await self._road.store.transact(lambda tx: self._take(tx, parted, room, busy), chore=True)
        self._road.come_back_for(parted.later)
        return self._begin(*claimed, began) + len(parted.later)

    async def _is_leased(self, now: float) -> bool:
        """Renewed in time; asked for before any look, for the book is whose lease it is."""
        patience = self._road.patience
        if now <= self._road.leased_until - patience.lease * 2 / 3:
            return True
        is_held, set_back = await self._road.store.transact(self._hold, chore=True)
        if set_back:
            log.warning("courier.clock_was_set_back", outlet=self._road.outlet.word, seconds=round(set_back))
        if is_held:
            if (
                now >= self._road.leased_until
            ):  # another may have held it meanwhile, told what waited here, and let it go
                self._telling.forget()
            self._road.leased_until = now + patience.lease
            return True
        self._road.leave_to_others()
        self._telling.forget()
        self._denied_until = now + DENIED
        return False

    def _hold(self, tx: Transaction) -> tuple[bool, float]:
        """And by how much the clock was set back since the lease was last held, here or by whoever had it before."""
        patience = self._road.patience
        set_back = tx.follow_clock(self._road.outlet.word, self._lease, patience.lease, patience.claim)
        return tx.hold_lease(self._lease, self._owner, patience.lease), set_back

    def _take(
        self, tx: Transaction, parted: Parted, room: int, busy: Collection[Place]
    ) -> tuple[Sequence[Delivery], Sequence[Notice], Sequence[Pile]]:
        patience, word = self._road.patience, self._road.outlet.word
        deliveries = tx.claim_deliveries(parted.deliveries[:room], self._owner, patience.claim)
        left = room - len(deliveries)
        notices = tx.claim_notices(parted.notices[:left], self._owner, patience.claim)
        left = min(left - len(notices), MOST_PILES - len(busy))
        piles = tx.claim_piles(word, self._owner, patience.claim, left, busy) if left > 0 else ()
        tx.put_off_notices(parted.later_notices)
        tx.put_off_deliveries(parted.later_deliveries)  # last, for a click on one of these cards waits for the commit
        return deliveries, notices, piles

    def _begin(
        self, deliveries: Sequence[Delivery], notices: Sequence[Notice], piles: Sequence[Pile], now: float
    ) -> int:
        for request, mine in errands_of(deliveries, notices, binds=self._binds).items():
            self._start(request, mine, now)
        for pile in piles:
            self._start_pile(pile, now)
        return len(deliveries) + len(notices) + len(piles)

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

    def _start(self, request: str, errands: Errands, since: float) -> None:
        """A row still in hand was recorded a moment ago and is due again: it is served next, never dropped while claimed."""
        before = {self._in_hand[id] for id in errands.ids if id in self._in_hand}
        ahead = self._last_to_tell.get(request) if errands.notices else None
        task = asyncio.create_task(self._serve(errands, since, before, ahead))
        self._in_hand |= dict.fromkeys(errands.ids, task)
        if errands.notices:
            self._last_to_tell[request] = task

        def ended(_: asyncio.Task[None]) -> None:
            if self._last_to_tell.get(request) is task:
                del self._last_to_tell[request]
            self._let_go(errands.ids, task)

        task.add_done_callback(ended)

    def _let_go(self, ids: Sequence[str], task: asyncio.Task[None] | None) -> None:
        for id in ids:
            if self._in_hand.get(id) is task:
                del self._in_hand[id]
        self._road.wake.set()

    async def _serve(
        self, errands: Errands, since: float, before: set[asyncio.Task[None]], ahead: asyncio.Task[None] | None
    ) -> None:
        """The cards of one request side by side, then what is to be told, in the order in which it happened.

        The cards are let go before the telling, which may take long: they can be drawn anew meanwhile. What was claimed
        earlier to be told of the request is told `ahead`, also where a card of its errand still waits.
        """
        if before:
            await asyncio.wait(before)
        cards = errands.deliveries
        await asyncio.gather(*(self._bring(card, since) for card in (cards if errands.card is None else cards[:1])))
        self._let_go([card.id for card in cards], asyncio.current_task())
        if ahead is not None:
            await asyncio.wait([ahead])
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


def _without(due: Due, here: Collection[str]) -> Due:
    """Notices that were in hand when the look began are left to their errands, which put them in their line or take them out.

    A look that found one before it was announced would stand it in line again, where nobody would call it any more.
    """
    if not any(notice.id in here for notice in due.notices):
        return due
    return replace(due, notices=[notice for notice in due.notices if notice.id not in here])
