"""Seals number what was committed, without gaps, in an order that is the feed's."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from operator import methodcaller

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.ledger.sealer import Sealer
from core.ports import Transaction
from core.store.engine import Engine
from tests.ledger.reading import report, sealed
from tests.store.builders import ADA, ELSEWHERE, ORG, Clock, a_request, comment_on, furnish, opened, refused, store_new

pytestmark = pytest.mark.anyio


async def test_every_committed_event_gets_its_place_in_the_feed(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))
    await store.transact(comment_on(request.id))
    await store.transact(lambda tx: tx.log(ORG, "member_added", ADA, {"member": "mem_x"}))
    rows = await sealed(store)
    assert [(row.position, row.request, row.word) for row in rows] == [
        (1, request.id, "created"),
        (2, request.id, "commented"),
        (3, ORG, "member_added"),
    ]


async def test_seals_have_no_gaps_under_many_writers(store: Engine, key: Ed25519PrivateKey) -> None:
    ids = [(await store.transact(store_new(a_request()))).id for _ in range(6)]
    await asyncio.gather(*(store.transact(comment_on(id)) for id in ids for _ in range(8)))
    rows = await sealed(store)
    assert [row.position for row in rows] == list(range(1, len(ids) * 9 + 1))
    for id in ids:
        assert [row.seq for row in rows if row.request == id] == list(range(1, 10))
    checked = await report(store, key)
    assert (checked.problems, checked.rows) == ((), 54)


async def test_a_failed_command_leaves_no_gap(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))

    def broken(tx: Transaction) -> None:
        comment_on(request.id)(tx)
        raise LookupError

    outcomes = await asyncio.gather(
        store.transact(broken), store.transact(comment_on(request.id)), return_exceptions=True
    )
    assert isinstance(outcomes[0], LookupError)
    assert [row.position for row in await sealed(store)] == [1, 2]


async def test_organisations_are_sealed_apart(store: Engine) -> None:
    await store.transact(store_new(a_request()))
    await store.transact(store_new(a_request(organisation=ELSEWHERE, project="prj_other")))
    mine, theirs = await sealed(store), await sealed(store, ELSEWHERE)
    assert [row.organisation for row in (*mine, *theirs)] == [ORG, ELSEWHERE]
    assert [row.position for row in (*mine, *theirs)] == [1, 1]


async def test_what_another_replica_left_unsealed_is_sealed_later(database: str, key: Ed25519PrivateKey) -> None:
    async with opened(database) as without:
        await without.transact(furnish)
        await without.transact(store_new(a_request()))
        assert await without.read(lambda reader: reader.unsealed_count(ORG, 9)) == 1
    async with opened(database, seal=Sealer(key, "replica one")) as store:
        await store.transact(store_new(a_request()))
        assert len(await sealed(store)) == 2
        assert (await report(store, key)).intact


async def test_only_the_holder_of_the_lease_seals(database: str, clock: Clock, key: Ed25519PrivateKey) -> None:
    async with opened(database, clock) as store:
        await store.transact(furnish)
        await store.transact(store_new(a_request()))
        await store.transact(lambda tx: Sealer(key, "one")(tx, [ORG]))
        await store.transact(store_new(a_request()))
        await store.transact(lambda tx: Sealer(key, "two")(tx, [ORG]))
        assert await store.read(lambda reader: reader.unsealed_count(ORG, 9)) == 1
        clock.turn(timedelta(minutes=1))
        await store.transact(lambda tx: Sealer(key, "two")(tx, [ORG]))
        assert await store.read(lambda reader: reader.unsealed_count(ORG, 9)) == 0
        assert (await report(store, key)).intact


async def test_a_sealer_that_fails_loses_no_command(database: str, key: Ed25519PrivateKey) -> None:
    class Broken(Sealer):
        broken = True

        def __call__(self, tx: Transaction, organisations: Iterable[str]) -> None:
            if self.broken:
                raise LookupError("no key today")
            super().__call__(tx, organisations)

    sealer = Broken(key, "one")
    async with opened(database, seal=sealer) as store:
        await store.transact(furnish)
        request = await store.transact(store_new(a_request()))
        assert (await store.transact(comment_on(request.id))).version == 2
        sealer.broken = False
        await store.transact(comment_on(request.id))
        assert [row.position for row in await sealed(store)] == [1, 2, 3]


# ------------------------------------------------------------------------------------------------------------- refusals


async def test_a_refusal_is_in_the_ledger_and_changes_nothing(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))
    await store.transact(lambda tx: tx.note_refusal(request, refused(request.created_at), ADA))
    assert await store.read(lambda reader: reader.request(request.id)) == request
    await store.transact(comment_on(request.id))
    rows = await sealed(store)
    assert [(row.seq, row.word) for row in rows] == [(1, "created"), (2, "refused"), (3, "commented")]


async def test_a_minute_holds_one_refusal_and_the_next_tells_how_many_were_left_out(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))
    start = request.created_at
    for seconds in (0, 10, 59, 61, 130):
        event = refused(start + timedelta(seconds=seconds))
        await store.transact(methodcaller("note_refusal", request, event, ADA))
    rows = [row for row in await sealed(store) if row.word == "refused"]
    assert [((row.at - start).total_seconds(), (row.payload or {})["missed"]) for row in rows] == [
        (0, 0),
        (61, 2),
        (130, 0),
    ]


async def test_refusals_of_another_kind_or_actor_are_told_apart(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))
    at = request.created_at
    for event, actor in (
        (refused(at), ADA),
        (refused(at, code="stale_revision"), ADA),
        (refused(at, command="reject"), ADA),
        (refused(at), replace(ADA, id="mem_bob")),
    ):
        await store.transact(methodcaller("note_refusal", request, event, actor))
    assert len([row for row in await sealed(store) if row.word == "refused"]) == 4
