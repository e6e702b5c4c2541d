"""A unit of work inside another: what it raises takes back what it wrote and only that, ledger chains included."""

import pytest

from core.errors import Conflict, Invalid
from core.model.organisation import Group, Member
from core.ports import Reader, Transaction
from core.store.engine import Engine
from tests.store.builders import ADA, ORG, T0, a_request, commented, store_new

pytestmark = pytest.mark.anyio


def member(name: str) -> Member:
    return Member(f"mem_{name}", ORG, f"{name}@example.com", name, active=True, created_at=T0)


def add(tx: Transaction, name: str) -> None:
    tx.put(member(name))
    tx.log(ORG, "member_added", ADA, {"member": f"mem_{name}"})


async def names(store: Engine) -> set[str]:
    found = await store.read(lambda reader: reader.members(ORG, cursor=None, limit=100))
    return {one.name for one in found} & {"outer", "inner", "later"}


async def added(store: Engine) -> list[str]:
    rows = await store.read(lambda reader: reader.ledger(ORG, after=0, limit=100))
    return [str((row.payload or {}).get("member")) for row in rows if row.word == "member_added"]


async def test_what_is_kept_is_there_with_the_rest(store: Engine) -> None:
    def work(tx: Transaction) -> int:
        add(tx, "outer")

        def inside(inner: Transaction, reader: Reader) -> int:
            add(inner, "inner")
            assert reader.member(ORG, "mem_outer") is not None
            assert reader.member(ORG, "mem_inner") is not None
            assert reader.now() == inner.now() == tx.now()
            return 7

        return tx.within(inside)

    assert await store.transact(work) == 7
    assert await names(store) == {"outer", "inner"}


async def test_a_refusal_inside_takes_back_what_was_written_inside(store: Engine) -> None:
    def work(tx: Transaction) -> str:
        add(tx, "outer")

        def inside(inner: Transaction, _: Reader) -> None:
            add(inner, "inner")
            raise Invalid("No.")

        try:
            tx.within(inside)
        except Invalid as refusal:
            add(tx, "later")
            return refusal.sentence
        return ""

    assert await store.transact(work) == "No."
    assert await names(store) == {"outer", "later"}
    assert await added(store) == ["mem_outer", "mem_later"]


async def test_the_chain_holds_over_what_was_taken_back(store: Engine) -> None:
    def work(tx: Transaction) -> None:
        add(tx, "outer")
        tx.within(lambda inner, _: add(inner, "inner"), keep=False)
        add(tx, "later")

    await store.transact(work)
    rows = await store.read(lambda reader: reader.ledger(ORG, after=0, limit=100))
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert [row.previous for row in rows[1:]] == [row.hash for row in rows[:-1]]


async def test_a_rehearsal_answers_and_leaves_nothing(store: Engine) -> None:
    def inside(inner: Transaction, reader: Reader) -> bool:
        add(inner, "inner")
        return reader.member(ORG, "mem_inner") is not None

    assert await store.transact(lambda tx: tx.within(inside, keep=False))
    assert await names(store) == set()


async def test_something_there_already_takes_back_the_inner_work_or_all_of_it(store: Engine) -> None:
    """Where the database itself refuses, SQLite gives the inner work alone back, PostgreSQL everything: never a part."""
    group = Group("grp_1", ORG, "dba", None, T0)
    await store.transact(lambda tx: tx.put(group))

    def work(tx: Transaction) -> None:
        def inside(inner: Transaction, _: Reader) -> None:
            add(inner, "inner")
            inner.put(Group("grp_2", ORG, "dba", None, T0))

        try:
            tx.within(inside)
        except Conflict:
            add(tx, "later")

    try:
        await store.transact(work)
    except Conflict:
        assert await names(store) == set()
    else:
        assert await names(store) == {"later"}


async def test_a_request_changed_inside_is_told_and_can_be_changed_on(store: Engine) -> None:
    request = a_request()
    await store.transact(store_new(request))

    def work(tx: Transaction) -> int:
        after = tx.within(lambda inner, _: commented(inner.request(request.id) or request, inner, "inside"))
        return commented(after, tx, "outside").version

    version = await store.transact(work)
    stored = await store.read(lambda reader: reader.request(request.id))
    assert stored is not None
    assert stored.version == version == request.version + 2
