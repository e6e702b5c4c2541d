"""How far each endpoint has been told is kept, on both databases, and no two replicas move it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import Conflict
from core.ledger.sealer import Sealer, key_from
from core.model.endpoint import KEPT, MOST_ARREARS, Arrear, Attempt, Endpoint, EndpointSecret, next_try
from core.ports import FeedRow, Told
from core.store import endpoints as kept
from core.store.engine import Engine
from tests.store.builders import ADA, ELSEWHERE, ORG, PROJECT, T0, Clock, a_request, furnish, opened, store_new

pytestmark = pytest.mark.anyio

HOOK = Endpoint("whk_1", ORG, "ci", "https://ci.example/hook", None, None, None, False, "Ada", T0)


@pytest.fixture
async def sealed(database: str, clock: Clock, anyio_backend: str) -> AsyncIterator[Engine]:
    """A store that seals what is committed."""
    owner = None if database.startswith("sqlite") else "replica"
    async with opened(database, clock, seal=Sealer(key_from(b"key"), owner)) as store:
        await store.transact(furnish)
        yield store


async def settled(store: Engine) -> int:
    """Where the feed ends once everything is sealed."""
    async with asyncio.timeout(10):
        while await store.read(lambda reader: reader.unsealed_count(ORG, 1)):  # noqa: ASYNC110 - another thread seals
            await asyncio.sleep(0.01)
    return await store.read(lambda reader: reader.feed_head(ORG))


def secret(id: str = "sec_1", endpoint: str = "whk_1") -> EndpointSecret:
    return EndpointSecret(id, endpoint, "sealed", T0)


async def set_up(store: Engine, endpoint: Endpoint = HOOK) -> None:
    await store.transact(lambda tx: tx.put_endpoint(endpoint))
    await store.transact(
        lambda tx: tx.keep_endpoint_secret(secret(f"sec_{endpoint.id}", endpoint.id), others_until=tx.now())
    )


def arrear(request: str = "req_1", **changes: object) -> Arrear:
    return replace(Arrear("whk_1", request, 1, 1, T0, T0, "no answer"), **changes)  # type: ignore[arg-type]


async def waiting(store: Engine) -> list[str]:
    return [id for _, id in await store.read(lambda reader: reader.endpoints_waiting(reader.now()))]


async def test_an_endpoint_comes_back_as_it_was_put(store: Engine) -> None:
    narrow = replace(HOOK, events=("request.approved",), projects=(PROJECT,), types=("deploy", "merge"), paused=True)
    await set_up(store, narrow)
    assert await store.read(lambda reader: reader.endpoint(ORG, "whk_1")) == narrow
    assert await store.read(lambda reader: reader.endpoints(ORG)) == [narrow]


async def test_another_organisation_neither_sees_nor_takes_it(store: Engine) -> None:
    await set_up(store)
    assert await store.read(lambda reader: reader.endpoint(ELSEWHERE, "whk_1")) is None
    assert not await store.read(lambda reader: reader.endpoints(ELSEWHERE))
    with pytest.raises(Conflict):
        await store.transact(lambda tx: tx.put_endpoint(replace(HOOK, organisation=ELSEWHERE)))


async def test_a_new_endpoint_begins_at_the_end_of_the_feed_and_a_changed_one_stays_where_it_is(sealed: Engine) -> None:
    await sealed.transact(store_new(a_request()))
    head = await settled(sealed)
    await set_up(sealed)
    assert (await sealed.read(lambda reader: reader.endpoint_progress(ORG)))["whk_1"].cursor == head > 0
    assert await waiting(sealed) == []
    await sealed.transact(store_new(a_request()))
    await settled(sealed)
    assert await waiting(sealed) == ["whk_1"]
    await sealed.transact(lambda tx: tx.put_endpoint(replace(HOOK, name="other")))
    assert (await sealed.read(lambda reader: reader.endpoint_progress(ORG)))["whk_1"].cursor == head


async def test_the_feed_says_of_which_project_and_type_each_request_is(sealed: Engine) -> None:
    request = a_request()
    await sealed.transact(store_new(request))
    await sealed.transact(lambda tx: tx.log(ORG, "something", ADA, {}))
    await settled(sealed)
    rows = await sealed.read(lambda reader: reader.feed_rows(ORG, after=0, limit=10))
    assert [one.row.position for one in rows] == list(range(1, len(rows) + 1))
    assert rows[0] == FeedRow(rows[0].row, PROJECT, request.content.type, request.requester.key, request.on_behalf_of)
    assert (rows[-1].row.word, rows[-1].project, rows[-1].requester) == ("something", None, None)


@pytest.mark.parametrize("how", ["paused", "parked", "without a secret", "too much behind"])
async def test_nothing_is_told_to_one_that_is(sealed: Engine, how: str) -> None:
    await sealed.transact(lambda tx: tx.put_endpoint(replace(HOOK, paused=how == "paused")))
    if how != "without a secret":
        await sealed.transact(lambda tx: tx.keep_endpoint_secret(secret(), others_until=tx.now()))
    later = T0 + timedelta(days=20_000)
    many = tuple(arrear(f"req_{place}", next_try_at=later) for place in range(MOST_ARREARS))
    told = Told("whk_1", 0, arrears=many if how == "too much behind" else (), parked_at=T0 if how == "parked" else None)
    await sealed.transact(lambda tx: tx.note_told(told))
    await sealed.transact(store_new(a_request()))
    await settled(sealed)
    assert await waiting(sealed) == []


async def test_what_is_due_again_is_told_and_what_is_parked_is_not(store: Engine) -> None:
    await set_up(store)
    await store.transact(lambda tx: tx.note_told(Told("whk_1", 0, arrears=(arrear(parked=True),))))
    assert await waiting(store) == []
    await store.transact(lambda tx: tx.note_told(Told("whk_1", 0, arrears=(arrear("req_2"),))))
    assert await waiting(store) == ["whk_1"]
    await store.transact(lambda tx: tx.note_told(Told("whk_1", 0, settled=("req_2",))))
    assert await waiting(store) == []


async def test_the_cursor_never_goes_back(store: Engine) -> None:
    await set_up(store)
    await store.transact(lambda tx: tx.note_told(Told("whk_1", 7)))
    await store.transact(lambda tx: tx.note_told(Told("whk_1", 3)))
    assert (await store.read(lambda reader: reader.endpoint_progress(ORG)))["whk_1"].cursor == 7


async def test_a_success_clears_the_problem_and_a_failure_beside_it_keeps_it(store: Engine) -> None:
    await set_up(store)

    async def told(**more: object) -> tuple[object, object]:
        await store.transact(lambda tx: tx.note_told(Told("whk_1", 0, **more)))  # type: ignore[arg-type]
        found = (await store.read(lambda reader: reader.endpoint_progress(ORG)))["whk_1"]
        return found.problem, found.delivered_at

    assert await told(failed_at=T0, problem="down") == ("down", None)
    assert await told() == ("down", None)
    assert await told(delivered_at=T0) == (None, T0)
    assert await told(delivered_at=T0, failed_at=T0, problem="one failed") == ("one failed", T0)


async def test_nothing_is_noted_of_an_endpoint_that_is_gone(store: Engine) -> None:
    await set_up(store)
    await store.transact(lambda tx: tx.note_told(Told("whk_1", 0, arrears=(arrear(),), attempts=(an_attempt(),))))
    await store.transact(lambda tx: tx.drop_endpoint(HOOK))
    assert not await store.transact(lambda tx: tx.note_told(Told("whk_1", 0, arrears=(arrear(),))))
    assert not await store.read(lambda reader: reader.arrears("whk_1"))


async def test_resuming_gives_everything_that_was_not_taken_all_patience_again(store: Engine) -> None:
    await set_up(store)
    behind = (arrear("req_1", attempts=9, parked=True), arrear("req_2", attempts=4))
    await store.transact(lambda tx: tx.note_told(Told("whk_1", 0, arrears=behind, parked_at=T0, problem="down")))
    await store.transact(lambda tx: tx.resume_endpoint("whk_1"))
    progress = (await store.read(lambda reader: reader.endpoint_progress(ORG)))["whk_1"]
    assert (progress.parked_at, progress.problem) == (None, None)
    assert [(one.attempts, one.parked) for one in await store.read(lambda reader: reader.arrears("whk_1"))] == [
        (0, False),
        (0, False),
    ]
    assert await waiting(store) == ["whk_1"]


async def test_an_old_secret_signs_for_a_while_beside_the_new_one(store: Engine) -> None:
    await set_up(store)
    new = EndpointSecret("sec_2", "whk_1", "other", T0 + timedelta(hours=1))
    await store.transact(lambda tx: tx.keep_endpoint_secret(new, others_until=T0 + timedelta(hours=25)))
    found = await store.read(lambda reader: reader.endpoint_secrets("whk_1"))
    assert [one.id for one in found] == ["sec_2", "sec_whk_1"]
    assert [one.signs(T0 + timedelta(hours=24)) for one in found] == [True, True]
    assert [one.signs(T0 + timedelta(hours=25)) for one in found] == [True, False]


def an_attempt(**changes: object) -> Attempt:
    made = Attempt("whk_1", "req_1", 1, "request.created", T0, False, 500, 12, 1, "it answered 500")
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_attempts_are_listed_newest_first_and_forgotten_when_old(store: Engine, clock: Clock) -> None:
    await set_up(store)
    now = await store.read(lambda reader: reader.now())
    several = tuple(an_attempt(number=place, at=now) for place in range(1, 6))
    await store.transact(lambda tx: tx.note_told(Told("whk_1", 0, attempts=several)))
    found = await store.read(lambda reader: reader.attempts("whk_1", before=None, limit=2))
    assert [one.number for one in found] == [5, 4]
    rest = await store.read(lambda reader: reader.attempts("whk_1", before=found[-1].id, limit=9))
    assert [one.number for one in rest] == [3, 2, 1]
    assert await store.transact(lambda tx: tx.forget_attempts(10)) == 0
    clock.turn(KEPT)
    assert await store.transact(lambda tx: tx.forget_attempts(10)) == 5


async def test_only_so_many_attempts_are_kept(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_ATTEMPTS", 3)
    await set_up(store)
    now = await store.read(lambda reader: reader.now())
    several = tuple(an_attempt(number=place, at=now) for place in range(1, 9))
    await store.transact(lambda tx: tx.note_told(Told("whk_1", 0, attempts=several)))
    await store.transact(lambda tx: tx.forget_attempts(10))
    found = await store.read(lambda reader: reader.attempts("whk_1", before=None, limit=9))
    assert [one.number for one in found] == [8, 7, 6]


def test_each_failure_waits_longer_up_to_an_hour() -> None:
    waits = [next_try(arrear(attempts=number), T0) - T0 for number in range(1, 30)]
    assert all(timedelta(seconds=4) <= wait <= timedelta(hours=1.2) for wait in waits)
    assert waits[0] < timedelta(seconds=7) < waits[1] < waits[3] < waits[6]
    assert next_try(arrear(), T0, at_least=600) - T0 == timedelta(minutes=10)
    assert next_try(arrear(), T0, at_least=10**9) - T0 == timedelta(hours=1)
