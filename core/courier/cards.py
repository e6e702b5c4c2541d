"""Brings one card up to date: post it, update it, look for it after an unknown outcome, or give its place up.

A post is announced in its row before it goes out, so that a crash in between leaves `unknown`, never a second card.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from ulid import ULID

from core.courier import outcome
from core.courier.fallback import instead_of
from core.courier.outlet import Binder, OutcomeUnknown, OutletBusy, OutletRefused, Spot
from core.courier.pace import Gate, post_gates, update_gates
from core.courier.road import Road
from core.model.request import Request
from core.outgoing import behind
from core.ports import Delivery, Reader, Transaction

Asked = tuple[Delivery, Request]
"""A row of a card, and its request as it is now."""

log = structlog.get_logger()


class Cards:
    """Errands with cards. Each ends by recording its row, or leaves it claimed, to be claimed anew when that lapses."""

    def __init__(self, road: Road) -> None:
        self._road = road
        self._binds = isinstance(road.outlet, Binder)

    async def show(self, claimed: Delivery, claimed_at: float) -> None:
        """Draw the request as it stands now, once it is this card's turn; of a batch all that this card shows."""
        delivery = await self._card_of(claimed)
        if delivery is None:
            return
        if delivery.state == "unknown" and not await self._is_to_be_posted_again(delivery):
            return
        gates = await self._gates(delivery)
        wait = await self._road.wait(delivery.id, gates)
        if wait > 0:
            await self._road.put_back(delivery, wait)
            return
        asked = await self._road.store.read(lambda reader: _asked(reader, delivery))
        if not self._road.is_mine(claimed_at):
            return
        self._road.book.done(delivery.id)
        if not asked:
            await self._road.record(delivery, lambda _: outcome.lost(delivery, "its request no longer exists"))
        else:
            await self._draw(delivery, asked, gates)

    def must_wait(self, delivery: Delivery) -> float:
        """Seconds it is to be put off unclaimed; 0 where its turn is near, or is not all that an errand must ask about."""
        if delivery.state == "unknown" or (delivery.batch is not None and self._binds):
            return 0.0
        spot = self._road.known_spot(delivery.organisation, delivery.place, delivery.address)
        return 0.0 if spot is None else self._road.until_turn(delivery.id, self._gates_at(delivery, spot))

    async def _card_of(self, claimed: Delivery) -> Delivery | None:
        """Of a batch the row that stands for all; None where they were all drawn meanwhile."""
        if claimed.batch is None:
            return claimed
        if not self._binds:
            return replace(claimed, batch=None)
        cards = await self._road.store.read(lambda reader: reader.cards_of_batch(claimed))
        return cards[0] if any(card.wanted > card.shown for card in cards) else None

    async def _gates(self, delivery: Delivery) -> tuple[Gate, ...]:
        return self._gates_at(delivery, await self._road.spot(delivery))

    def _gates_at(self, delivery: Delivery, spot: Spot) -> tuple[Gate, ...]:
        pace = self._road.outlet.pace
        return update_gates(pace, spot) if delivery.state == "shown" else post_gates(pace, [spot])

    async def _draw(self, delivery: Delivery, asked: Sequence[Asked], gates: Sequence[Gate]) -> None:
        road, posting = self._road, delivery.state != "shown"
        announced = delivery
        if posting:
            announced = await road.record(delivery, lambda now: outcome.about_to_post(delivery, now, road.patience))
        try:
            drawn = await road.send(self._shown(outcome.bare(delivery), asked))
        except OutletBusy as busy:
            road.close(gates, busy)
            await road.put_back(delivery, busy.retry_after)
        except OutletRefused as no:
            await self._refused(delivery, no)
        except OutcomeUnknown as unknown:
            await self._uncertain(announced, str(unknown), posting=posting)
        else:
            versions = [replace(card, shown=request.version) for card, request in asked]
            await self._settle(outcome.now_shown(delivery, drawn, asked[0][1].version), versions)

    def _shown(self, delivery: Delivery, asked: Sequence[Asked]) -> Awaitable[Delivery]:
        outlet = self._road.outlet
        if delivery.batch is not None and isinstance(outlet, Binder):
            requests = sorted((request for _, request in asked), key=lambda request: request.number)
            return outlet.show_batch(delivery, requests)
        return outlet.show(delivery, asked[0][1])

    async def _uncertain(self, delivery: Delivery, problem: str, *, posting: bool) -> None:
        """A post must be looked for; an update does no harm when it is done twice."""
        log.warning("courier.outcome_unknown", outlet=delivery.outlet, delivery=delivery.id, problem=problem)
        if not posting:
            await self.retry(delivery, problem)
            return
        patience = self._road.patience
        await self._road.record(delivery, lambda now: outcome.look_for_soon(delivery, now, patience, problem))
        self._road.come_back_in(patience.look_for)

    async def retry(self, delivery: Delivery, problem: str) -> None:
        patience = self._road.patience
        retried = await self._road.record(delivery, lambda now: outcome.retry(delivery, now, patience, problem))
        self._road.come_back_in(patience.backoff(retried.attempts))

    # After an unknown outcome.

    async def _is_to_be_posted_again(self, delivery: Delivery) -> bool:
        """Not found: only after a while, for it may still arrive; and not for ever.

        Where the look itself fails, much later: a card twice is mended by a click on it, one that nobody sees by nothing.
        """
        road = self._road
        delivery = outcome.posted_by(delivery, await road.now())
        try:
            address = await self._look_up(delivery)
        except (OutletBusy, OutletRefused, OutcomeUnknown) as failed:
            if await road.now() < outcome.post_blindly_at(delivery, road.patience):
                await self._look_later(delivery, failed)
                return False
            address = None
        if address is not None:
            await road.record(delivery, lambda _: outcome.found(delivery, address))
            return False
        now, again_at = await road.now(), outcome.post_again_at(delivery, road.patience)
        if now < again_at:
            await road.put_back(delivery, (again_at - now).total_seconds())
            return False
        if outcome.was_posted_enough(delivery, road.patience):
            await self._lose(delivery, "it was posted several times and never known to have arrived")
            return False
        return True

    async def _look_up(self, delivery: Delivery) -> Mapping[str, Any] | None:
        """None also where no look will ever tell: that place refuses a post, too. Raises what may pass."""
        try:
            return await self._road.send(self._road.outlet.find(outcome.bare(delivery)))
        except OutletRefused as no:
            if no.permanent:
                return None
            raise

    async def _look_later(self, delivery: Delivery, failed: Exception) -> None:
        """It tells nothing of the card. With growing gaps, which soon let the threads of other cards be told."""
        log.warning("courier.not_looked_up", outlet=delivery.outlet, delivery=delivery.id, problem=str(failed))
        said = failed.retry_after if isinstance(failed, OutletBusy) else 0.0
        patience = self._road.patience
        await self._road.record(delivery, lambda now: outcome.retry(delivery, now, patience, str(failed), said))
        self._road.come_back_in(max(said, patience.backoff(delivery.attempts + 1)))

    # After a refusal.

    async def _refused(self, delivery: Delivery, no: OutletRefused) -> None:
        log.warning("courier.refused", outlet=delivery.outlet, delivery=delivery.id, reason=no.reason, gone=no.gone)
        if no.gone and not outcome.is_second_copy(delivery):
            await self._road.record(delivery, lambda _: outcome.vanished(delivery, no.reason))
        elif no.permanent or no.gone or delivery.attempts >= self._road.patience.card_tries:
            await self._lose(delivery, no.reason)
        else:
            await self.retry(delivery, no.reason)

    async def _lose(self, delivery: Delivery, problem: str) -> None:
        await self._settle(outcome.lost(delivery, problem))

    async def _settle(self, delivery: Delivery, drawn: Sequence[Delivery] = ()) -> None:
        """Record the row and, where a place of the request is lost, who is shown it instead, in one transaction.

        Asked again with every drawing: where the channel is lost, later stages wait for people without a card. `drawn` are
        the versions that a batch's card shows.
        """

        def work(tx: Transaction) -> None:
            here = tx.cards_of_batch(delivery)
            tx.record_delivery(delivery)
            if delivery.batch is not None:
                tx.record_drawn(drawn)
            for one in here:
                cards = [card for card in tx.deliveries(one.request) if card.outlet == one.outlet]
                if any(card.state == "lost" for card in cards):
                    tx.deliver(_stand_ins(tx, one, cards))

        await self._road.store.transact(work, chore=True)


def _asked(reader: Reader, delivery: Delivery) -> list[Asked]:
    """What is on this card, each as it is now; rows first, so that none is taken for newer than it was drawn."""
    found = ((card, reader.request(card.request)) for card in reader.cards_of_batch(delivery))
    return [(card, request) for card, request in found if request is not None]


def _stand_ins(tx: Transaction, delivery: Delivery, cards: Sequence[Delivery]) -> list[Delivery]:
    """Cards to add. The request is locked, so that two cards lost at once know of each other."""
    request = tx.request(delivery.request)
    if request is None:
        return []
    places = instead_of(cards, request, behind(tx, request))
    return [
        Delivery(
            f"dlv_{ULID()}",
            request.organisation,
            request.id,
            delivery.outlet,
            place,
            wanted=request.version,
            shown=0,
            state="new",
            batch=request.batch,
        )
        for place in places
    ]
