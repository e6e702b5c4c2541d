"""Two replicas on one PostgreSQL hear of each other's changes; two servers on one SQLite file are refused."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import bindparam, select, update

from core.errors import Conflict, Unavailable
from core.model.organisation import Group
from core.ports import Changed, Transaction
from core.store import news
from core.store.engine import Engine
from core.store.lock import only_server
from core.store.news import News
from core.store.postgres import PostgresSession, connect, statements
from core.store.tables import organisations
from tests.store.builders import ADA, ORG, T0, a_request, comment_on, furnish, opened, store_new

pytestmark = pytest.mark.anyio


@pytest.fixture
async def replicas(postgres_database: str, anyio_backend: str) -> AsyncIterator[tuple[Engine, Engine]]:
    async with opened(postgres_database) as one, opened(postgres_database) as two:
        await one.transact(furnish)
        yield one, two


async def heard(store: Engine, change: Changed) -> None:
    """Returns once the store has told of the change."""
    there = asyncio.Event()
    end = store.subscribe(lambda changed: there.set() if change in changed else None)
    async with asyncio.timeout(20):
        await there.wait()
    end()


@pytest.mark.postgres
async def test_a_change_here_is_heard_there(replicas: tuple[Engine, Engine]) -> None:
    one, two = replicas
    request = a_request()
    waiting = asyncio.ensure_future(heard(two, Changed(ORG, request.id, 2)))
    await one.transact(store_new(request))
    await one.transact(comment_on(request.id))
    await waiting


@pytest.mark.postgres
async def test_what_no_message_told_is_found_by_looking(
    replicas: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = replicas

    def lost(*_: object) -> None:
        """As if every NOTIFY were lost."""

    monkeypatch.setattr(News, "_hear", lost)
    monkeypatch.setattr(news, "LOOK_SECONDS", 0.05)
    request = a_request()
    waiting = asyncio.ensure_future(heard(two, Changed(ORG, request.id, 1)))
    await one.transact(store_new(request))
    await waiting


@pytest.mark.postgres
async def test_a_commit_that_was_overtaken_is_found_too(
    replicas: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger id may appear after a higher one: its transaction was slower."""
    one, two = replicas
    monkeypatch.setattr(News, "_hear", lambda *_: None)
    monkeypatch.setattr(news, "LOOK_SECONDS", 0.05)
    slow, quick = a_request(), a_request()
    loop, written, go_on = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def slowly(tx: Transaction) -> None:
        store_new(slow)(tx)
        tx.remembered("nobody", "nothing")  # a look, so that what was sent has been written
        loop.call_soon_threadsafe(written.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(30)

    writing = asyncio.ensure_future(one.transact(slowly))
    await written.wait()
    waiting = asyncio.ensure_future(heard(two, Changed(ORG, quick.id, 1)))
    await one.transact(store_new(quick))
    await waiting
    waiting = asyncio.ensure_future(heard(two, Changed(ORG, slow.id, 1)))
    go_on.set()
    await asyncio.gather(writing, waiting)


@pytest.mark.postgres
async def test_replicas_change_one_request_in_turn(replicas: tuple[Engine, Engine]) -> None:
    request = await replicas[0].transact(store_new(a_request()))
    await asyncio.gather(*(store.transact(comment_on(request.id)) for store in replicas for _ in range(10)))
    assert await replicas[0].read(lambda reader: reader.versions([request.id])) == {request.id: 21}


@pytest.mark.postgres
async def test_work_survives_a_connection_that_was_cut(postgres_database: str) -> None:
    async with opened(postgres_database) as store:
        await store.transact(furnish)
        request = await store.transact(store_new(a_request()))
        for _ in range(3):
            with psycopg.connect(postgres_database, autocommit=True) as hand:
                hand.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'countersign' AND datname = current_database()"
                )
            assert await store.read(lambda reader: reader.request(request.id)) is not None
            await store.transact(comment_on(request.id))
        assert await store.read(lambda reader: reader.versions([request.id])) == {request.id: 4}


