"""The turnable clock."""

import anyio
import pytest

from bot.sandbox.clock import Clock

pytestmark = pytest.mark.anyio


async def test_whoever_sleeps_wakes_when_the_clock_is_turned_far_enough() -> None:
    clock, woken = Clock(), []

    async def sleep() -> None:
        await clock.sleep_until(clock.now() + 60)
        woken.append(clock.offset)

    async with anyio.create_task_group() as group:
        group.start_soon(sleep)
        await anyio.wait_all_tasks_blocked()
        clock.advance(30)
        await anyio.wait_all_tasks_blocked()
        assert woken == []
        clock.advance(31)
    assert woken == [61]


async def test_turning_adds_up_and_reset_forgets() -> None:
    clock = Clock()
    clock.advance(10)
    clock.advance(5)
    assert clock.offset == 15
    clock.reset()
    assert clock.offset == 0
