"""Four eyes: what decides who must say yes is changed only when another admin agrees, exactly once, and as it was shown."""

import pytest

from core.errors import Conflict
from core.model import command as c
from core.model.people import Role
from core.model.request import ExecutionStatus, Status
from tests.administration.town_hall import TownHall
from tests.desk.office import ORG

pytestmark = pytest.mark.anyio


async def test_a_change_waits_for_another_admin_and_is_made_with_their_yes(hall: TownHall) -> None:
    await hall.switch_on()
    office, root = hall.administration, hall.actor("root")
    request = await hall.asked(lambda: office.groups.set_members(root, "platform", add=["sue@example.com"]))
    assert request.content.type == "countersign.groups"
    assert request.content.description == "Add Sue (sue@example.com) to @platform."
    assert "mem_sue" not in (await office.groups.get(root, "platform")).members
    agreed = await hall.approve("ruth", request)
    assert agreed.execution is not None
    assert (agreed.status, agreed.execution.status) == (Status.APPROVED, ExecutionStatus.SUCCESS)
    assert "mem_sue" in (await office.groups.get(root, "platform")).members


async def test_without_four_eyes_nothing_is_asked(hall: TownHall) -> None:
    office, root = hall.administration, hall.actor("root")
    group = await office.groups.set_members(root, "platform", add=["sue@example.com"])
    assert "mem_sue" in group.members


async def test_switching_it_on_takes_two_other_active_admins(hall: TownHall) -> None:
    office, root = hall.administration, hall.actor("root")
    await office.members.change(root, "rob@example.com", active=False)
    with pytest.raises(Conflict, match="there is one"):
        await hall.switch_on()


async def test_who_asked_cannot_agree_whatever_the_project_says(hall: TownHall) -> None:
    await hall.office.set(self_approval=True)
    await hall.switch_on()
    office, root = hall.administration, hall.actor("root")
    request = await hall.asked(lambda: office.grants.give(root, "ada@example.com", Role.ADMIN))
    refusal = await hall.refusal("root", request, c.Approve())
    assert refusal.word == "own_request"


async def test_a_change_fails_with_a_sentence_when_its_base_has_moved(hall: TownHall) -> None:
    await hall.switch_on()
    office, root = hall.administration, hall.actor("root")
    first = await hall.asked(lambda: office.groups.set_members(root, "platform", add=["sue@example.com"]))
    second = await hall.asked(lambda: office.groups.set_members(root, "platform", add=["sam@example.com"]))
    await hall.approve("ruth", first)
    late = await hall.approve("ruth", second)
    assert late.execution is not None
    assert (late.status, late.execution.status) == (Status.APPROVED, ExecutionStatus.FAILED)
    assert "changed since it was asked" in (late.execution.detail or "")
    assert set((await office.groups.get(root, "platform")).members) == {"mem_ada", "mem_bob", "mem_sue"}
    rows = await hall.read(lambda reader: reader.ledger(ORG, after=0, limit=100))
    assert [row.word for row in rows].count("change_carried_out") == 1