@pytest.mark.postgres
async def test_a_deadlock_is_begun_again(replicas: tuple[Engine, Engine]) -> None:
    """Two commands that lock two requests in opposite order: the database ends one, and it runs again."""
    one, _ = replicas
    ids = [(await one.transact(store_new(a_request()))).id for _ in range(2)]
    barrier = asyncio.Barrier(2)
    loop = asyncio.get_running_loop()
    tries: list[str] = []

    def both(first: str, second: str, tx: Transaction) -> None:
        tries.append(first)
        comment_on(first)(tx)
        if len(tries) <= 2:
            asyncio.run_coroutine_threadsafe(barrier.wait(), loop).result(30)
        comment_on(second)(tx)

    await asyncio.gather(
        one.transact(lambda tx: both(ids[0], ids[1], tx)), one.transact(lambda tx: both(ids[1], ids[0], tx))
    )
    assert len(tries) >= 3
    assert set((await one.read(lambda reader: reader.versions(ids))).values()) == {3}


@pytest.mark.postgres
async def test_an_unreachable_database_is_unavailable() -> None:
    async with opened("postgresql://postgres@/nowhere?host=/nonexistent") as store:
        with pytest.raises(Unavailable):
            await store.transact(comment_on("req_1"))
        with pytest.raises(Unavailable):
            await store.read(lambda reader: reader.request("req_1"))


async def test_a_second_server_on_one_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with only_server(url), pytest.raises(Conflict, match="Another server"), only_server(url):
        pass
    with only_server(url):
        pass


async def test_postgresql_takes_any_number_of_servers() -> None:
    with only_server("postgresql:///x"), only_server("postgresql:///x"):
        pass


@pytest.mark.postgres
async def test_changes_of_one_organisation_made_at_once_come_one_after_the_other_without_a_deadlock(
    replicas: tuple[Engine, Engine],
) -> None:
    """A new row keeps its organisation from being deleted, and the organisation's chain is locked after it: by both."""
    both, tried = threading.Barrier(2), []

    def change(name: str) -> Callable[[Transaction], None]:
        def work(tx: Transaction) -> None:
            tx.put(Group(f"grp_{name}", ORG, name, None, T0))
            tried.append(name)
            if tried.count(name) == 1:
                both.wait(30)
            tx.log(ORG, "group_added", ADA, {"group": name})

        return work

    await asyncio.gather(*(store.transact(change(name)) for store, name in zip(replicas, ("red", "blue"), strict=True)))
    assert sorted(tried) == ["blue", "red"]


@pytest.mark.postgres
async def test_of_two_who_set_a_group_at_once_the_later_one_has_the_last_word(
    replicas: tuple[Engine, Engine], postgres_database: str
) -> None:
    one, two = replicas
    written, go_on = threading.Event(), threading.Event()

    def first(tx: Transaction) -> None:
        tx.set_group_members("grp_platform", ["mem_ada"])
        tx.remembered("nobody", "nothing")  # a look, so that what was sent has been written
        written.set()
        assert go_on.wait(30)

    setting = asyncio.ensure_future(one.transact(first))
    await asyncio.to_thread(written.wait, 30)
    after = asyncio.ensure_future(two.transact(lambda tx: tx.set_group_members("grp_platform", ["mem_bob"])))
    await asyncio.to_thread(somebody_waits_for_a_lock, postgres_database)
    go_on.set()
    await asyncio.gather(setting, after)
    assert set(await one.read(lambda reader: reader.group_members("grp_platform"))) == {"mem_bob"}


def somebody_waits_for_a_lock(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as looking:
        while looking.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
            pass


@pytest.mark.postgres
def test_what_was_sent_behind_a_failure_can_be_sent_again(postgres_database: str) -> None:
    """The database never prepared it; the driver, which did not hear so, would go on calling it by its name."""
    session = PostgresSession(connect(postgres_database), statements(), timedelta)
    look = select(organisations.c.name).where(organisations.c.id == bindparam("id"))
    rename = update(organisations).where(organisations.c.id == bindparam("b_id")).values(name=bindparam("name"))

    def fail() -> None:
        with session.transaction():
            session.change(rename, {"b_id": "org_nowhere", "name": "x"}, LookupError())
            session.ahead(look, {"id": "org_nowhere"})

    for _ in range(4):
        with pytest.raises(psycopg.errors.DivisionByZero):
            fail()
        with session.transaction():
            assert session.rows(look, {"id": "org_nowhere"}) == []
    session.connection.close()
