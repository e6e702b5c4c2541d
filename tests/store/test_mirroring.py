"""Who is in the Slack user groups that groups follow, and whom nobody is linked to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import methodcaller

import pytest

from core.model.installation import Unmapped
from core.model.mirror import Mirrored
from core.model.organisation import Group, Identity
from core.ports import Transaction
from core.store.engine import Engine
from tests.store.builders import ELSEWHERE, ORG, PROJECT, T0, Clock

pytestmark = pytest.mark.anyio

GUARDS = Group("grp_guards", ORG, "guards", "T1/S1", T0)


def follow(*users: str) -> object:
    def work(tx: Transaction) -> None:
        tx.put(GUARDS)
        tx.follow_users(GUARDS.id, "T1", users)

    return work


def remirror(tx: Transaction) -> None:
    tx.set_group_members(GUARDS.id, [one.member for one in tx.mirrored_users(GUARDS.id) if one.member])


async def came(store: Engine, member: str) -> datetime | None:
    person = await store.read(lambda reader: reader.person(member, PROJECT))
    return None if person is None else person.came.get("group:grp_guards")


async def test_users_are_kept_linked_or_not(store: Engine) -> None:
    await store.transact(follow("U1", "U2"))  # type: ignore[arg-type]
    found = await store.read(lambda reader: reader.mirrored_users(GUARDS.id))
    assert found == [Mirrored("U1", "T1", "mem_ada"), Mirrored("U2", "T1", None)]
    assert await store.read(lambda reader: reader.mirrored_in(ORG, "T1", "U2")) == [GUARDS.id]
    assert await store.read(lambda reader: reader.mirrored_in(ELSEWHERE, "T1", "U2")) == []
    assert [mirror.group for mirror in await store.read(lambda reader: reader.mirrors(ORG))] == [GUARDS]
    assert await store.read(lambda reader: reader.mirrors(ELSEWHERE)) == []


async def test_whoever_stays_keeps_since_when_and_whoever_is_linked_late_came_when_the_user_group_had_them(
    store: Engine, clock: Clock
) -> None:
    await store.transact(follow("U1", "U2"))  # type: ignore[arg-type]
    await store.transact(remirror)
    first = await came(store, "mem_ada")
    clock.turn(timedelta(hours=1))
    await store.transact(lambda tx: tx.put(Identity("idn_bob", ORG, "slack", "T1", "U2", "mem_bob", "b@x.example", T0)))
    await store.transact(lambda tx: tx.follow_users(GUARDS.id, "T1", ("U1", "U2", "U3")))
    await store.transact(remirror)
    assert first is not None
    assert await came(store, "mem_ada") == first
    assert await came(store, "mem_bob") == first


async def test_whoever_comes_back_came_anew(store: Engine, clock: Clock) -> None:
    await store.transact(follow("U1"))  # type: ignore[arg-type]
    await store.transact(remirror)
    first = await came(store, "mem_ada")
    await store.transact(lambda tx: tx.follow_users(GUARDS.id, "T1", ()))
    await store.transact(remirror)
    assert await came(store, "mem_ada") is None
    clock.turn(timedelta(hours=1))
    await store.transact(lambda tx: tx.follow_users(GUARDS.id, "T1", ("U1",)))
    await store.transact(remirror)
    again = await came(store, "mem_ada")
    assert first is not None
    assert again is not None
    assert again - first > timedelta(minutes=59)


async def test_people_of_a_group_kept_by_hand_that_begins_to_follow_were_there_before(store: Engine) -> None:
    await store.transact(lambda tx: tx.put(Group("grp_platform", ORG, "platform", "T1/S2", T0)))
    await store.transact(lambda tx: tx.follow_users("grp_platform", "T1", ("U1",)))
    await store.transact(lambda tx: tx.set_group_members("grp_platform", ["mem_ada"]))
    person = await store.read(lambda reader: reader.person("mem_ada", PROJECT))
    assert person is not None
    assert person.came == {}


async def test_a_group_goes_with_what_it_followed(store: Engine) -> None:
    await store.transact(follow("U1", "U2"))  # type: ignore[arg-type]
    await store.transact(lambda tx: tx.note_mirror(GUARDS.id, T0, "a problem"))
    (mirror,) = await store.read(lambda reader: reader.mirrors(ORG))
    assert (mirror.looked_at, mirror.problem) == (T0, "a problem")
    await store.transact(lambda tx: tx.drop_group(GUARDS))
    assert await store.read(lambda reader: reader.mirrored_users(GUARDS.id)) == []
    assert await store.read(lambda reader: reader.mirrors(ORG)) == []


def unmapped(user: str, reason: str = "not_member", wanted: str | None = None) -> Unmapped:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Unmapped(ORG, "T1", user, user.title(), None, reason, wanted, at, None if wanted is None else at)


async def test_claims_are_listed_apart_and_the_hopeless_not_at_all(store: Engine) -> None:
    found = (unmapped("U7"), unmapped("U8", wanted="ada@acme.example"), unmapped("U9", "guest"))
    for one in found:
        await store.transact(methodcaller("note_unmapped", one))
    assert await store.read(lambda reader: reader.unmapped(ORG, 10)) == [found[0]]
    assert await store.read(lambda reader: reader.claims(ORG, 10)) == [found[1]]
    assert await store.read(lambda reader: reader.unmapped_user(ORG, "T1", "U9")) == found[2]
    assert await store.read(lambda reader: reader.unmapped(ELSEWHERE, 10)) == []


async def test_whose_address_is_an_active_members_by_now_is_linkable(store: Engine) -> None:
    for one in (unmapped("U7"), unmapped("U8"), unmapped("U9", "guest")):
        await store.transact(methodcaller("note_unmapped", replace(one, email="bob@acme.example")))
    await store.transact(methodcaller("note_unmapped", replace(unmapped("U6"), email="nobody@acme.example")))
    assert await store.read(lambda reader: reader.linkable(ORG, "T1", 9)) == ["U7", "U8"]
    assert await store.read(lambda reader: reader.linkable(ORG, "T2", 9)) == []
    assert await store.read(lambda reader: reader.linkable(ELSEWHERE, "T1", 9)) == []
