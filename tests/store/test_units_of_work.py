"""What a unit of work may rely on: alone or in a group, in time or not at all, cancelled or not."""

import asyncio
import queue
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Self

import pytest

from core.errors import Conflict, Unavailable
from core.model.organisation import Member
from core.model.request import Request
from core.ports import Changed, Transaction
from core.store import lanes, turns, waiting_line
from core.store.engine import Engine
from core.store.opening import sqlite_path
from core.store.sqlite import SqliteStore
from core.store.waiting_line import Task
from tests.store.builders import (
    ADA,
    ELSEWHERE,
    ORG,
    T0,
    Clock,
    a_request,
    comment_on,
    commented,
    furnish,
    opened,
    store_new,
)

pytestmark = pytest.mark.anyio


class Gate:
    """Holds every store thread inside a unit of work until it is opened, so that work piles up behind it.

    On SQLite that is a chore: commands of people are carried out on the loop, where nothing can be held.
    """

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._open = threading.Event()
        self._inside = threading.Semaphore(0)
        self._threads = len(getattr(store, "_writers", [None]))
        self._chore = isinstance(store, SqliteStore)

    async def __aenter__(self) -> Self:
        hold = partial(self._store.transact, self._wait, chore=self._chore)
        self._held = [asyncio.ensure_future(hold()) for _ in range(self._threads)]
        for _ in self._held:
            await asyncio.to_thread(self._inside.acquire)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._open.set()
        await asyncio.gather(*self._held)

    def _wait(self, _: Transaction) -> None:
        self._inside.release()
        self._open.wait(30)


async def queued(store: Engine, works: list[Callable[[Transaction], Any]], **how: Any) -> list["asyncio.Task[Any]"]:
    """Work waiting its turn, in this order."""
    futures = [asyncio.ensure_future(store.transact(work, **how)) for work in works]
    await asyncio.sleep(0)
    return futures


@asynccontextmanager
async def a_file_with_a_request(database: str) -> AsyncIterator[tuple[SqliteStore, Request]]:
    async with opened(database, Clock()) as store:
        assert isinstance(store, SqliteStore)
        await store.transact(furnish)
        yield store, await store.transact(store_new(a_request()))


def a_task(loop: asyncio.AbstractEventLoop, **how: Any) -> Task:
    return Task(lambda _: None, loop.create_future(), None, **how)


async def test_a_failed_command_of_a_group_rolls_back_alone(store: Engine) -> None:
    ids = [(await store.transact(store_new(a_request()))).id for _ in range(3)]

    def broken(tx: Transaction) -> None:
        comment_on(ids[1])(tx)
        raise LookupError("not this one")

    async with Gate(store):
        futures = await queued(store, [comment_on(ids[0]), broken, comment_on(ids[2])])
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Request", "LookupError", "Request"]
    assert await store.read(lambda reader: reader.versions(ids)) == {ids[0]: 2, ids[1]: 1, ids[2]: 2}


async def test_a_cancelled_caller_neither_runs_nor_holds_up_the_rest(store: Engine) -> None:
    ids = [(await store.transact(store_new(a_request()))).id for _ in range(2)]
    async with Gate(store):
        cancelled, kept = await queued(store, [comment_on(ids[0]), comment_on(ids[1])])
        cancelled.cancel()
        await asyncio.sleep(0)
    assert (await kept).version == 2
    assert await store.read(lambda reader: reader.versions(ids)) == {ids[0]: 1, ids[1]: 2}


async def test_work_begun_for_a_caller_who_left_is_still_committed(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))
    begun, go_on = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        begun.set()
        go_on.wait(30)
        comment_on(request.id)(tx)

    told = asyncio.Event()
    store.subscribe(lambda _: told.set())
    (future,) = await queued(store, [slow], chore=True)
    await asyncio.to_thread(begun.wait)
    future.cancel()
    go_on.set()
    async with asyncio.timeout(30):
        await told.wait()
    assert await store.read(lambda reader: reader.versions([request.id])) == {request.id: 2}


