"""Idempotency keys, request numbers, and what the chores throw away."""

import asyncio
from datetime import timedelta
from operator import methodcaller

import pytest

from core.ports import Filter, KeyTaken, Remembered, Transaction
from core.store.engine import BLOCK, Engine
from tests.store.builders import ADA, ELSEWHERE, ORG, Clock, a_request, opened, refused, store_new

pytestmark = pytest.mark.anyio

ENTRY = Remembered("hash of the body", "req_1", {"decision": "dec_1"})
DAY = timedelta(hours=24)


async def test_a_reply_is_remembered_for_its_credential_and_key(store: Engine) -> None:
    await store.transact(lambda tx: tx.remember("key_1", "k", ENTRY))
    assert await store.transact(lambda tx: tx.remembered("key_1", "k")) == ENTRY
    assert await store.transact(lambda tx: tx.remembered("key_2", "k")) is None
    assert await store.transact(lambda tx: tx.remembered("key_1", "other")) is None


async def test_a_second_entry_under_one_key_is_a_conflict(store: Engine) -> None:
    await store.transact(lambda tx: tx.remember("key_1", "k", ENTRY))
    with pytest.raises(KeyTaken):
        await store.transact(lambda tx: tx.remember("key_1", "k", ENTRY))


async def test_of_many_with_one_key_exactly_one_commits(store: Engine) -> None:
    def work(tx: Transaction) -> None:
        store_new(a_request())(tx)
        tx.remember("key_1", "k", ENTRY)

    outcomes = await asyncio.gather(*(store.transact(work) for _ in range(6)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [*["KeyTaken"] * 5, "NoneType"]
    page = await store.read(lambda reader: reader.requests(ORG, Filter(), cursor=None, limit=9))
    assert len(page.requests) == 1


async def test_a_key_may_be_used_anew_after_a_day(store: Engine, clock: Clock) -> None:
    await store.transact(lambda tx: tx.remember("key_1", "k", ENTRY))
    clock.turn(DAY)
    assert await store.transact(lambda tx: tx.remembered("key_1", "k")) is None
    await store.transact(lambda tx: tx.remember("key_1", "k", Remembered("new", "req_2", {})))
    assert await store.transact(lambda tx: tx.remembered("key_1", "k")) == Remembered("new", "req_2", {})


async def test_the_chores_forget_what_is_past_its_time(store: Engine, clock: Clock) -> None:
    request = await store.transact(store_new(a_request()))
    now = clock.now()
    for key in ("k1", "k2", "k3"):
        await store.transact(methodcaller("remember", "key_1", key, ENTRY))
    await store.transact(lambda tx: tx.keep_login_code("code", ORG, "mem_ada", now + timedelta(minutes=5)))
    await store.transact(lambda tx: tx.note_refusal(request, refused(now), ADA))
    assert await store.transact(lambda tx: tx.forget(100)) == 0
    clock.turn(DAY + timedelta(minutes=1))
    await store.transact(lambda tx: tx.remember("key_1", "fresh", ENTRY))
    assert [await store.transact(lambda tx: tx.forget(2)) for _ in range(3)] == [4, 1, 0]
    assert await store.transact(lambda tx: tx.remembered("key_1", "fresh")) == ENTRY


async def test_numbers_are_never_drawn_twice(store: Engine) -> None:
    drawn = await asyncio.gather(*(store.next_number(ORG) for _ in range(3 * BLOCK + 1)))
    assert sorted(drawn) == list(range(1, 3 * BLOCK + 2))
    assert await store.next_number(ELSEWHERE) == 1


async def test_replicas_never_draw_the_same_number(database: str) -> None:
    async with opened(database) as one, opened(database) as two:
        drawn = await asyncio.gather(*(store.next_number(ORG) for _ in range(2 * BLOCK) for store in (one, two)))
    async with opened(database) as three:
        drawn.append(await three.next_number(ORG))
    assert len(drawn) == len(set(drawn)) == 4 * BLOCK + 1
