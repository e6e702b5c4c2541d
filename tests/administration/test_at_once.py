"""Admins who change things at the same moment: nobody's change is lost, and what was looked at still holds when it is made."""

import asyncio

import pytest

from core.errors import ApprovalError
from core.model.people import Role
from tests.administration.town_hall import TownHall
from tests.desk.office import ORG

pytestmark = pytest.mark.anyio

NEW = [f"new{number}@example.com" for number in range(8)]
ADMINS = ("root", "ruth", "rob")


async def test_whoever_is_added_to_a_group_at_the_same_moment_is_in_it(hall: TownHall) -> None:
    root, offices = hall.actor("root"), hall.administration
    members = [await offices.members.add(root, address, address) for address in NEW]
    await asyncio.gather(*(offices.groups.set_members(root, "platform", add=[address]) for address in NEW))
    assert {member.id for member in members} <= set((await offices.groups.get(root, "platform")).members)


async def test_admins_who_lock_one_another_out_at_the_same_moment_leave_one(hall: TownHall) -> None:
    offices = hall.administration
    pairs = zip(ADMINS, (*ADMINS[1:], ADMINS[0]), strict=True)
    found = await asyncio.gather(
        *(offices.members.change(hall.actor(one), f"{other}@example.com", active=False) for one, other in pairs),
        return_exceptions=True,
    )
    people = await hall.read(lambda reader: [reader.member(ORG, f"mem_{name}") for name in ADMINS])
    assert [member for member in people if member.active]
    assert any(isinstance(one, ApprovalError) for one in found)


async def test_a_rename_brings_nobody_back_who_was_locked_out_meanwhile(hall: TownHall) -> None:
    root, offices = hall.actor("root"), hall.administration
    await asyncio.gather(
        offices.members.change(root, "ada@example.com", active=False),
        *(offices.members.change(root, "ada@example.com", name=f"Ada {number}") for number in range(4)),
    )
    member = await offices.members.get(root, "ada@example.com")
    assert (member.active, member.name.startswith("Ada ")) == (False, True)


async def test_a_name_is_given_once_however_many_want_it(hall: TownHall) -> None:
    root, offices = hall.actor("root"), hall.administration
    found = await asyncio.gather(*(offices.groups.add(root, "dba") for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["Conflict", "Conflict", "Conflict", "GroupWithMembers"]


async def test_one_role_less_for_each_admin_still_leaves_one(hall: TownHall) -> None:
    offices = hall.administration
    await asyncio.gather(
        *(offices.grants.take(hall.actor(name), f"{name}@example.com", Role.ADMIN) for name in ADMINS),
        return_exceptions=True,
    )
    held = await hall.read(lambda reader: reader.grants(ORG))
    assert [grant for grant in held if grant.role is Role.ADMIN and grant.project is None]