async def test_a_command_not_begun_in_time_is_refused_and_never_run(store: Engine) -> None:
    """A click carries a deadline of 2.5 s."""
    request = await store.transact(store_new(a_request()))
    with pytest.raises(Unavailable):
        await store.transact(comment_on(request.id), deadline=time.monotonic() - 0.001)
    assert (await store.transact(comment_on(request.id), deadline=time.monotonic() + 30)).version == 2


async def test_chores_come_in_slices_and_are_never_starved(sqlite_database: str) -> None:
    order: list[str] = []
    async with opened(sqlite_database, Clock()) as store:
        async with Gate(store):
            chores = await queued(store, [partial(noted, order, "chore")] * (turns.SLICE + 1), chore=True)
            people = await queued(store, [partial(noted, order, "person")] * 3)
            await asyncio.sleep(waiting_line.PATIENCE * 1.2)
        await asyncio.gather(*chores, *people)
    assert order == ["chore"] * turns.SLICE + ["person"] * 3 + ["chore"]


async def test_a_click_waits_for_one_chore_at_most_and_the_others_are_done_after_it(sqlite_database: str) -> None:
    order: list[str] = []
    begun, come = threading.Event(), threading.Event()

    def chore(name: str) -> Callable[[Transaction], None]:
        def work(_: Transaction) -> None:
            order.append(name)
            begun.set()
            assert come.wait(10)

        return work

    async with opened(sqlite_database, Clock()) as store:
        chores = await queued(store, [chore(f"chore {n}") for n in range(5)], chore=True)
        await asyncio.to_thread(begun.wait, 10)
        (click,) = await queued(store, [partial(noted, order, "click")])
        come.set()
        await asyncio.gather(click, *chores)
    assert order == ["chore 0", "click", *(f"chore {n}" for n in range(1, 5))]


