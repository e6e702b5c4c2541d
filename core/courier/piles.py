"""Tells what waited to be told together: one message to a person, or into a channel, whatever is due there.

Recorded as told before it goes out: a reminder heard twice is worse than one that a crash swallowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import structlog

from core.courier import outcome
from core.courier.outlet import Gatherer, OutcomeUnknown, OutletBusy, OutletRefused, Reminder
from core.courier.pace import Gate, post_gates
from core.courier.road import Road
from core.model.request import Request
from core.outgoing import answered
from core.ports import Delivery, Notice, Pile, Piled, Reader

SHOWN: Final = 15
"""Requests named in one message; the rest is counted."""

SLICE: Final = 200
"""Notices ended or put back in one transaction: a channel may have thousands, and people's commands wait meanwhile."""

THREAD: Final = "thread"
LATER: Final = datetime(9999, 1, 1, tzinfo=UTC)

log = structlog.get_logger()


class Piles:
    """Errands with piles."""

    def __init__(self, road: Road, owner: str) -> None:
        self._road = road
        self._owner = owner

    async def tell(self, pile: Pile, claimed_at: float) -> None:
        """What falls due there before its turn comes is told with it."""
        road = self._road
        await self._claim_the_rest(pile)
        spot = await road.outlet.spot(pile.organisation, pile.place, {})
        gates = post_gates(road.outlet.pace, [spot])
        name = errand(pile.organisation, pile.place)
        wait = await road.wait(name, gates)
        if wait == 0:
            await self._claim_the_rest(pile)
        piled, due = await road.store.read(lambda reader: _due(reader, pile, self._owner))
        if wait > 0:
            await self._put_back(piled, wait)
            return
        if not road.is_mine(claimed_at):
            return
        road.book.done(name)
        await self._end(piled)
        if due:
            await self._try_to_say(pile, piled, due, gates)

    async def _claim_the_rest(self, pile: Pile) -> None:
        while await self._road.store.transact(lambda tx: tx.claim_more(pile, self._owner), chore=True):
            pass

    async def _end(self, piled: Piled) -> None:
        for ids in batched(piled.ids):
            await self._road.store.transact(lambda tx, ids=ids: tx.end_pile(ids, self._owner), chore=True)  # type: ignore[misc]

    async def _try_to_say(self, pile: Pile, piled: Piled, due: Sequence[Reminder], gates: Sequence[Gate]) -> None:
        try:
            await self._say(pile, piled, due)
        except OutletBusy as busy:
            self._road.close(gates, busy)
            await self._put_back(piled, busy.retry_after)
        except OutletRefused as no:
            await self._refused(pile, piled, no)
        except OutcomeUnknown as unknown:
            log.warning("courier.outcome_unknown", outlet=pile.outlet, place=pile.place, problem=str(unknown))

    async def _say(self, pile: Pile, piled: Piled, due: Sequence[Reminder]) -> None:
        """A lone one stands under its card, or offers to show its request; several are one list."""
        outlet = self._road.outlet
        shown, more = due[:SHOWN], piled.more + max(0, len(due) - SHOWN)
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

    async def _refused(self, pile: Pile, piled: Piled, no: OutletRefused) -> None:
        log.warning("courier.refused", outlet=pile.outlet, place=pile.place, reason=no.reason)
        if not (no.permanent or no.gone):
            await self._put_back(piled, self._road.patience.longest)

    async def _put_back(self, piled: Piled, seconds: float) -> None:
        at = outcome.after(await self._road.now(), seconds)
        for ids in batched(piled.ids):
            await self._road.store.transact(lambda tx, ids=ids: tx.put_pile_back(ids, at), chore=True)  # type: ignore[misc]
        self._road.come_back_in(seconds)


def errand(organisation: str, place: str) -> str:
    return f"pile:{organisation}:{place}"


def batched(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + SLICE] for start in range(0, len(ids), SLICE))


def _stands(card: Delivery, place: str) -> bool:
    return card.place == place and card.state == "shown"


def _due(reader: Reader, pile: Pile, owner: str) -> tuple[Piled, list[Reminder]]:
    """The oldest deadline first, without what nobody need hear any more: ended, or answered by this person meanwhile."""
    piled = reader.piled(pile, owner)
    found = ((notice, reader.request(notice.request)) for notice in piled.notices)
    due = [Reminder(notice, request) for notice, request in found if request and _is_due(notice, request)]
    return piled, sorted(due, key=lambda one: (one.request.expires_at or LATER, one.request.number))


def _is_due(notice: Notice, request: Request) -> bool:
    if notice.word == "told":
        return True
    member = notice.place.removeprefix("member:")
    return request.is_open and (member == notice.place or member not in answered(request))
