"""Groups are renamed with whatever names them, and removed where nothing does; a proposal is carried out as it was seen."""

from dataclasses import replace

import pytest

from core.administration.proposals import Kind, Wish
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.model.organisation import RequestType
from core.model.people import Role
from core.model.request import Status
from core.model.rule import Mode
from tests.administration.town_hall import TownHall

pytestmark = pytest.mark.anyio

ASKS = 'add "prod deploys" when type == "deploy" require 1 of @platform escalate after 1h to @platform'


async def test_rules_and_types_say_a_groups_new_name_and_can_be_read_again(hall: TownHall) -> None:
    root, offices = hall.actor("root"), hall.administration
    await offices.rules.add(root, ASKS)
    await offices.types.put(root, RequestType("payout", "Payout"), ["@platform"])
    await offices.groups.rename(root, "platform", "runtime")
    rule = await offices.rules.get(root, "prod deploys")
    assert (rule.version, rule.author, rule.reason) == (2, "Root", "@runtime is called so now")
    assert rule.escalate is not None
    assert rule.escalate.to[0].label == "@runtime"
    assert (await offices.types.get(root, "payout")).may_ask[0].label == "@runtime"
    proposal = await offices.proposals.propose(root, Wish(Kind.CHANGE, rule.id, ASKS.replace("@platform", "@runtime")))
    assert proposal.before == rule


async def test_a_name_that_is_taken_and_a_mirrored_group_are_refused(hall: TownHall) -> None:
    root, groups = hall.actor("root"), hall.administration.groups
    await groups.add(root, "dba")
    with pytest.raises(Conflict, match="already is a group @dba"):
        await groups.rename(root, "platform", "dba")
    await groups.add(root, "mirrored", mirrors="S1")
    with pytest.raises(Conflict, match="rename it in Slack"):
        await groups.rename(root, "mirrored", "other")


async def test_a_group_goes_with_what_was_granted_to_it(hall: TownHall) -> None:
    root, offices = hall.actor("root"), hall.administration
    await offices.groups.add(root, "dba", ["ada@example.com"])
    await offices.grants.give(root, "@dba", Role.AUDITOR)
    gone = await offices.groups.remove(root, "dba")
    assert f"group:{gone.group.id}" not in {grant.principal for grant in await offices.grants.list(root)}
    with pytest.raises(NotFound):
        await offices.groups.get(root, "dba")
    await offices.groups.add(root, "dba")


async def test_a_group_stays_while_a_rule_names_it_whatever_its_mode(hall: TownHall) -> None:
    root, offices = hall.actor("root"), hall.administration
    await offices.groups.add(root, "dba", ["ada@example.com"])
    await offices.rules.add(root, 'add "later" when true require 1 of @dba off')
    with pytest.raises(Conflict, match="rule later still name @dba"):
        await offices.groups.remove(root, "dba")


async def test_with_four_eyes_the_removal_of_a_group_is_said_in_words(hall: TownHall) -> None:
    root, groups = hall.actor("root"), hall.administration.groups
    await groups.add(root, "dba", ["ada@example.com"])
    await hall.switch_on()
    request = await hall.asked(lambda: groups.remove(root, "dba"))
    assert "Remove the group @dba, with Ada (ada@example.com) in it." in (request.content.description or "")
    assert (await hall.approve("ruth", request)).status is Status.APPROVED
    with pytest.raises(NotFound):
        await groups.get(root, "dba")


async def test_only_admins_rename_and_remove(hall: TownHall) -> None:
    ada, groups = hall.actor("ada"), hall.administration.groups
    with pytest.raises(NotAllowed):
        await groups.rename(ada, "platform", "mine")
    with pytest.raises(NotAllowed):
        await groups.remove(ada, "platform")


async def test_with_four_eyes_following_a_user_group_is_said_in_words(hall: TownHall) -> None:
    root, mirrors = hall.actor("root"), hall.administration.mirrors
    await hall.switch_on()
    request = await hall.asked(lambda: mirrors.start(root, "T1/S1", "platform"))
    assert "follow the Slack user group of that name (S1 in workspace T1)" in (request.content.description or "")
    assert (await mirrors.followed(root.organisation)) == []
    await hall.approve("ruth", request)
    assert [one.group.name for one in await mirrors.followed(root.organisation)] == ["platform"]
    request = await hall.asked(lambda: mirrors.stop(root, "platform"))
    assert "Keep the group @platform by hand again" in (request.content.description or "")


async def test_what_cannot_be_followed_is_refused(hall: TownHall) -> None:
    root, mirrors = hall.actor("root"), hall.administration.mirrors
    await mirrors.start(root, "T1/S1", "platform")
    for follows, name, said in (
        ("T1/S1", "other", "@platform follows that user group already"),
        ("T1/S2", "platform", "follows another Slack user group"),
        ("T1/S3", "No Name", "cannot be the name of a group"),
        ("S3", "fine", "cannot be followed"),
    ):
        with pytest.raises((Conflict, Invalid), match=said):
            await mirrors.start(root, follows, name)
    with pytest.raises(NotAllowed):
        await mirrors.start(hall.actor("ada"), "T1/S4", "mine")
    with pytest.raises(Conflict, match="mirrors a Slack user group"):
        await hall.administration.groups.set_members(root, "platform", add=["ada@example.com"])


# ----------------------------------------------------------------------------------------------------------- proposals


async def test_a_proposal_is_carried_out_only_upon_the_rulebook_it_was_made_upon(hall: TownHall) -> None:
    root, offices = hall.actor("root"), hall.administration
    await offices.rules.add(root, ASKS)
    for wish in (
        Wish(Kind.ADD, written='add "other" when true require @platform'),
        Wish(Kind.CHANGE, "prod deploys", ASKS.replace("1h", "2h")),
        Wish(Kind.SWITCH, "prod deploys", mode=Mode.OFF),
        Wish(Kind.REMOVE, "prod deploys"),
        Wish(Kind.UNDO, "prod deploys"),
    ):
        proposal = await offices.proposals.propose(root, wish)
        await offices.types.put(root, RequestType("payout", "Payout"))
        with pytest.raises(Conflict) as moved:
            await offices.proposals.carry_out(root, proposal)
        assert moved.value.word == "stale_rulebook"
    assert [(rule.name, rule.version) for rule in (await offices.rules.list(root)).rules] == [("prod deploys", 1)]


async def test_a_digest_is_of_everything_that_was_read_back(hall: TownHall) -> None:
    root, proposals = hall.actor("root"), hall.administration.proposals
    one = await proposals.propose(root, Wish(Kind.ADD, written=ASKS))
    again = await proposals.propose(root, Wish(Kind.ADD, written=ASKS))
    other = await proposals.propose(root, Wish(Kind.ADD, written=ASKS.replace("1h", "2h")))
    assert one.digest == again.digest
    assert len({one.digest, other.digest, replace(one, book=9).digest, replace(one, after=None).digest}) == 4


async def test_what_was_only_added_is_undone_by_removing_it(hall: TownHall) -> None:
    root, offices = hall.actor("root"), hall.administration
    rule = (await offices.rules.add(root, ASKS)).rule
    proposal = await offices.proposals.propose(root, Wish(Kind.UNDO, "prod deploys"))
    assert proposal.after is None
    await offices.proposals.carry_out(root, proposal)
    assert (await offices.rules.list(root)).rules == ()
    back = await offices.proposals.propose(root, Wish(Kind.UNDO, rule.id))
    assert (await offices.proposals.carry_out(root, back)).version == 3
