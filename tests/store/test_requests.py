"""Saving and loading requests, and the indexes that follow from them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.model.request import Execution, ExecutionStatus, Life, Requester, Status
from core.ports import Filter, StaleVersion, Transaction
from core.store.engine import Engine
from tests.store.builders import (
    ADA,
    BOB,
    HOUR,
    ORG,
    T0,
    a_request,
    approve,
    comment_on,
    commented,
    remark,
    store_new,
)

pytestmark = pytest.mark.anyio


async def waiting_for(store: Engine, *principals: str) -> list[str]:
    wanted = Filter(waiting_for=frozenset(principals), order="deadline")
    page = await store.read(lambda reader: reader.requests(ORG, wanted, cursor=None, limit=20))
    return [request.id for request in page.requests]


async def test_a_saved_request_is_read_back_as_it_was(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))
    assert await store.read(lambda reader: reader.request(request.id)) == request
    assert await store.read(lambda reader: reader.request_by_number(ORG, request.number)) == request


async def test_a_transaction_reads_what_it_has_written(store: Engine) -> None:
    request = a_request()

    def work(tx: Transaction) -> int:
        store_new(request)(tx)
        loaded = tx.request(request.id)
        assert loaded is not None
        commented(loaded, tx)
        again = tx.request(request.id)
        assert again is not None
        return again.version

    assert await store.transact(work) == 2


async def test_an_unknown_request_is_none(store: Engine) -> None:
    assert await store.transact(lambda tx: tx.request("req_nowhere")) is None
    assert await store.read(lambda reader: reader.request("req_nowhere")) is None


async def test_saving_over_a_newer_version_is_refused(store: Engine) -> None:
    """The later of two changes made from one state begins again."""
    old = await store.transact(store_new(a_request()))
    await store.transact(comment_on(old.id))
    with pytest.raises(StaleVersion):
        await store.transact(lambda tx: commented(old, tx))
    stored = await store.read(lambda reader: reader.request(old.id))
    assert stored is not None
    assert stored.version == 2


async def test_of_many_savers_of_one_state_exactly_one_wins(store: Engine) -> None:
    old = await store.transact(store_new(a_request()))
    outcomes = await asyncio.gather(
        *(store.transact(lambda tx: commented(old, tx)) for _ in range(6)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Request", *["StaleVersion"] * 5]


async def test_many_who_load_and_save_all_count(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))
    await asyncio.gather(*(store.transact(comment_on(request.id)) for _ in range(20)))
    stored = await store.read(lambda reader: reader.request(request.id))
    assert stored is not None
    assert stored.version == 21
    rows = await store.read(lambda reader: reader.ledger(request.id, after=0, limit=50))
    assert [row.seq for row in rows] == list(range(1, 22))


async def test_a_failed_command_leaves_nothing_behind(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))

    def work(tx: Transaction) -> None:
        comment_on(request.id)(tx)
        raise LookupError("changed my mind")

    with pytest.raises(LookupError):
        await store.transact(work)
    assert await store.read(lambda reader: reader.request(request.id)) == request
    assert len(await store.read(lambda reader: reader.ledger(request.id, after=0, limit=9))) == 1


async def test_who_is_waited_for_follows_the_request(store: Engine) -> None:
    request = await store.transact(store_new(a_request("member:mem_ada", "group:grp_platform")))
    assert await waiting_for(store, "member:mem_ada") == [request.id]
    assert await waiting_for(store, "member:mem_bob") == []
    await store.transact(approve(request.id, status=Status.APPROVED, cause="people"))
    assert await waiting_for(store, "member:mem_ada", "group:grp_platform") == []


async def test_a_change_of_whom_it_waits_for_moves_only_the_difference(store: Engine) -> None:
    request = await store.transact(store_new(a_request("member:mem_ada", "member:mem_bob")))
    other = a_request("member:mem_bob", "member:mem_sue").plan
    await store.transact(comment_on(request.id, plan=other))
    assert await waiting_for(store, "member:mem_ada") == []
    assert await waiting_for(store, "member:mem_bob") == [request.id]
    assert await waiting_for(store, "member:mem_sue") == [request.id]


async def test_an_extended_deadline_moves_the_request_in_the_inbox(store: Engine) -> None:
    first = await store.transact(store_new(a_request(expires_at=T0 + HOUR)))
    second = await store.transact(store_new(a_request(expires_at=T0 + 2 * HOUR)))
    assert await waiting_for(store, "group:grp_platform") == [first.id, second.id]
    await store.transact(comment_on(first.id, expires_at=T0 + 3 * HOUR))
    assert await waiting_for(store, "group:grp_platform") == [second.id, first.id]


async def test_the_clock_is_told_what_is_due_and_when_next(store: Engine) -> None:
    soon = await store.transact(store_new(a_request(expires_at=T0 + HOUR)))
    late = await store.transact(store_new(a_request(expires_at=T0 + 2 * HOUR)))
    assert await store.read(lambda reader: reader.next_due()) == T0 + HOUR
    assert await store.read(lambda reader: reader.due(T0 + HOUR, 9)) == [soon.id]
    await store.transact(comment_on(soon.id, status=Status.CANCELLED))
    assert await store.read(lambda reader: reader.due(T0 + 9 * HOUR, 9)) == [late.id]
    await store.transact(comment_on(late.id, status=Status.CANCELLED))
    assert await store.read(lambda reader: reader.next_due()) is None


async def test_what_one_has_answered_leaves_the_list_of_unanswered(store: Engine) -> None:
    request = await store.transact(store_new(a_request(min=2)))
    await store.transact(approve(request.id, ADA))
    mine = Filter(waiting_for=frozenset({"group:grp_platform"}), unanswered_by="mem_ada", order="deadline")
    theirs = replace(mine, unanswered_by="mem_bob")
    assert await store.read(lambda reader: reader.requests(ORG, mine, cursor=None, limit=9).requests) == ()
    (asked,) = await store.read(lambda reader: reader.requests(ORG, theirs, cursor=None, limit=9).requests)
    assert asked.id == request.id


async def test_a_withdrawn_answer_is_asked_for_again(store: Engine) -> None:
    request = await store.transact(store_new(a_request(min=2)))
    approved = await store.transact(approve(request.id, ADA))
    withdrawn = replace(approved.decisions[0], life=Life.WITHDRAWN)
    await store.transact(comment_on(request.id, decisions=(withdrawn,)))
    mine = Filter(waiting_for=frozenset({"group:grp_platform"}), unanswered_by="mem_ada")
    page = await store.read(lambda reader: reader.requests(ORG, mine, cursor=None, limit=9))
    assert [r.id for r in page.requests] == [request.id]


async def test_what_one_has_decided_is_listed_once_newest_first(store: Engine) -> None:
    older = await store.transact(store_new(a_request(min=2)))
    newer = await store.transact(store_new(a_request(min=2)))
    for id in (older.id, newer.id, older.id):
        await store.transact(approve(id, ADA))
    await store.transact(approve(newer.id, BOB))
    page = await store.read(lambda reader: reader.requests(ORG, Filter(decided_by="mem_ada"), cursor=None, limit=9))
    assert [request.id for request in page.requests] == [newer.id, older.id]


async def test_open_requests_of_an_agent_are_counted_up_to_a_limit(store: Engine) -> None:
    for status in (Status.PENDING, Status.PENDING, Status.ASKED_QUESTION, Status.REJECTED):
        await store.transact(store_new(a_request(status=status)))
    assert await store.transact(lambda tx: tx.count_open("agent:agt_ci", 20)) == 3
    assert await store.transact(lambda tx: tx.count_open("agent:agt_ci", 2)) == 2
    assert await store.transact(lambda tx: tx.count_open("member:mem_sue", 20)) == 0


async def test_requests_in_the_way_are_found_by_their_supersede_key(store: Engine) -> None:
    teammate = Requester("agent", "agt_cd", "cd", "builders")
    stranger = Requester("agent", "agt_x", "x", "others")
    waiting_run = Execution(ExecutionStatus.PENDING, window_ends_at=T0 + HOUR)
    claimed_run = Execution(ExecutionStatus.EXECUTING)
    keyed = {"supersede_key": "web"}
    opened = a_request(**keyed)
    approved = a_request(**keyed, requester=teammate, status=Status.APPROVED, execution=waiting_run)
    out_of_the_way = [
        a_request(**keyed, status=Status.REJECTED),
        a_request(**keyed, status=Status.APPROVED, execution=claimed_run),
        a_request(**keyed, status=Status.APPROVED, execution=waiting_run, discarded=True),
        a_request(**keyed, requester=stranger),
        a_request(supersede_key="api"),
        a_request(**keyed, project="prj_second"),
    ]
    newest = a_request(**keyed)
    for request in (opened, approved, *out_of_the_way, newest):
        await store.transact(store_new(request))
    assert await store.transact(lambda tx: tx.superseded_by(newest)) == [opened.id, approved.id]


async def test_versions_are_read_for_many_at_once(store: Engine) -> None:
    ids = [(await store.transact(store_new(a_request()))).id for _ in range(5)]
    await store.transact(comment_on(ids[0]))
    found = await store.read(lambda reader: reader.versions([*ids, "req_nowhere"]))
    assert found == {ids[0]: 2, **dict.fromkeys(ids[1:], 1)}


async def test_moments_keep_their_microseconds_and_their_zone(store: Engine) -> None:
    at = T0 + timedelta(microseconds=123_456)
    request = await store.transact(store_new(a_request(created_at=at)))
    await store.transact(lambda tx: tx.save(request, replace(request, version=2), [(remark(request, at=at), ADA)]))
    rows = await store.read(lambda reader: reader.ledger(request.id, after=1, limit=9))
    assert [(row.at, row.at.utcoffset()) for row in rows] == [(at, timedelta())]
