"""What admins set up is read by every command. Where it is kept, nobody can tell."""

import asyncio
import importlib
import inspect
import pkgutil
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Executable, Select, literal_column, select, text

import core.store
from core.errors import Unavailable
from core.model.absence import Delegation
from core.model.organisation import Member
from core.ports import Reader, Transaction
from core.store import kept, sqlite
from core.store.engine import Engine
from core.store.kept import SET_UP, can_be_kept
from core.store.people import _people, _with_role
from core.store.sqlite import SqliteStore
from core.store.tables import members
from tests.store.builders import HOUR, ORG, PROJECT, T0, Clock, a_request, furnish, opened, store_new
from tests.store.test_units_of_work import Faulty


def name_of(reader: Reader | Transaction, member: str = "mem_ada") -> str:
    found = reader.person(member, PROJECT)
    assert found is not None
    return found.name


def renamed(name: str) -> Member:
    return Member("mem_ada", ORG, "ada@acme.example", name, active=True, created_at=T0)


async def seen(store: Engine) -> set[str]:
    """Ada's name, as a glance, a read and a command find it."""
    return {await store.glance(name_of), await store.read(name_of), await store.transact(name_of)}


@pytest.mark.anyio
async def test_what_was_changed_is_seen_at_once(store: Engine) -> None:
    assert await seen(store) == {"Ada"}
    await store.transact(lambda tx: tx.put(renamed("Ida")))
    assert await seen(store) == {"Ida"}


@pytest.mark.anyio
async def test_what_another_process_changed_is_seen_at_once(store: Engine, database: str) -> None:
    """An admin's command on the host revokes a key: it opens no door any more."""
    assert await seen(store) == {"Ada"}
    async with opened(database) as other:
        await other.transact(lambda tx: tx.put(renamed("Ida")))
        assert await seen(store) == {"Ida"}
        await store.transact(lambda tx: tx.put(renamed("Eda")))
        assert await seen(other) == {"Eda"}


@pytest.mark.anyio
async def test_what_a_command_takes_back_was_never_seen_by_the_next(store: Engine) -> None:
    def rename_and_fail(tx: Transaction) -> None:
        tx.put(renamed("Ida"))
        assert name_of(tx) == "Ida"
        raise LookupError

    assert await seen(store) == {"Ada"}
    found = await asyncio.gather(
        store.transact(name_of),
        store.transact(rename_and_fail),
        store.transact(name_of),
        return_exceptions=True,
    )
    assert (found[0], type(found[1]), found[2]) == ("Ada", LookupError, "Ada")
    assert await seen(store) == {"Ada"}


@pytest.mark.anyio
async def test_what_inner_work_takes_back_is_not_seen_outside(store: Engine) -> None:
    def work(tx: Transaction) -> tuple[str, str]:
        def inner(within: Transaction, _: Reader) -> str:
            within.put(renamed("Ida"))
            return name_of(within)

        return tx.within(inner, keep=False), name_of(tx)

    assert await store.transact(work) == ("Ida", "Ada")
    assert await seen(store) == {"Ada"}


