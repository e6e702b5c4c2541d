"""Many waits on one timer: each ends at its own time, and nobody else's cancelling is taken for it."""

import asyncio

import pytest

from bot.api.deadlines import Deadlines

pytestmark = pytest.mark.anyio


async def soon() -> str:
    await asyncio.sleep(0)
    return "here"


async def test_each_ends_at_its_own_time_and_what_comes_before_is_had() -> None:
    deadlines, now = Deadlines(), asyncio.get_running_loop().time()
    ended: list[float] = []

    async def never(seconds: float) -> None:
        with pytest.raises(TimeoutError):
            await deadlines.by(now + seconds, asyncio.Event().wait())
        ended.append(seconds)

    waits = [asyncio.create_task(never(seconds)) for seconds in (0.3, 0.1, 0.2)]
    assert await deadlines.by(now + 60, soon()) == "here"
    async with asyncio.timeout(30):
        await asyncio.gather(*waits)
    assert ended == [0.1, 0.2, 0.3]


async def test_whoever_is_cancelled_by_others_hears_that_and_not_that_it_is_late() -> None:
    deadlines, later = Deadlines(), asyncio.get_running_loop().time() + 60
    waiting = asyncio.create_task(deadlines.by(later, asyncio.Event().wait()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await deadlines.by(later, asyncio.Event().wait())