async def test_people_who_come_together_share_a_commit_and_leave_the_loop_time_for_others(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three that take longer than a turn may, two wait for the next ones; the loop goes on in between."""
    order: list[str] = []
    long = turns.TURN * 1.5

    def slow(_: Transaction) -> None:
        order.append("command")
        time.sleep(long)

    async def others(until: Callable[[], bool]) -> None:
        while not until():
            if order[-1:] == ["command"]:
                order.append("others")
            await asyncio.sleep(0)

    async with opened(sqlite_database, Clock()) as store:
        works = await queued(store, [slow] * 3)
        await others(lambda: all(work.done() for work in works))
        assert order == ["command", "others"] * 3
        monkeypatch.setattr(turns, "TURN", 60)
        order.clear()
        works = await queued(store, [slow] * 3)
        await others(lambda: all(work.done() for work in works))
    assert order == ["command"] * 3 + ["others"]


async def test_the_loop_does_not_wait_for_another_process_that_writes(sqlite_database: str) -> None:
    async with a_file_with_a_request(sqlite_database) as (store, request):
        other = sqlite3.connect(sqlite_path(sqlite_database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        (command,) = await queued(store, [comment_on(request.id)])
        for _ in range(20):
            await asyncio.sleep(0.01)
            assert not command.done()
        assert (await store.read(lambda reader: reader.versions([request.id]))) == {request.id: 1}
        other.execute("ROLLBACK")
        other.close()
        assert (await command).version == 2
        assert (await store.transact(comment_on(request.id))).version == 3


async def test_what_cannot_be_written_in_time_is_refused_and_nothing_hangs(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "BUSY_SECONDS", 0.05)
    async with opened(sqlite_database, Clock()) as store:
        await store.transact(furnish)
        other = sqlite3.connect(sqlite_path(sqlite_database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for chore in (False, True):
            with pytest.raises(Unavailable):
                await store.transact(store_new(a_request()), chore=chore)
        other.execute("ROLLBACK")
        other.close()
        assert (await store.transact(store_new(a_request()))).version == 1


async def test_where_no_further_file_can_be_opened_people_are_answered_all_the_same(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first commit opens a file to see by who else has written; without it nothing is answered out of what is kept."""

    def no_more(_: SqliteStore) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    async with opened(sqlite_database) as store:
        monkeypatch.setattr(SqliteStore, "_open_reader", no_more)
        async with asyncio.timeout(5):
            await store.transact(furnish)
        monkeypatch.undo()
        assert await store.glance(lambda reader: reader.organisation(ORG)) is not None


@pytest.mark.parametrize("chore", [False, True])
async def test_a_full_disk_is_told_to_each_of_a_group_and_nothing_hangs(
    sqlite_database: str, chore: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes back all of them when one meets it, those included that were not yet begun."""
    monkeypatch.setattr(turns, "TURN", 60)  # however busy the machine is, they are one group

    def large(tx: Transaction) -> None:
        for number in range(40):
            tx.put(Member(f"mem_{number}", ORG, f"{number}@acme.example", "x" * 100_000, active=True, created_at=T0))

    async with a_file_with_a_request(sqlite_database) as (store, request):
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count={pages + 200}")
        works = [comment_on(request.id), large, *[comment_on(request.id)] * 3]
        async with asyncio.timeout(30):
            found = await asyncio.gather(*await queued(store, works, chore=chore), return_exceptions=True)
        store._connection.execute("PRAGMA max_page_count=100000000")
        assert [isinstance(one, Exception) for one in found] == [True, True, False, False, False]
        assert isinstance(found[0], Unavailable)
        assert await store.read(lambda reader: reader.versions([request.id])) == {request.id: 4}
        assert (await store.transact(comment_on(request.id))).version == 5


@pytest.mark.parametrize("chore", [False, True])
async def test_a_commit_that_fails_is_told_to_all_of_its_group(
    sqlite_database: str, chore: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN", 60)
    async with a_file_with_a_request(sqlite_database) as (store, request):
        monkeypatch.setattr(store._turns, "_connection", Faulty(store._connection, "COMMIT"))
        works = await queued(store, [comment_on(request.id)] * 3, chore=chore)
        async with asyncio.timeout(30):
            found = await asyncio.gather(*works, return_exceptions=True)
        assert [type(one).__name__ for one in found] == ["Unavailable"] * 3
        assert await store.read(lambda reader: reader.versions([request.id])) == {request.id: 1}
        assert (await store.transact(comment_on(request.id))).version == 2


@pytest.mark.parametrize("chore", [False, True])
async def test_what_could_not_be_taken_back_is_not_committed_with_what_comes_next(
    sqlite_database: str, chore: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_file_with_a_request(sqlite_database) as (store, request):
        monkeypatch.setattr(store._turns, "_connection", Faulty(store._connection, "COMMIT", "ROLLBACK"))
        with pytest.raises(Unavailable):
            await store.transact(comment_on(request.id), chore=chore)
        assert store._connection.in_transaction
        with pytest.raises(Unavailable):
            await store.transact(comment_on(request.id), deadline=time.monotonic() - 1, chore=chore)
        assert (await store.transact(comment_on(request.id), chore=chore)).version == 2


async def test_an_error_that_no_future_takes_is_told_all_the_same(store: Engine) -> None:
    async with asyncio.timeout(30):
        with pytest.raises(RuntimeError, match="ran out"):
            await store.transact(lambda _: next(iter(())))
        assert await store.transact(lambda _: 1) == 1


class Faulty:
    """A connection on which each of these fails once."""

    def __init__(self, connection: sqlite3.Connection, *failing: str) -> None:
        self._connection, self._failing = connection, list(failing)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, sql: str) -> sqlite3.Cursor:
        if sql in self._failing:
            self._failing.remove(sql)
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(sql)


def noted(order: list[str], name: str, _: Transaction) -> None:
    order.append(name)


def test_who_rested_last_is_woken_first() -> None:
    """Its connection to the database is the warmest."""
    waiting, loop = lanes.Lanes(), asyncio.new_event_loop()
    took: queue.SimpleQueue[int] = queue.SimpleQueue()

    def work() -> None:
        while waiting.take() is not None:
            took.put(threading.get_ident())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    found = Counter[int]()
    for _ in range(20):
        time.sleep(0.005)  # time to rest again, which nobody can see from outside
        waiting.put(a_task(loop), chore=False)
        found[took.get(timeout=10)] += 1
    waiting.close()
    for thread in threads:
        thread.join(10)
    loop.close()
    assert max(found.values()) > 10, found


def test_some_threads_stay_free_of_chores() -> None:
    waiting = lanes.Lanes()
    loop = asyncio.new_event_loop()
    chores = [a_task(loop) for _ in range(lanes.AT_ONCE + 1)]
    for chore in chores:
        waiting.put(chore, chore=True)
    done = [threading.Event() for _ in range(lanes.AT_ONCE + 1)]
    taken: queue.SimpleQueue[Task] = queue.SimpleQueue()

    def work(place: int) -> None:
        while (task := waiting.take()) is not None:
            taken.put(task)
            done[place].wait(10)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(lanes.AT_ONCE + 1)]
    for thread in threads:
        thread.start()
    assert [taken.get(timeout=10) for _ in range(lanes.AT_ONCE)] == chores[:-1]
    assert taken.empty()
    person = a_task(loop)
    waiting.put(person, chore=False)
    assert taken.get(timeout=10) is person  # by the thread that is left
    for event in done:
        event.set()
    assert taken.get(timeout=10) is chores[-1]
    waiting.close()
    for thread in threads:
        thread.join(10)
    loop.close()
    assert not any(thread.is_alive() for thread in threads)


def test_people_come_first_while_no_chore_has_waited_long() -> None:
    waiting = lanes.Lanes()
    loop = asyncio.new_event_loop()
    chore = a_task(loop)
    person = a_task(loop)
    waiting.put(chore, chore=True)
    waiting.put(person, chore=False)
    taken = [waiting.take(), waiting.take()]
    loop.close()
    assert taken == [person, chore]


def test_chores_that_have_waited_long_go_before_people_once() -> None:
    waiting = lanes.Lanes()
    loop = asyncio.new_event_loop()
    chores = [a_task(loop, since=0.0) for _ in range(2)]
    people = [a_task(loop) for _ in range(2)]
    for chore, person in zip(chores, people, strict=True):
        waiting.put(chore, chore=True)
        waiting.put(person, chore=False)
    taken = [waiting.take() for _ in range(4)]
    loop.close()
    assert taken == [chores[0], *people, chores[1]]


async def test_two_things_with_one_name_are_a_conflict(store: Engine) -> None:
    twin = Member("mem_twin", ORG, "ada@acme.example", "Twin", active=True, created_at=T0)
    with pytest.raises(Conflict):
        await store.transact(lambda tx: tx.put(twin))


async def test_an_id_never_moves_to_another_organisation(store: Engine) -> None:
    with pytest.raises(Conflict):
        await store.transact(
            lambda tx: tx.put(Member("mem_ada", ELSEWHERE, "a@other.example", "Ada", active=True, created_at=T0))
        )
    assert await store.read(lambda reader: reader.member(ORG, "mem_ada")) is not None


async def test_those_who_wait_hear_of_each_commit_and_of_nothing_else(store: Engine) -> None:
    heard: list[Changed] = []
    end = store.subscribe(heard.extend)
    request = await store.transact(store_new(a_request()))

    def broken(tx: Transaction) -> None:
        commented(request, tx)
        raise LookupError

    with pytest.raises(LookupError):
        await store.transact(broken)
    await store.transact(comment_on(request.id))
    end()
    await store.transact(comment_on(request.id))
    assert heard == [Changed(ORG, request.id, 1), Changed(ORG, request.id, 2)]


async def test_the_clock_can_be_turned(store: Engine, clock: Clock) -> None:
    before = await store.transact(lambda tx: tx.now())
    clock.turn(T0 - before)
    after = await store.transact(lambda tx: tx.now())
    read = await store.read(lambda reader: reader.now())
    assert abs((after - T0).total_seconds()) < 30
    assert abs((read - T0).total_seconds()) < 30


async def test_what_was_committed_is_there_after_a_new_start(database: str) -> None:
    async with opened(database) as store:
        await store.transact(furnish)
        request = await store.transact(store_new(a_request(), ADA))
    async with opened(database) as store:
        assert await store.read(lambda reader: reader.request(request.id)) == request
        with pytest.raises(LookupError):
            await store.transact(_raise)


def _raise(_: Transaction) -> None:
    raise LookupError


async def test_a_closed_store_takes_no_more(database: str) -> None:
    async with opened(database) as store:
        await store.transact(furnish)
    with pytest.raises(Unavailable):
        await store.transact(comment_on("req_1"))
