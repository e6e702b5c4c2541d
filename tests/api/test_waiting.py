"""Whoever waits hears of every commit, also of one that falls while an earlier one is being read."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.api.waiting import Waiting
from core.model.request import Request, Status
from core.ports import Changed, Reader, Store

pytestmark = pytest.mark.anyio


class SlowStore:
    """Reads what is stored, and gives it back only when it is let."""

    def __init__(self) -> None:
        self.version, self.reads, self.let = 1, 0, asyncio.Semaphore(0)

    async def glance(self, work: Callable[[Reader], Request]) -> Request:
        self.reads += 1
        seen = SimpleNamespace(version=self.version, status=Status.PENDING if self.version < 3 else Status.REJECTED)
        await self.let.acquire()
        return cast("Request", seen)


async def test_a_commit_that_falls_while_an_earlier_one_is_read_is_not_missed() -> None:
    store = SlowStore()
    waiting = Waiting(cast("Store", store))
    with waiting.for_request("req_1", lambda request: request.status is Status.REJECTED) as waiter:
        store.version = 2
        waiting.changed(frozenset({changed(2)}))
        async with asyncio.timeout(20):
            while not store.reads:  # noqa: ASYNC110 - the reading is a task of its own
                await asyncio.sleep(0)
        store.version = 3
        waiting.changed(frozenset({changed(3)}))
        store.let.release()
        store.let.release()
        found: Any = await waiter.until(5)
    assert found is not None
    assert found.version == 3
    assert store.reads == 2


def changed(version: int) -> Changed:
    return Changed("org_1", "req_1", version)
