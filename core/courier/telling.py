"""Tells one notice, once: after the cards it belongs under, in the order in which things happened.

Announced in its row before it goes out. A reminder heard twice is worse than one that a crash swallowed, so what was
announced and never recorded counts as told.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from core.courier import outcome
from core.courier.outlet import Herald, OutcomeUnknown, OutletBusy, OutletRefused, Spot
from core.courier.pace import Gate, post_gates
from core.courier.road import Road
from core.model.request import Request
from core.ports import Delivery, Notice

Say = Callable[[], Awaitable[Notice]]

Line = tuple[str, str, str]

THREAD = "thread"
CARD_TRIES = 3
"""Posts of a card, and looks for it, that its thread waits for; one in worse trouble must not silence the others."""

CALLED = float("-inf")
"""Stands in a line for the moment of one that is about to be told."""

log = structlog.get_logger()


class Telling:
    """Errands with notices."""

    def __init__(self, road: Road) -> None:
        self._road = road
        self._postponed: dict[Line, dict[int, float]] = {}

    def forget(self) -> None:
        self._postponed.clear()

    async def tell(self, notice: Notice, claimed_at: float) -> None:
        cards = await self._road.cards(notice.request) if notice.request else []
        threadless = _without_thread(notice, cards)
        if threadless:
            if self._road.is_mine(claimed_at):
                await self._postpone(notice, self._until_posted(threadless))
            return
        shown = [outcome.bare(card) for card in cards if card.state == "shown"]
        spots = await self._spots(notice, shown)
        gates = post_gates(self._road.outlet.pace, spots)
        wait, behind = await self._road.wait(notice.id, gates), self._behind(notice)
        if not self._road.is_mine(claimed_at):  # another may have told it by now; its row is that one's
            return
        if wait == 0 < behind:
            self._road.book.done(notice.id)  # its slot went by; a kept one would let the whole line go at once
        if max(wait, behind) > 0:
            await self._postpone(notice, max(wait, behind))
            return
        request = await self._road.request(notice.request) if notice.request else None
        if not self._road.is_mine(claimed_at):
            return
        self._road.book.done(notice.id)
        tell = self._told(notice, request, shown) if spots else None
        if tell is None:
            await self._settle(notice, outcome.untold(notice))
        else:
            await self._say(notice, tell, gates)

    def must_wait(self, notice: Notice, cards: Sequence[Delivery]) -> float:
        """Seconds it is to be put off unclaimed, where it then stands in its line; 0 where it may be its turn.

        Asked in the order in which things happened: what is called before it in the same look goes before it.
        """
        wait = self._time_to_wait(notice, cards)
        line = self._postponed.get(_line(notice), {})
        if wait > 0:
            self._stand_in_line(notice, wait)
        elif outcome.seq(notice) in line:
            line[outcome.seq(notice)] = CALLED
        return wait

    def _time_to_wait(self, notice: Notice, cards: Sequence[Delivery]) -> float:
        threadless = _without_thread(notice, cards)
        if threadless:
            return self._until_posted(threadless)
        spots = self._known_spots(notice, [card for card in cards if card.state == "shown"])
        if spots is None:
            return 0.0
        wait = self._road.until_turn(notice.id, post_gates(self._road.outlet.pace, spots))
        behind = self._behind(notice, called=False)
        if wait == 0 < behind:
            self._road.book.done(notice.id)
        return max(wait, behind)

    def _until_posted(self, cards: Sequence[Delivery]) -> float:
        """Seconds until these may have their turn. In a crowded place that may be an hour, as it is for a line behind another."""
        now = self._road.seconds()
        return max(self._road.patience.behind, *(self._road.book.until(card.id, now) for card in cards))

    def _known_spots(self, notice: Notice, shown: Sequence[Delivery]) -> list[Spot] | None:
        """As `_spots`; None where somebody must be asked."""
        where = (
            [(card.organisation, card.place, card.address) for card in shown]
            if notice.place == THREAD
            else [(notice.organisation, notice.place, {})]
        )
        known = [self._road.known_spot(*one) for one in where]
        return None if None in known else [spot for spot in known if spot is not None]

    def _told(self, notice: Notice, request: Request | None, cards: Sequence[Delivery]) -> Say | None:
        """What tells it; None where there is nothing to tell any more, or nobody who could."""
        outlet = self._road.outlet
        if request is not None:
            return partial(outlet.tell, notice, request, cards)
        return partial(outlet.inform, notice) if not notice.request and isinstance(outlet, Herald) else None

    async def _spots(self, notice: Notice, shown: Sequence[Delivery]) -> list[Spot]:
        """Under every card, wherever it stands; or in one place."""
        if notice.place == THREAD:
            return [await self._road.spot(card) for card in shown]
        return [await self._road.outlet.spot(notice.organisation, notice.place, {})]

    def _behind(self, notice: Notice, *, called: bool = True) -> float:
        """Seconds until what happened before it has its turn, for nothing overtakes; 0 where it is first in its line.

        In a crowded place that may be an hour, and thousands may stand there: none of them looks each second. Those that
        are `called` count where they should have gone by now.
        """
        line = self._postponed.get(_line(notice), {})
        mine = outcome.seq(notice) if line else 0
        before = [until for seq, until in line.items() if seq < mine and (called or until != CALLED)]
        if not before:
            return 0
        return max(max(before) - self._road.seconds(), self._road.patience.behind)

    async def _say(self, notice: Notice, tell: Say, gates: Sequence[Gate]) -> None:
        road = self._road
        announced = await road.note(notice, lambda _: outcome.about_to_tell(notice))
        self._leave_line(notice)  # counts as told, whatever becomes of it now
        try:
            said = await road.send(tell())
        except OutletBusy as busy:
            road.close(gates, busy)
            await self._postpone(notice, busy.retry_after)
        except OutletRefused as no:
            log.warning("courier.refused", outlet=notice.outlet, notice=notice.id, reason=no.reason)
            await self._refused(notice, no)
        except OutcomeUnknown as unknown:
            log.warning("courier.outcome_unknown", outlet=notice.outlet, notice=notice.id, problem=str(unknown))
            await self._settle(notice, announced)
        else:
            await self._settle(notice, outcome.now_told(announced, said))

    async def _refused(self, notice: Notice, no: OutletRefused) -> None:
        tries = notice.attempts + 1
        if no.permanent or no.gone or tries >= self._road.patience.tries:
            await self._settle(notice, outcome.untold(notice))
            return
        await self._postpone(notice, self._road.patience.backoff(tries), attempts=tries)

    async def _postpone(self, notice: Notice, seconds: float, attempts: int | None = None) -> None:
        self._stand_in_line(notice, seconds)
        tries = notice.attempts if attempts is None else attempts
        await self._road.note(notice, lambda now: outcome.tell_later(notice, now, seconds, tries))
        self._road.come_back_in(seconds)

    def _stand_in_line(self, notice: Notice, seconds: float) -> None:
        self._postponed.setdefault(_line(notice), {})[outcome.seq(notice)] = self._road.seconds() + seconds

    async def _settle(self, notice: Notice, after: Notice) -> None:
        await self._road.note(notice, lambda _: after)
        self._leave_line(notice)

    def _leave_line(self, notice: Notice) -> None:
        line = self._postponed.get(_line(notice), {})
        line.pop(outcome.seq(notice), None)
        if not line:
            self._postponed.pop(_line(notice), None)


def _without_thread(notice: Notice, cards: Sequence[Delivery]) -> list[Delivery]:
    """Those it must wait for: a thread begins with its card."""
    if notice.place != THREAD:
        return []
    return [card for card in cards if card.state in {"new", "unknown"} and card.attempts < CARD_TRIES]


def _line(notice: Notice) -> Line:
    """Those who stand in one line: the same request, or none, and the same ears."""
    return notice.organisation, notice.request, notice.place
