"""Delegations and preferences as they are kept, on both databases: in force by their dates, the narrower one first."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from core.errors import Conflict
from core.model.absence import Delegation, Preferences, Telling
from core.ports import Notice, Pile, Piled, Transaction
from core.store import piles
from core.store.engine import Engine
from tests.store.builders import ELSEWHERE, ORG, PROJECT, SECOND, Clock

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


async def gives(store: Engine, clock: Clock, giver: str, taker: str, project: str | None = None) -> Delegation:
    now = clock.now()
    made = Delegation(f"dlg_{giver}_{taker}", ORG, f"mem_{giver}", f"mem_{taker}", project, now, now + DAY, now)
    await store.transact(lambda tx: tx.put_delegation(made))
    return made


async def stands_in_for(store: Engine, taker: str, project: str = PROJECT) -> set[str]:
    read = await store.read(lambda reader: reader.person(f"mem_{taker}", project))
    assert read is not None
    assert read == await store.transact(lambda tx: tx.person(f"mem_{taker}", project))
    assert all(absent.person.stands_in_for == () for absent in read.stands_in_for)
    return {absent.person.id.removeprefix("mem_") for absent in read.stands_in_for}


async def test_a_delegation_holds_until_its_end_and_not_beyond(store: Engine, clock: Clock) -> None:
    await gives(store, clock, "ada", "sue")
    assert await stands_in_for(store, "sue") == {"ada"}
    clock.turn(DAY)
    assert await stands_in_for(store, "sue") == set()


async def test_one_that_was_stopped_holds_no_more(store: Engine, clock: Clock) -> None:
    made = await gives(store, clock, "ada", "sue")
    await store.transact(lambda tx: tx.put_delegation(replace(made, ended_at=clock.now())))
    assert await stands_in_for(store, "sue") == set()
    assert await store.read(lambda reader: reader.delegations(ORG, None, clock.now(), 10)) == []


async def test_one_for_a_project_goes_before_one_for_all(store: Engine, clock: Clock) -> None:
    await gives(store, clock, "ada", "sue")
    await gives(store, clock, "ada", "bob", PROJECT)
    assert await stands_in_for(store, "sue") == set()
    assert await stands_in_for(store, "bob") == {"ada"}
    assert await stands_in_for(store, "sue", SECOND) == {"ada"}
    takers = await store.read(lambda reader: reader.takers(["mem_ada", "mem_bob"], PROJECT))
    assert takers == {"mem_ada": ("mem_bob",)}


async def test_what_was_delegated_is_not_passed_on(store: Engine, clock: Clock) -> None:
    await gives(store, clock, "ada", "bob")
    await gives(store, clock, "bob", "sue")
    assert await stands_in_for(store, "sue") == {"bob"}


async def test_another_organisation_sees_none_of_it(store: Engine, clock: Clock) -> None:
    made = await gives(store, clock, "ada", "sue")
    assert await store.read(lambda reader: reader.delegation(ELSEWHERE, made.id)) is None
    assert await store.read(lambda reader: reader.delegations(ELSEWHERE, None, clock.now(), 10)) == []
    with pytest.raises(Conflict):
        await store.transact(lambda tx: tx.put_delegation(replace(made, organisation=ELSEWHERE)))


async def test_preferences_come_back_as_they_were_written(store: Engine, clock: Clock) -> None:
    chosen = Preferences(
        "mem_ada",
        ORG,
        told=Telling.DIGEST,
        quiet_from=time(22),
        quiet_until=time(7, 30),
        working_days=frozenset({1, 2, 5}),
        time_zone="Europe/Berlin",
        country="DE-BY",
        copies=True,
        digest_due=clock.now(),
    )
    await store.transact(lambda tx: tx.put_preferences(chosen))
    assert await store.read(lambda reader: reader.preferences(ORG, "mem_ada")) == chosen
    assert await store.read(lambda reader: reader.preferences_of(["mem_ada", "mem_bob"])) == {"mem_ada": chosen}
    assert await store.read(lambda reader: reader.wanting_copies(ORG, 10)) == ["mem_ada"]
    assert await store.transact(lambda tx: tx.claim_digests(clock.now(), 10)) == [chosen]
    await store.transact(lambda tx: tx.next_digest("mem_ada", clock.now() + DAY))
    assert await store.transact(lambda tx: tx.claim_digests(clock.now(), 10)) == []


def piled(number: int, place: str, clock: Clock, after: timedelta = timedelta()) -> Notice:
    id = f"ntc_{place}_{number}"
    event = f"req_{number}:4"
    return Notice(
        id, ORG, f"req_{number}", event, "board", place, "told", "x", state="piled", next_try_at=clock.now() + after
    )


async def claimed(store: Engine, owner: str = "a", busy: tuple[tuple[str, str], ...] = ()) -> dict[str, Pile]:
    found = await store.transact(lambda tx: tx.claim_piles("board", owner, 60, 100, busy))
    return {pile.place: pile for pile in found}


async def held(store: Engine, pile: Pile, owner: str = "a") -> Piled:
    return await store.read(lambda reader: reader.piled(pile, owner))


async def test_what_is_due_in_one_place_is_one_pile_and_nobody_elses_meanwhile(store: Engine, clock: Clock) -> None:
    def put(tx: Transaction) -> None:
        tx.notify([piled(number, place, clock) for number in range(3) for place in ("member:a", "member:b")])
        tx.notify([piled(9, "member:a", clock, DAY)])

    await store.transact(put)
    found = await claimed(store)
    contents = {place: await held(store, pile) for place, pile in found.items()}
    assert {place: len(piled.notices) for place, piled in contents.items()} == {"member:a": 3, "member:b": 3}
    assert await claimed(store, "b") == {}
    await store.transact(lambda tx: tx.end_pile(contents["member:a"].ids, "a"))
    await store.transact(lambda tx: tx.put_pile_back(contents["member:b"].ids, clock.now()))
    assert set(await claimed(store, "b")) == {"member:b"}
    clock.turn(DAY)
    assert len((await held(store, (await claimed(store, "b"))["member:a"], "b")).notices) == 1


async def test_a_long_pile_is_claimed_ended_and_put_back_slice_by_slice(store: Engine, clock: Clock) -> None:
    many = 2 * piles.SLICE + 7
    await store.transact(lambda tx: tx.notify([piled(number, "#deploys", clock) for number in range(many)]))
    pile = (await claimed(store))["#deploys"]
    assert len((await held(store, pile)).ids) == piles.SLICE
    more = [await store.transact(lambda tx: tx.claim_more(pile, "a")) for _ in range(2)]
    whole = await held(store, pile)
    assert more == [True, False]
    assert (len(whole.ids), len(whole.notices) + whole.more) == (many, many)
    await store.transact(lambda tx: tx.end_pile(whole.ids[:9], "a"))
    assert len((await held(store, pile)).ids) == many - 9
    await store.transact(lambda tx: tx.put_pile_back(whole.ids[:20], clock.now()))
    assert len((await held(store, (await claimed(store, "b"))["#deploys"], "b")).ids) == 20


async def test_a_place_that_is_being_told_holds_up_no_other(store: Engine, clock: Clock) -> None:
    await store.transact(lambda tx: tx.notify([piled(0, "#deploys", clock), piled(1, "member:a", clock)]))
    assert set(await claimed(store, busy=((ORG, "#deploys"),))) == {"member:a"}


async def test_what_is_claimed_later_in_the_same_place_is_another_pile(store: Engine, clock: Clock) -> None:
    await store.transact(lambda tx: tx.notify([piled(0, "#deploys", clock)]))
    first = (await claimed(store))["#deploys"]
    clock.turn(timedelta(seconds=1))
    await store.transact(lambda tx: tx.notify([piled(1, "#deploys", clock)]))
    second = (await claimed(store))["#deploys"]
    assert [(await held(store, pile)).ids for pile in (first, second)] == [
        ("ntc_#deploys_0",),
        ("ntc_#deploys_1",),
    ]
