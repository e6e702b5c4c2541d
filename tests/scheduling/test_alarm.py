"""The alarm clock rings for the earliest due moment, and forgets everything without harm."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from core.scheduling.alarm import SLICE, Alarm, Chore

pytestmark = pytest.mark.anyio


@dataclass
class Wall:
    """A clock turned by hand: real time plus an offset, and due moments that a sweep strikes off."""

    offset: timedelta = timedelta(0)
    due: list[datetime] = field(default_factory=list)
    sweeps: list[int] = field(default_factory=list)
    stuck: bool = False
    failing: bool = False

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    async def next_due(self) -> datetime | None:
        return min(self.due, default=None)

    async def sweep(self, limit: int) -> int:
        rung = [at for at in self.due if at <= self.now()][:limit]
        self.sweeps.append(len(rung))
        if self.failing:
            raise ConnectionError
        if not self.stuck:
            for at in rung:
                self.due.remove(at)
        return len(rung)


@asynccontextmanager
async def ticking(wall: Wall, *chores: Chore, **settings: Any) -> AsyncIterator[Alarm]:
    alarm = Alarm(now=wall.now, next_due=wall.next_due, sweep=wall.sweep, chores=chores, **settings)
    task = asyncio.create_task(alarm.run())
    await until(lambda: bool(wall.sweeps))
    yield alarm
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 (what is waited for is a state of the wall)
            await asyncio.sleep(0.005)


def chore(name: str, do: Callable[[], Awaitable[object]], every: timedelta = timedelta(hours=1)) -> Chore:
    return Chore(name, every, do)


async def test_it_sweeps_as_soon_as_it_starts_for_nobody_knows_how_long_it_was_off() -> None:
    wall = Wall()
    wall.due.append(wall.now() - timedelta(days=3))
    async with ticking(wall):
        assert wall.due == []


async def test_it_rings_when_the_earliest_moment_comes() -> None:
    wall = Wall()
    async with ticking(wall) as alarm:
        wall.due += [wall.now() + timedelta(seconds=0.2), wall.now() + timedelta(hours=1)]
        alarm.rearm()
        await until(lambda: len(wall.due) == 1)


async def test_a_moment_moved_nearer_by_a_commit_is_heard_of() -> None:
    wall = Wall()
    async with ticking(wall) as alarm:
        wall.due.append(wall.now() + timedelta(hours=1))
        alarm.rearm("org", "req_1", 7)
        await asyncio.sleep(0)
        wall.due.append(wall.now() + timedelta(seconds=0.1))
        alarm.rearm("org", "req_2", 1)
        await until(lambda: len(wall.due) == 1)


async def test_turning_the_clock_rings_at_once() -> None:
    wall, cleaned = Wall(), []

    async def clean() -> None:
        cleaned.append(wall.now())

    async with ticking(wall, chore("clean", clean)) as alarm:
        wall.due.append(wall.now() + timedelta(hours=4))
        alarm.rearm()
        wall.offset = timedelta(hours=5)
        alarm.clock_turned()
        await until(lambda: not wall.due and len(cleaned) == 2)
        assert alarm.last_swept_at is not None
        assert alarm.last_swept_at > wall.now() - timedelta(minutes=1)


async def test_more_than_a_slice_is_swept_in_one_go() -> None:
    wall = Wall()
    wall.due += [wall.now() - timedelta(minutes=1)] * (2 * SLICE + 3)
    async with ticking(wall):
        await until(lambda: not wall.due)
        assert wall.sweeps[:3] == [SLICE, SLICE, 3]


async def test_what_a_sweep_leaves_due_does_not_make_it_spin() -> None:
    wall = Wall(stuck=True)
    wall.due.append(wall.now() - timedelta(minutes=1))
    async with ticking(wall):
        await asyncio.sleep(0.5)
        assert len(wall.sweeps) <= 2


async def test_a_failing_sweep_is_tried_again_and_is_not_counted_as_swept() -> None:
    wall = Wall(failing=True)
    async with ticking(wall) as alarm:
        assert alarm.last_swept_at is None
        wall.failing = False
        alarm.clock_turned()
        await until(lambda: alarm.last_swept_at is not None)


async def test_a_slow_or_failing_chore_delays_no_deadline() -> None:
    wall, held = Wall(), asyncio.Event()

    async def slow() -> None:
        await held.wait()

    async def failing() -> None:
        raise ConnectionError

    async with ticking(wall, chore("slow", slow), chore("failing", failing)) as alarm:
        wall.due.append(wall.now() + timedelta(seconds=0.1))
        alarm.rearm()
        await until(lambda: not wall.due)
        held.set()


async def test_a_chore_comes_round_again_and_never_twice_at_once() -> None:
    wall, at_once, rounds = Wall(), 0, 0

    async def slow() -> None:
        nonlocal at_once, rounds
        at_once += 1
        assert at_once == 1
        await asyncio.sleep(0.15)
        at_once -= 1
        rounds += 1

    async with ticking(wall, chore("slow", slow, timedelta(seconds=0.05))):
        await until(lambda: rounds >= 2)


async def test_draining_sweeps_and_ends_what_is_under_way() -> None:
    wall = Wall()
    wall.due.append(wall.now() - timedelta(minutes=1))
    alarm = Alarm(now=wall.now, next_due=wall.next_due, sweep=wall.sweep)
    await alarm.drain()
    assert wall.due == []


async def test_a_century_that_passes_at_once_is_one_ring() -> None:
    """Each missed turn used to be counted, in this very thread: hundreds of millions of them, for minutes, gigabytes of them."""
    wall, done = Wall(), 0

    async def count() -> None:
        nonlocal done
        done += 1

    async with ticking(wall, chore("count", count, timedelta(milliseconds=100))):
        await until(lambda: done > 1)
        sweeps, began = len(wall.sweeps), done
        with time_machine.travel(datetime.now(UTC) + timedelta(days=36500), tick=True):
            await until(lambda: len(wall.sweeps) > sweeps and done > began)
            assert done - began < 1000


@pytest.mark.parametrize("ago", [timedelta(hours=1), timedelta(days=36500)], ids=str)
async def test_a_clock_that_is_set_back_holds_nothing_up(ago: timedelta) -> None:
    wall, done = Wall(), 0

    async def count() -> None:
        nonlocal done
        done += 1

    async with ticking(wall, chore("count", count, timedelta(milliseconds=100)), at_least_every=timedelta(seconds=0.5)):
        await until(lambda: done > 1)
        with time_machine.travel(datetime.now(UTC) - ago, tick=True):
            began, sweeps = done, len(wall.sweeps)
            await until(lambda: done > began + 3 and len(wall.sweeps) > sweeps + 1)
            wall.due.append(wall.now() + timedelta(seconds=0.1))
            await until(lambda: not wall.due)