@pytest.mark.anyio
async def test_what_a_group_wrote_that_could_not_be_committed_is_forgotten(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command before the last one renamed her, one between failed, and the last one found the new name."""

    def fail(tx: Transaction) -> None:
        assert name_of(tx) == "Ida"
        raise LookupError

    async with opened(sqlite_database) as store:
        assert isinstance(store, SqliteStore)
        await store.transact(furnish)
        with monkeypatch.context() as broken:
            broken.setattr(store._turns, "_connection", Faulty(store._connection, "COMMIT"))
            found = await asyncio.gather(
                store.transact(lambda tx: tx.put(renamed("Ida"))),
                store.transact(fail),
                store.transact(name_of),
                return_exceptions=True,
            )
        assert all(isinstance(one, Exception) for one in found)
        assert await seen(store) == {"Ada"}


@pytest.mark.anyio
async def test_who_delegates_is_stood_in_for_from_then_on(store: Engine, clock: Clock) -> None:
    """People who stand in for nobody are kept; from the first delegation on it depends on the moment."""

    def stands_in_for(reader: Reader | Transaction) -> list[str]:
        person = reader.person("mem_bob", PROJECT)
        assert person is not None
        return [absent.person.id for absent in person.stands_in_for]

    assert await store.transact(stands_in_for) == []
    now = clock.now()
    delegation = Delegation("dlg_1", ORG, "mem_ada", "mem_bob", None, now - HOUR, now + HOUR, now)
    await store.transact(lambda tx: tx.put_delegation(delegation))
    assert await store.transact(stands_in_for) == await store.glance(stands_in_for) == ["mem_ada"]
    clock.turn(timedelta(hours=2))
    assert await store.transact(stands_in_for) == await store.glance(stands_in_for) == []


@pytest.mark.anyio
async def test_on_a_file_it_is_asked_for_once(sqlite_database: str) -> None:
    async with opened(sqlite_database) as store:
        assert isinstance(store, SqliteStore)
        await store.transact(furnish)
        asked: list[str] = []
        store._connection.set_trace_callback(asked.append)
        for _ in range(3):
            await store.transact(name_of)
            await store.glance(name_of)
        assert len([sql for sql in asked if "FROM members" in sql]) == 1


class Slow(Faulty):
    """Its commits wait until they may, or until they may be known."""

    def __init__(self, connection: sqlite3.Connection, *, after: bool = False) -> None:
        super().__init__(connection)
        self._after = after
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def execute(self, sql: str) -> sqlite3.Cursor:
        if sql != "COMMIT":
            return super().execute(sql)
        done = super().execute(sql) if self._after else None
        self.has_begun.set()
        assert self.may_end.wait(30)
        return done or super().execute(sql)


@asynccontextmanager
async def committing(
    store: SqliteStore, work: Callable[[Transaction], object], *, after: bool = False
) -> AsyncIterator[None]:
    """Within, what `work` does is done and waits to be committed; or it was, and nobody here knows yet."""
    slow = Slow(store._connection, after=after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store._turns, "_connection", slow)
        done = asyncio.create_task(store.transact(work))
        try:
            await asyncio.to_thread(slow.has_begun.wait, 30)
            yield
        finally:
            slow.may_end.set()
            await done


@pytest.mark.anyio
async def test_while_others_are_committed_what_is_kept_is_known(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else can write then; what is not kept is read from the file, beside the commit."""
    async with opened(sqlite_database) as store:
        assert isinstance(store, SqliteStore)
        await store.transact(furnish)
        await store.glance(name_of)
        async with committing(store, store_new(a_request())):
            assert await store.glance(lambda reader: name_of(reader, "mem_bob")) == "Bob"
            monkeypatch.setattr(store, "_read", None)
            assert await store.glance(name_of) == "Ada"
            monkeypatch.undo()


@pytest.mark.anyio
async def test_what_another_process_wrote_behind_a_commit_is_seen_before_the_loop_hears_of_the_commit(
    sqlite_database: str,
) -> None:
    """The lock is let go of before the thread can say so: an admin's revoked key opens no door in between."""
    async with opened(sqlite_database) as store, opened(sqlite_database) as other:
        assert isinstance(store, SqliteStore)
        await store.transact(furnish)
        await store.glance(name_of)
        async with committing(store, store_new(a_request()), after=True):
            assert await store.glance(name_of) == "Ada"
            await other.transact(lambda tx: tx.put(renamed("Ida")))
            assert await store.glance(name_of) == "Ida"


@pytest.mark.anyio
async def test_a_group_that_has_nothing_to_commit_vouches_for_nothing(sqlite_database: str) -> None:
    """Its caller went away, or it failed: no lock was held that would have kept another process from writing."""

    def fail(tx: Transaction) -> None:
        raise LookupError

    async with opened(sqlite_database) as store, opened(sqlite_database) as other:
        assert isinstance(store, SqliteStore)
        await store.transact(furnish)
        await store.glance(name_of)
        for name, work, deadline in (("Ida", name_of, time.monotonic() - 1), ("Eda", fail, None)):
            await other.transact(lambda tx, name=name: tx.put(renamed(name)))  # type: ignore[misc]
            late = asyncio.create_task(store.transact(work, deadline=deadline))
            while not store._turns.connection_is_away:  # noqa: ASYNC110 (it has no event for that)
                await asyncio.sleep(0)
            assert await store.glance(name_of) == name
            with pytest.raises((Unavailable, LookupError)):
                await late


@pytest.mark.anyio
async def test_what_is_not_yet_committed_is_seen_by_nobody_else(sqlite_database: str) -> None:
    async with opened(sqlite_database) as store:
        assert isinstance(store, SqliteStore)
        await store.transact(furnish)

        def rename(tx: Transaction) -> None:
            tx.put(renamed("Ida"))
            assert name_of(tx) == "Ida"

        async with committing(store, rename):
            assert await store.glance(name_of) == "Ada"
        assert await seen(store) == {"Ida"}


@pytest.mark.anyio
async def test_neither_many_answers_nor_long_ones_are_kept(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    monkeypatch.setattr(kept, "LARGEST", 1)
    async with opened(sqlite_database) as store:
        assert isinstance(store, SqliteStore)
        await store.transact(furnish)
        for id in ("mem_ada", "mem_1", "mem_2", "mem_3"):
            await store.glance(lambda reader, id=id: reader.member(ORG, id))  # type: ignore[misc]
        await store.glance(lambda reader: reader.members(ORG, cursor=None, limit=9))
        assert len(store._kept._answers) <= 2
        assert all(len(rows) <= 1 for rows in store._kept._answers.values())


# --------------------------------------------------------------------------------------------- which answers can be kept


def queries() -> Iterator[tuple[str, Executable]]:
    """Every query of the store that has a name, and two of those that are made."""
    for found in pkgutil.iter_modules(core.store.__path__):
        if found.name not in {"migrate", "migrations"}:
            module = importlib.import_module(f"core.store.{found.name}")
            yield from inspect.getmembers(module, lambda one: isinstance(one, Select))
    yield from {"people": _people(4, now=False), "people now": _people(4, now=True), "role": _with_role(2)}.items()


def test_a_kept_answer_is_of_nothing_but_what_admins_set_up(sqlite_database: str) -> None:
    """As SQLite itself says which tables a query reads."""
    read: set[str] = set()

    def note(action: int, table: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ and table:
            read.add(table)
        return sqlite3.SQLITE_OK

    known, kept_names = {table.name for table in SET_UP}, set()
    with closing(sqlite.connect(Path(sqlite_database.removeprefix("sqlite:///")))) as connection:
        connection.set_authorizer(note)
        for name, query in queries():
            prepared = sqlite.statements().prepared(query)
            if prepared.can_be_kept:
                kept_names.add(name)
                read.clear()
                connection.execute(f"EXPLAIN {prepared.sql}", [None] * prepared.sql.count("?"))
                assert read <= known, name
    assert {"_MEMBER", "_AGENT", "_KEY_BY_HASH", "_IN_GROUP", "_LINKED", "_COPIES", "people", "role"} <= kept_names


def test_what_is_told_in_plain_text_is_not_kept() -> None:
    """Nobody could see which tables it reads."""
    assert not can_be_kept(select(members.c.id).where(text("EXISTS (SELECT 1 FROM requests)")))
    assert not can_be_kept(select(literal_column("(SELECT max(number) FROM requests)"), members.c.id))


def test_what_depends_on_the_moment_or_locks_is_not_kept() -> None:
    refused = {name for name, query in queries() if not can_be_kept(query)}
    assert {"people now", "_ON_DUTY", "_DUTIES", "_PRESENT", "_ORGANISATION_HEAD", "_FOR_CHANGE", "_REQUEST"} <= refused
