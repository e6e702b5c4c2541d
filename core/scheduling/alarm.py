"""The alarm clock: wakes one loop for the earliest due moment and for the recurring chores.

APScheduler only rings. What is due stands in the store, so that everything here may be forgotten at a restart, rung twice,
or rung too early without harm. Moments are the product's clock, which tests turn by hand; APScheduler's own is the real one.
When that is set forward or back, by an hour or a century, everything is rung for once and set anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

SLICE = 50
"""Requests rung in one transaction."""

MOST_SLICES = 2000
"""Slices in a row before the loop looks up."""

BREATH = 0.25
"""Seconds between two looks for the earliest due moment, however many commits there are; at 0.05 it was 8 % of a click."""

MOST_ADRIFT = 1.0
"""Seconds by which the real clock may part from the monotonic one between two looks; more is a clock that was set."""

SWEEP = "sweep"
NEXT = "next"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Chore:
    """Something done again and again; `do` is also called after the clock was turned."""

    name: str
    every: timedelta
    do: Callable[[], Awaitable[object]]


class Again(IntervalTrigger):  # type: ignore[misc]
    """Every so often, without the turns that were missed: APScheduler counts those one by one, in the loop's own thread.

    A clock set forward by a century holds six hundred million turns of five seconds, which took all the machine's memory.
    """

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        found: datetime = super().get_next_fire_time(previous_fire_time, now)
        return found if found > now else now + self.interval


class Alarm:
    """Rings and sweeps. `sweep(limit)` says how many it rang for; `next_due` is asked of the store after commits."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        next_due: Callable[[], Awaitable[datetime | None]],
        sweep: Callable[[int], Awaitable[int]],
        chores: Sequence[Chore] = (),
        at_least_every: timedelta = timedelta(seconds=20),
    ) -> None:
        self._now = now
        self._next_due = next_due
        self._chores = {chore.name: chore for chore in chores}
        self._at_least_every = at_least_every
        self._sweep_slice = sweep
        self._wake = asyncio.Event()
        self._rung: set[str] = set()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._is_to_be_set = True
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._swept = time.monotonic()
        self._ahead = _ahead()
        self.last_swept_at: datetime | None = None

    @property
    def seconds_since_sweep(self) -> float:
        """Real seconds since the last sweep ended, or since this was made; for readiness."""
        return time.monotonic() - self._swept

    def rearm(self, *_changed: object) -> None:
        """Something was committed: the earliest due moment may be another. Takes what `store.subscribe` gives."""
        self._is_to_be_set = True
        self._wake.set()

    def clock_turned(self) -> None:
        """Time is no longer where it was: look at everything at once."""
        self._rung |= {SWEEP, *self._chores}
        self.rearm()

    async def run(self) -> None:
        """Until cancelled. Begins by ringing for everything, for nobody knows how long it was off."""
        self._begin()
        try:
            while True:
                await self._woken()
                await self._answer()
                await asyncio.sleep(BREATH)
        finally:
            self._scheduler.shutdown(wait=False)
            await self._stop()

    async def drain(self) -> None:
        """Sweep, and end what is under way, without waiting for time to pass."""
        self._rung.add(SWEEP)
        while self._rung or self._under_way:
            await self._answer_rung()
            if self._under_way:
                await asyncio.wait(set(self._under_way.values()))

    def _begin(self) -> None:
        self._scheduler.start()
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Every turn counts from now, and everything is rung for."""
        for chore in (Chore(SWEEP, self._at_least_every, self._sweep), *self._chores.values()):
            again = Again(seconds=chore.every.total_seconds(), timezone=UTC)
            self._scheduler.add_job(self._ring, again, args=[chore.name], id=chore.name, replace_existing=True)
        self.clock_turned()

    async def _woken(self) -> None:
        """By a ring or a commit; and, because a clock set back holds up every ring, by the monotonic clock at the latest."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._at_least_every.total_seconds()):
                await self._wake.wait()
        self._wake.clear()
        before, self._ahead = self._ahead, _ahead()
        if abs(self._ahead - before) > MOST_ADRIFT:
            log.warning("alarm.clock_was_set", seconds=round(self._ahead - before))
            self._begin_anew()

    async def _stop(self) -> None:
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ring(self, name: str) -> None:
        """All that a job ever does. A coroutine, for APScheduler calls plain functions on threads."""
        self._rung.add(name)
        self._wake.set()

    async def _answer(self) -> None:
        await self._answer_rung()
        if self._is_to_be_set:
            self._is_to_be_set = False
            await self._attempt("set", self._set)

    async def _answer_rung(self) -> None:
        """Chores run beside the loop, each once at a time, so that a slow one never delays a deadline."""
        rung, self._rung = self._rung, set()
        for name in rung - {SWEEP} - self._under_way.keys():
            task = asyncio.create_task(self._attempt(name, self._chores[name].do), name=name)
            self._under_way[name] = task
            task.add_done_callback(self._ended)
        if SWEEP in rung:
            await self._attempt(SWEEP, self._sweep)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task.get_name()]

    async def _attempt(self, name: str, do: Callable[[], Awaitable[object]]) -> None:
        """The last line: a chore that fails is logged, done again at its next turn, and holds up no other."""
        try:
            await do()
        except Exception:
            log.exception("alarm.chore_failed", chore=name)

    async def _sweep(self) -> None:
        for _ in range(MOST_SLICES):
            if await self._sweep_slice(SLICE) < SLICE:
                break
        else:
            await self._ring(SWEEP)
        self._swept = time.monotonic()
        self.last_swept_at = self._now()
        self._is_to_be_set = True

    async def _set(self) -> None:
        """One job for the earliest due moment; what a sweep has seen and left due is given a second."""
        due = await self._next_due()
        if due is None:
            with contextlib.suppress(LookupError):
                self._scheduler.remove_job(NEXT)
            return
        least = timedelta(seconds=self.last_swept_at is not None and due <= self.last_swept_at)
        rings_at = datetime.now(UTC) + max(due - self._now(), least)
        self._scheduler.add_job(self._ring, "date", run_date=rings_at, args=[SWEEP], id=NEXT, replace_existing=True)


def _ahead() -> float:
    """Seconds by which the real clock is ahead of the one that nobody can set."""
    return time.time() - time.monotonic()
