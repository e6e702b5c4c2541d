"""What is asked outside, as both databases keep it: claimed by one, recorded for its own run, woken, forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import Conflict
from core.model.check import CheckDefinition
from core.model.inquiry import Inquiry, Kind, Progress
from core.model.policy import Policy
from core.model.rule import Mode, Place, Scope
from core.ports import Store, Transaction
from tests.store.builders import ELSEWHERE, ORG, Clock, a_request

pytestmark = pytest.mark.anyio

POLICY = Policy("pol_1", ORG, "deploys", "https://opa.example.com/", scope=Scope(projects=(Place("prj_1", "one"),)))
CHECK = CheckDefinition("chk_1", ORG, "ci", url="https://ci.example.com/", sealed_secret="sealed")
DUE = Inquiry(ORG, "req_1", 1, Kind.POLICY, "pol_1", Progress.DUE)


async def keep(store: Store, *wanted: Inquiry) -> None:
    await store.transact(lambda tx: tx.inquire(wanted))


async def claim(store: Store, owner: str = "one", limit: int = 10) -> list[Inquiry]:
    return await store.transact(lambda tx: list(tx.claim_inquiries(owner, 60, limit)))


async def kept(store: Store) -> list[Inquiry]:
    return list(await store.read(lambda reader: reader.inquiries("req_1", 1)))


async def test_a_policy_and_a_check_come_back_as_they_were_kept(store: Store) -> None:
    policy = replace(POLICY, mode=Mode.SHADOW, deadline=timedelta(milliseconds=250), sealed_token="sealed")

    def work(tx: Transaction) -> None:
        tx.move_rulebook(ORG, 0)
        tx.put_policy(policy)
        tx.put_check(CHECK)

    await store.transact(work)
    rules = await store.read(lambda reader: reader.rulebook(ORG))
    assert (rules.policies, rules.checks) == ((policy,), (CHECK,))
    assert await store.read(lambda reader: reader.check_called(ORG, "ci")) == CHECK
    for read in ("policies", "checks"):
        assert await store.read(lambda reader, read=read: list(getattr(reader, read)(ELSEWHERE))) == []  # type: ignore[misc]
    assert await store.read(lambda reader: reader.check_called(ELSEWHERE, "ci")) is None


async def test_another_organisation_cannot_take_an_id_over(store: Store) -> None:
    await store.transact(lambda tx: tx.put_policy(POLICY))
    await store.transact(lambda tx: tx.put_check(CHECK))
    with pytest.raises(Conflict):
        await store.transact(lambda tx: tx.put_policy(replace(POLICY, organisation=ELSEWHERE)))
    with pytest.raises(Conflict):
        await store.transact(lambda tx: tx.put_check(replace(CHECK, organisation=ELSEWHERE)))


async def test_what_is_due_is_claimed_by_one_until_its_claim_runs_out(store: Store, clock: Clock) -> None:
    await keep(store, DUE)
    assert [one.about for one in await claim(store)] == ["pol_1"]
    assert await claim(store, "another") == []
    clock.turn(timedelta(seconds=61))
    assert len(await claim(store, "another")) == 1


async def test_an_owner_that_begins_again_lets_go_of_its_own_claims_alone(store: Store) -> None:
    await keep(store, DUE)
    await claim(store, "one")
    await store.transact(lambda tx: tx.release_inquiries("another"))
    assert await claim(store, "two") == []
    await store.transact(lambda tx: tx.release_inquiries("one"))
    assert len(await claim(store, "two")) == 1


async def test_it_is_kept_once_per_version_and_asked_anew_of_another_version(store: Store) -> None:
    answered = replace(DUE, state=Progress.ANSWERED, answer={"state": "passed"})
    await keep(store, answered)
    await keep(store, DUE)
    assert [(one.state, one.run) for one in await kept(store)] == [(Progress.ANSWERED, 1)]
    await keep(store, replace(DUE, version=2))
    assert [(one.state, one.run, one.answer) for one in await kept(store)] == [(Progress.DUE, 2, None)]


async def test_what_is_recorded_counts_for_its_own_run_alone(store: Store) -> None:
    request = replace(a_request(), id="req_1", revision=1, organisation=ORG)
    await keep(store, replace(DUE, kind=Kind.CHECK, about="chk_1"))
    (first,) = await claim(store)
    await store.transact(lambda tx: tx.inquire_again(request, CHECK))
    await store.transact(lambda tx: tx.record_inquiry(replace(first, state=Progress.WAITING)))
    assert [(one.state, one.run) for one in await kept(store)] == [(Progress.DUE, 2)]
    (second,) = await claim(store, "another")
    await store.transact(lambda tx: tx.record_inquiry(replace(second, state=Progress.WAITING)))
    assert [(one.state, one.run) for one in await kept(store)] == [(Progress.WAITING, 2)]


async def test_waking_reaches_what_waits_and_leaves_what_is_answered(store: Store) -> None:
    await keep(store, DUE, replace(DUE, request="req_2", state=Progress.WAITING))
    await keep(
        store,
        replace(DUE, request="req_3", state=Progress.ANSWERED),
        replace(DUE, about="pol_2", state=Progress.WAITING),
    )
    await store.transact(lambda tx: tx.wake_inquiries("pol_1"))
    assert sorted((one.request, one.about) for one in await claim(store)) == [("req_1", "pol_1"), ("req_2", "pol_1")]


async def test_the_next_one_is_known_and_none_is_left_when_all_are_over(store: Store) -> None:
    assert await store.read(lambda reader: reader.next_inquiry()) is None
    await keep(store, DUE)
    assert await store.read(lambda reader: reader.next_inquiry()) is not None
    await store.transact(lambda tx: tx.end_inquiry(DUE))
    assert await store.read(lambda reader: reader.next_inquiry()) is None


async def test_what_was_answered_a_month_ago_is_forgotten_and_what_is_due_never(store: Store, clock: Clock) -> None:
    answered = replace(DUE, about="pol_2", state=Progress.ANSWERED)

    def work(tx: Transaction) -> None:
        tx.inquire([replace(one, next_try_at=tx.now()) for one in (DUE, answered)])

    await store.transact(work)
    clock.turn(timedelta(days=29))
    await store.transact(lambda tx: tx.forget(10))
    assert len(await kept(store)) == 2
    clock.turn(timedelta(days=2))
    await store.transact(lambda tx: tx.forget(10))
    assert [one.about for one in await kept(store)] == ["pol_1"]


async def test_trouble_is_new_once_until_all_is_well(store: Store) -> None:
    async def note() -> bool:
        return await store.transact(lambda tx: tx.note_outside_trouble(ORG, "pol_1", "down"))

    assert [await note(), await note()] == [True, False]
    assert dict(await store.read(lambda reader: reader.outside_troubles(ORG))) == {"pol_1": "down"}
    assert dict(await store.read(lambda reader: reader.outside_troubles(ELSEWHERE))) == {}
    assert await store.transact(lambda tx: tx.clear_outside_trouble("pol_1"))
    assert not await store.transact(lambda tx: tx.clear_outside_trouble("pol_1"))
    assert await note()
