"""Tells what waited to be told together: one message to a person, or into a channel, whatever is due there.

Recorded as told before it goes out: a reminder heard twice is worse than one that a crash swallowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import structlog

from core.courier import outcome
from core.courier.outlet import Gatherer, OutcomeUnknown, OutletBusy, OutletRefused, Reminder
from core.courier.pace import post_gates
from core.courier.road import Road
from core.model.request import Request
from core.outgoing import answered
from core.ports import Delivery, Notice, Pile, Reader

SHOWN: Final = 15
"""Requests named in one message; the rest is counted."""

THREAD: Final = "thread"
LATER: Final = datetime(9999, 1, 1, tzinfo=UTC)

log = structlog.get_logger()


class Piles:
    """Errands with piles."""

    def __init__(self, road: Road, owner: str) -> None:
        self._road = road
        self._owner = owner

    async def tell(self, pile: Pile, claimed_at: float) -> None:
        road = self._road
        spot = await road.outlet.spot(pile.organisation, pile.place, {})
        gates = post_gates(road.outlet.pace, [spot])
        name = errand(pile)
        wait = await road.wait(name, gates)
        if wait > 0:
            await self._put_back(pile, wait)
            return
        due = await road.store.read(lambda reader: _due(reader, pile))
        if not road.is_mine(claimed_at):
            return
        road.book.done(name)
        await road.store.transact(lambda tx: tx.end_pile(pile, self._owner), chore=True)
        if not due:
            return
        try:
            await self._say(pile, due)
        except OutletBusy as busy:
            road.close(gates, busy)
            await self._put_back(pile, busy.retry_after)
        except OutletRefused as no:
            await self._refused(pile, no)
        except OutcomeUnknown as unknown:
            log.warning("courier.outcome_unknown", outlet=pile.outlet, place=pile.place, problem=str(unknown))

    async def _say(self, pile: Pile, due: Sequence[Reminder]) -> None:
        """A lone one stands under its card, or offers to show its request; several are one list."""
        outlet = self._road.outlet
        shown, more = due[:SHOWN], pile.more + max(0, len(due) - SHOWN)
        if isinstance(outlet, Gatherer) and (more or len(due) > 1):
            await self._road.send(outlet.gather(pile.organisation, pile.place, shown, more))
            return
        for one in due:
            await self._alone(pile, one)

    async def _alone(self, pile: Pile, one: Reminder) -> None:
        if pile.place.startswith("member:"):
            await self._road.send(self._road.outlet.tell(one.notice, one.request, ()))
            return
        cards = await self._road.cards(one.request.id)
        here = [outcome.bare(card) for card in cards if _stands(card, pile.place)]
        if here:
            await self._road.send(self._road.outlet.tell(replace(one.notice, place=THREAD), one.request, here))

    async def _refused(self, pile: Pile, no: OutletRefused) -> None:
        log.warning("courier.refused", outlet=pile.outlet, place=pile.place, reason=no.reason)
        if not (no.permanent or no.gone):
            await self._put_back(pile, self._road.patience.longest)

    async def _put_back(self, pile: Pile, seconds: float) -> None:
        await self._road.store.transact(lambda tx: tx.put_pile_back(pile, outcome.after(tx.now(), seconds)), chore=True)
        self._road.come_back_in(seconds)


def errand(pile: Pile) -> str:
    return f"pile:{pile.organisation}:{pile.place}"


def _stands(card: Delivery, place: str) -> bool:
    return card.place == place and card.state == "shown"


def _due(reader: Reader, pile: Pile) -> list[Reminder]:
    """The oldest deadline first, without what nobody need hear any more: ended, or answered by this person meanwhile."""
    found = ((notice, reader.request(notice.request)) for notice in pile.notices)
    due = [Reminder(notice, request) for notice, request in found if request and _is_due(notice, request)]
    return sorted(due, key=lambda one: (one.request.expires_at or LATER, one.request.number))


def _is_due(notice: Notice, request: Request) -> bool:
    if notice.word == "told":
        return True
    member = notice.place.removeprefix("member:")
    return request.is_open and (member == notice.place or member not in answered(request))
