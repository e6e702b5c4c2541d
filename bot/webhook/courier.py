"""Tells every endpoint what happens, in order within each request, at least once, for as long as it takes.

One task per endpoint that has something to hear, so that one that hangs holds up nobody but itself; within it the
requests of a page are told side by side, the events of one request one after the other. An organisation's endpoints are
told by one replica at a time, by a lease that is longer than a call: no call is begun that could outlive it. What was
told is noted after it was told; whoever dies between tells it again, under the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import structlog

from bot.event_feed import EventFeed
from bot.webhook.letters import Key, Letters
from bot.webhook.teller import SECONDS, Teller
from bot.webhook.turn import Chain, Turn, again, chains, finish, missed, put_off, told, tries
from core.administration.schedules import Sealing
from core.administration.webhooks import secrets_of
from core.model.endpoint import MOST_ARREARS, Arrear, Endpoint, attempt_at, message_id
from core.model.people import Actor, Way
from core.ports import FeedRow, Reader, Store, Told, Transaction

LANES: Final = 5
"""Calls of one endpoint at once."""

PAGE: Final = 50
CAREFUL_PAGE: Final = 5
"""Rows read at once for an endpoint that is behind: it may not take these either."""

LEASE_SECONDS: Final = 30.0
RENEWED_BEFORE: Final = 20.0
LOOK_SECONDS: Final = 1.0
SOON_SECONDS: Final = 0.1
BREATH_SECONDS: Final = 0.03
EAGER_SECONDS: Final = 0.6
"""After a commit it is looked more often for so long: PostgreSQL seals a moment later."""

REST_SECONDS: Final = 10.0
"""An endpoint whose telling met a bug is left alone for so long."""

PARTING_SECONDS: Final = 3.0
Tell = Callable[[str, str], None]

log = structlog.get_logger()


class WebhookCourier:
    """`owner` names this process among its replicas."""

    def __init__(
        self, store: Store, feed: EventFeed, letters: Letters, teller: Teller, sealing: Sealing, owner: str
    ) -> None:
        self._store, self._feed, self._letters, self._teller = store, feed, letters, teller
        self._sealing, self._owner = sealing, owner
        self._wake = asyncio.Event()
        self._eager_until = 0.0
        self._leased: dict[str, float] = {}
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self._resting: dict[str, float] = {}
        self._stopping = False
        self._some = False
        self._listeners: list[Tell] = []

    def subscribe(self, tell: Tell) -> None:
        """`tell` hears of each endpoint that was parked: its organisation, and a sentence for its admins."""
        self._listeners.append(tell)

    def nudge(self, *_changed: object) -> None:
        """Something was committed, or the clock was turned: look now. Takes what `store.subscribe` gives.

        Commits cost nothing here while there is no endpoint; the first one is noticed within a second.
        """
        if not self._some:
            return
        self._eager_until = time.monotonic() + EAGER_SECONDS
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; then what is on its way is given a moment to end, and is noted."""
        try:
            while True:
                self._wake.clear()
                await self._attempt()
                await self._rest()
        finally:
            await self._leave()

    async def drain(self) -> None:
        """Until nothing is left that can be told now."""
        while await self._look() or self._in_hand:
            if self._in_hand:
                await asyncio.wait(set(self._in_hand.values()))

    # Looking.

    async def _attempt(self) -> None:
        try:
            self._some = await self._store.read(lambda reader: reader.has_endpoints())
            if self._some:
                await self._look()
        except Exception:
            log.exception("webhooks.look_failed")

    async def _rest(self) -> None:
        """Not `wait_for`: on Python 3.11 it swallows a cancellation that comes together with the wake-up."""
        eager = time.monotonic() < self._eager_until
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SOON_SECONDS if eager else LOOK_SECONDS):
                await self._wake.wait()
        await asyncio.sleep(BREATH_SECONDS)

    async def _look(self) -> int:
        """Begin with every endpoint that has something to hear and is nobody else's; says how many."""
        found = await self._store.read(lambda reader: reader.endpoints_waiting(reader.now()))
        now = time.monotonic()
        self._resting = {id: until for id, until in self._resting.items() if until > now}
        ready = [(owner, id) for owner, id in found if id not in self._in_hand and id not in self._resting]
        held = await self._hold({owner for owner, _ in ready} | self._busy())
        begun = [(owner, id) for owner, id in ready if owner in held]
        for organisation, id in begun:
            self._begin(organisation, id)
        return len(begun)

    def _begin(self, organisation: str, endpoint: str) -> None:
        name = f"webhook:{organisation}:{endpoint}"
        task = asyncio.get_running_loop().create_task(self._serve(organisation, endpoint), name=name)
        self._in_hand[endpoint] = task

    def _busy(self) -> set[str]:
        return {task.get_name().split(":")[1] for task in self._in_hand.values()}

    async def _hold(self, organisations: set[str]) -> set[str]:
        """Those whose endpoints are ours to tell, their leases good for a while."""
        began = time.monotonic()
        short = sorted(one for one in organisations if self._leased.get(one, 0.0) < began + RENEWED_BEFORE)
        if short:

            def take(tx: Transaction) -> list[str]:
                return [one for one in short if tx.hold_lease(_lease(one), self._owner, LEASE_SECONDS)]

            taken = await self._store.transact(take, chore=True)
            for one in short:
                self._leased[one] = began + LEASE_SECONDS if one in taken else 0.0
        return {one for one in organisations if self._leased.get(one, 0.0) > began + SECONDS}

    def _may_begin(self, organisation: str) -> bool:
        """Whether a call begun now ends while the organisation is ours."""
        return not self._stopping and self._leased.get(organisation, 0.0) > time.monotonic() + SECONDS

    async def _leave(self) -> None:
        self._stopping = True
        if self._in_hand:
            _, late = await asyncio.wait(set(self._in_hand.values()), timeout=PARTING_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        held = [one for one, until in self._leased.items() if until > time.monotonic()]
        if held:
            await self._store.transact(
                lambda tx: [tx.hold_lease(_lease(one), self._owner, 0) for one in held], chore=True
            )

    # One endpoint.

    async def _serve(self, organisation: str, endpoint: str) -> None:
        """Round after round until it has heard everything that can be told now."""
        try:
            while self._may_begin(organisation):
                found = await self._next(organisation, endpoint)
                if found is None:
                    return
                await self._tell_all(found)
                came_of = told(found)
                if not await self._store.transact(partial(_note, found, came_of), chore=True):
                    return
                if came_of.parked_at is not None:
                    self._say_parked(found.endpoint, came_of)
        except Exception:
            log.exception("webhooks.telling_failed", endpoint=endpoint)
            self._resting[endpoint] = time.monotonic() + REST_SECONDS
        finally:
            del self._in_hand[endpoint]
            self._wake.set()

    def _say_parked(self, endpoint: Endpoint, came_of: Told) -> None:
        sentence = (
            f"The webhook {endpoint.name} is parked: it is not tried any more, and nothing it waits for is lost. "
            f"{came_of.problem} See to it, then: /countersign webhooks resume {endpoint.name}"
        )
        for tell in self._listeners:
            tell(endpoint.organisation, sentence)

    async def _next(self, organisation: str, endpoint: str) -> Turn | None:
        """What it is told next: what is due again, and a page of the feed; None when there is nothing."""
        found = await self._store.read(lambda reader: self._state(reader, organisation, endpoint))
        if found is None:
            return None
        turn, arrears = found
        open_ones = [one for one in arrears if not one.parked]
        rows: Sequence[FeedRow] = ()
        if len(open_ones) < MOST_ARREARS:
            limit = CAREFUL_PAGE if open_ones else PAGE
            rows = await self._feed.after(organisation, turn.cursor, limit)
        if not rows and not turn.chains:
            return None
        behind = {one.request for one in arrears}
        fresh = chains(turn.endpoint, (one for one in rows if one.row.request not in behind))
        turn.chains = (*turn.chains, *fresh)
        turn.cursor = rows[-1].row.position or turn.cursor if rows else turn.cursor
        return turn

    def _state(self, reader: Reader, organisation: str, id: str) -> tuple[Turn, Sequence[Arrear]] | None:
        endpoint = reader.endpoint(organisation, id)
        progress = reader.endpoint_progress(organisation).get(id)
        if endpoint is None or progress is None or endpoint.paused or progress.parked_at is not None:
            return None
        now = reader.now()
        secrets = secrets_of(reader, endpoint, self._sealing, now)
        if not secrets:
            return None
        arrears = reader.arrears(id)
        due = tuple(again(reader, endpoint, one, progress.cursor) for one in arrears if one.is_due(now))
        return Turn(endpoint, progress, secrets, now, due, progress.cursor), arrears

    async def _tell_all(self, turn: Turn) -> None:
        """Chains side by side, a few at once."""
        letters = await self._letters.of([row for chain in turn.chains for row in chain.rows])
        lanes = asyncio.Semaphore(LANES)

        async def lane(chain: Chain) -> None:
            async with lanes:
                await self._tell(turn, chain, letters)

        async with asyncio.TaskGroup() as group:
            for chain in turn.chains:
                group.create_task(lane(chain))

    async def _tell(self, turn: Turn, chain: Chain, letters: Mapping[Key, bytes]) -> None:
        """Event by event, up to the first that is not taken."""
        for place, row in enumerate(chain.rows):
            body = letters.get((row.request, row.seq))
            if body is None:
                continue
            if not self._may_begin(turn.endpoint.organisation):
                turn.arrears.append(put_off(turn, chain, row))
                return
            id = message_id(row.request, row.seq)
            outcome = await self._teller.tell(turn.endpoint.url, turn.secrets, id, body)
            number = tries(chain, row) + 1
            turn.attempts.append(attempt_at(turn.endpoint, row, outcome, turn.now(), number))
            if not outcome.delivered:
                turn.gone = turn.gone or outcome.gone
                turn.arrears.append(missed(turn, chain, row, outcome, number))
                return
            turn.recovered = turn.recovered or (place == 0 and tries(chain, row) > 0)
        finish(turn, chain)


def _note(turn: Turn, told: Told, tx: Transaction) -> bool:
    there = tx.note_told(told)
    if there and told.parked_at is not None:
        payload = {"endpoint": turn.endpoint.id, "name": turn.endpoint.name, "problem": told.problem}
        organisation = turn.endpoint.organisation
        tx.log(
            organisation, "webhook_parked", Actor("system", "webhooks", "webhooks", organisation, Way.SYSTEM), payload
        )
    return there


def _lease(organisation: str) -> str:
    return f"webhooks:{organisation}"
