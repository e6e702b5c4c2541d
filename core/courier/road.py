"""What all errands to one outlet share: the outlet, its pace, the time a claim leaves, and the store's records."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any, TypeVar

from core.courier import outcome
from core.courier.outcome import Patience
from core.courier.outlet import Guide, OutcomeUnknown, Outlet, OutletBusy, Spot
from core.courier.pace import Book, Gate
from core.courier.together import Together
from core.model.request import Request
from core.ports import Delivery, Later, Notice, Store, Transaction

T = TypeVar("T")
Seconds = Callable[[], float]


class Road:
    """The road to one outlet. `seconds` is a steady clock; moments in rows are the store's."""

    def __init__(self, store: Store, outlet: Outlet, patience: Patience, seconds: Seconds) -> None:
        self.store = store
        self.outlet = outlet
        self.patience = patience
        self.seconds = seconds
        self.book = Book()
        self.wake = asyncio.Event()
        self.leased_until = float("-inf")
        self._together = Together(store)
        self._guide = outlet if isinstance(outlet, Guide) else None

    def leave_to_others(self) -> None:
        """Another courier holds the lease: what was promised here no longer holds."""
        self.leased_until = float("-inf")
        self.book.forget()

    def is_mine(self, claimed_at: float) -> bool:
        """Whether a call begun now ends before somebody else may claim its row, and the pace is still kept here."""
        now = self.seconds()
        return now + self.patience.send < claimed_at + self.patience.claim and now < self.leased_until

    async def wait(self, errand: str, gates: Sequence[Gate]) -> float:
        """Seconds the errand must still wait for its turn; 0 when it may go now. A short wait is waited here."""
        wait = self.book.wait(errand, gates, self.seconds())
        while 0 < wait <= self.patience.linger:
            await asyncio.sleep(wait)
            wait = self.book.wait(errand, gates, self.seconds())
        return wait

    def until_turn(self, errand: str, gates: Sequence[Gate]) -> float:
        """The same, without waiting here: 0 too where the wait is short enough to be waited."""
        wait = self.book.wait(errand, gates, self.seconds())
        return wait if wait > self.patience.linger else 0.0

    async def spot(self, delivery: Delivery) -> Spot:
        """Where this card stands or is to stand."""
        return await self.outlet.spot(delivery.organisation, delivery.place, outcome.without_own(delivery.address))

    def known_spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot | None:
        """Where this goes, as far as the outlet knows it without asking anybody."""
        if self._guide is None:
            return None
        return self._guide.known_spot(organisation, place, outcome.without_own(address))

    def close(self, gates: Sequence[Gate], busy: OutletBusy) -> None:
        """The outlet said that it is busy."""
        self.book.close(gates, busy.retry_after, self.seconds(), busy.lane)

    async def send(self, call: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self.patience.send):
                return await call
        except TimeoutError as late:
            raise OutcomeUnknown("no answer in time") from late

    async def request(self, id: str) -> Request | None:
        return await self.store.read(lambda reader: reader.request(id))

    async def cards(self, request: str) -> list[Delivery]:
        """Every delivery of the request to this outlet."""
        every = await self.store.glance(lambda reader: reader.deliveries(request))
        return [delivery for delivery in every if delivery.outlet == self.outlet.word]

    async def now(self) -> datetime:
        return await self.store.read(lambda reader: reader.now())

    async def record(self, row: Delivery, change: Callable[[datetime], Delivery]) -> Delivery:
        """Write what `change` makes of the row at the present moment, and let go of the claim."""

        def work(tx: Transaction) -> Delivery:
            delivery = change(tx.now())
            tx.record_delivery(delivery)
            return delivery

        return await self._together.write(work, row.batch or row.request)

    async def note(self, row: Notice, change: Callable[[datetime], Notice]) -> Notice:
        """The same for a notice."""

        def work(tx: Transaction) -> Notice:
            notice = change(tx.now())
            tx.record_notice(notice)
            return notice

        return await self._together.write(work, row.id)

    async def put_back(self, delivery: Delivery, seconds: float) -> None:
        await self.record(delivery, lambda now: outcome.put_back(delivery, now, seconds))
        self.come_back_in(seconds)

    def come_back_for(self, later: Iterable[Later]) -> None:
        """One timer for all that come in the same tenth of a second."""
        for tenths in {ceil(one.seconds * 10) for one in later}:
            self.come_back_in(tenths / 10)

    def come_back_in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self.wake.set)
