"""Groups that follow Slack user groups: set up by chat, kept by events, never trusting what came late."""

import pytest

from core.desk.digests import waiting, waits_of
from core.desk.eligible import who_can_still
from core.model.organisation import Group
from core.model.people import Role
from core.model.request import Life, Request, Status
from tests.slack.conftest import World
from tests.slack.test_reminding import heard

pytestmark = pytest.mark.anyio

PLATFORM, SECURITY = "S0PLATFORM", "S0SECURITY"


def seen(world: World, name: str) -> str:
    """What the window on top says."""
    modal = world.hand(name).open_modal()
    assert modal is not None
    return str(modal)


async def follow(world: World, user_group: str = SECURITY, by: str = "alice") -> None:
    handle = world.sandbox.workspace.groups[user_group].handle
    await world.hand(by).command(f"/countersign groups mirror @{handle}")
    await world.settle()
    await world.hand(by).submit({})
    await world.settle()


async def group(world: World, name: str) -> tuple[Group, set[str]]:
    found = await world.rooms.administration.groups.get(world.host, name)
    names = {id: who for who, id in world.members.items()}
    return found.group, {names[id] for id in found.members}


async def set_users(world: World, user_group: str, *names: str) -> None:
    world.sandbox.membership.set_group(user_group, [world.hand(name).id for name in names])
    await world.settle()


async def approve(world: World, who: str, request: Request) -> str:
    await world.hand(who).click(world.card(who, request), "request.approve")
    await world.settle()
    whispers = world.hand(who).ephemerals()
    return str(whispers[-1]["text"]) if whispers else ""


async def test_an_admin_lets_a_group_follow_a_user_group_and_sees_before_what_that_means(world: World) -> None:
    """E-71"""
    world.sandbox.membership.set_group(SECURITY, [world.hand(name).id for name in ("bob", "heidi", "karl")])
    await world.hand("alice").command("/countersign groups mirror @security")
    await world.settle()
    said = seen(world, "alice")
    assert "1 of 3 people linked here: Bob" in said
    assert "Heidi Hart (a guest in Slack)" in said
    assert "Karl Krug (the e-mail address is not confirmed in Slack)" in said
    assert "@security with 2 people, kept by hand" in said
    assert (await group(world, "security"))[1] == {"carol", "dave"}
    await world.hand("alice").submit({})
    await world.settle()
    followed, people = await group(world, "security")
    assert (followed.mirrors, people) == (f"{world.sandbox.team_id}/{SECURITY}", {"bob"})


async def test_a_user_group_without_a_group_here_becomes_one_of_its_own(http: World) -> None:
    made = http.sandbox.membership.create_group("dba", "Databases", [http.hand("carol").id])
    await http.hand("alice").command("/countersign groups mirror @dba")
    await http.settle()
    await http.hand("alice").submit({})
    await http.settle()
    followed, people = await group(http, "dba")
    assert (followed.mirrors, people) == (f"{http.sandbox.team_id}/{made.id}", {"carol"})


async def test_only_admins_let_groups_follow(http: World) -> None:
    await http.hand("bob").command("/countersign groups mirror @security")
    await http.settle()
    assert "Only admins" in http.hand("bob").ephemerals()[-1]["text"]
    assert http.calls("usergroups.list") == []


async def test_who_leaves_the_user_group_is_out_at_once_even_while_slack_does_not_answer(world: World) -> None:
    await follow(world)
    world.sandbox.faults.add("usergroups.list", "500", count=5)
    await set_users(world, SECURITY, "carol")
    assert (await group(world, "security"))[1] == {"carol"}


async def test_who_comes_is_believed_only_when_slack_was_asked(http: World) -> None:
    await follow(http)
    http.sandbox.faults.add("usergroups.list", "500", count=5)
    await set_users(http, SECURITY, "carol", "dave", "bob")
    assert (await group(http, "security"))[1] == {"carol", "dave"}
    http.sandbox.faults.clear()
    await http.slack.mirrors.look()
    assert (await group(http, "security"))[1] == {"carol", "dave", "bob"}


async def test_an_approval_of_somebody_who_left_no_longer_counts_and_the_card_says_so(http: World) -> None:
    """A-64"""
    await follow(http)
    request = await http.ask(("2 @security",))
    await approve(http, "carol", request)
    await set_users(http, SECURITY, "dave", "bob")
    now = await http.now(request)
    assert [decision.life for decision in now.decisions] == [Life.LAPSED]
    assert any("Carol is no longer among those asked" in line for line in http.thread("dave", request))


async def test_too_few_people_left_in_the_user_group_are_noticed_at_once(http: World) -> None:
    await follow(http)
    request = await http.ask(("2 @security",))
    await set_users(http, SECURITY, "dave")
    assert (await http.now(request)).impossible == ("2 of @security",)


async def test_who_came_while_it_was_asked_does_not_count_and_hears_why(world: World) -> None:
    await follow(world)
    request = await world.ask(("@security",))
    await set_users(world, SECURITY, "carol", "dave", "bob")
    assert "while request #" in await approve(world, "bob", request)
    assert await world.refusals(request) == ["not_an_approver"]
    later = await world.ask(("@security",))
    await approve(world, "bob", later)
    assert (await world.now(later)).status is Status.APPROVED


async def test_details_say_who_came_late_and_so_does_not_count(http: World) -> None:
    await follow(http)
    request = await http.ask(("@security",))
    await set_users(http, SECURITY, "carol", "dave", "bob")
    able = await http.rooms.store.read(lambda reader: who_can_still(reader, request))
    assert [(one.people, one.late) for one in able] == [(("Carol", "Dave"), ("Bob",))]


async def test_a_project_may_let_late_members_count(http: World) -> None:
    await follow(http)
    await http.hand("alice").command("/countersign projects set default late_members allowed")
    await http.settle()
    request = await http.ask(("@security",))
    await set_users(http, SECURITY, "carol", "dave", "bob")
    await approve(http, "bob", request)
    assert (await http.now(request)).status is Status.APPROVED


async def test_who_was_in_it_all_along_and_is_linked_by_the_click_counts(http: World) -> None:
    """A-61"""
    http.sandbox.membership.set_group(SECURITY, [http.hand(name).id for name in ("carol", "frank")])
    await follow(http)
    request = await http.ask(("@security",))
    await http.join("frank", Role.APPROVER)
    await approve(http, "frank", request)
    assert (await http.now(request)).status is Status.APPROVED


async def test_somebody_deactivated_in_slack_is_out_of_the_group_at_once(http: World) -> None:
    await follow(http)
    http.sandbox.membership.change_user(http.hand("dave").id, deleted=True)
    await http.settle()
    assert (await group(http, "security"))[1] == {"carol"}


async def test_a_renamed_user_group_is_renamed_in_rules_and_on_open_cards(http: World) -> None:
    await follow(http)
    rule = 'add "prod" when type == "deploy" require 1 of @security'
    await http.rooms.administration.rules.add(http.actor("alice"), rule)
    request = await http.ask(("@platform",), ("@security",))
    http.sandbox.membership.rename_group(SECURITY, "guards")
    await http.settle()
    assert (await group(http, "guards"))[0].mirrors == f"{http.sandbox.team_id}/{SECURITY}"
    assert "@guards" in str(http.card("bob", request)["blocks"])
    assert "@security" not in str(http.card("bob", request)["blocks"])
    rules = await http.rooms.administration.rules.list(http.actor("alice"))
    assert "@guards" in str(rules.rules[0].stages)
    assert "called @guards now" in str(http.hand("alice").dms())


async def test_a_user_group_that_is_switched_off_keeps_its_people_and_admins_hear_once(http: World) -> None:
    await follow(http)
    http.sandbox.membership.disable_group(SECURITY)
    await http.settle()
    http.slack.mirrors.nudge(SECURITY)
    await http.settle()
    assert (await group(http, "security"))[1] == {"carol", "dave"}
    told = [message for message in http.hand("alice").dms() if "cannot follow" in message["text"]]
    assert len(told) == 1


async def test_a_rate_limit_is_waited_out_and_nothing_is_lost(http: World) -> None:
    await follow(http)
    http.sandbox.faults.add("usergroups.list", "429", count=1, retry_after=30)
    await set_users(http, SECURITY, "carol", "dave", "bob")
    calls = len(http.calls("usergroups.list"))
    await http.slack.mirrors.look()
    assert len(http.calls("usergroups.list")) == calls
    assert (await group(http, "security"))[1] == {"carol", "dave"}
    http.slack.mirrors._not_before = 0.0
    await http.slack.mirrors.look()
    assert (await group(http, "security"))[1] == {"carol", "dave", "bob"}


async def test_many_events_at_once_are_a_few_calls(http: World) -> None:
    await follow(http)
    before = len(http.calls("usergroups.list"))
    for names in (("carol",), ("carol", "dave"), ("dave",), ("carol", "dave", "bob")) * 5:
        http.sandbox.membership.set_group(SECURITY, [http.hand(name).id for name in names])
    await http.settle()
    assert len(http.calls("usergroups.list")) - before <= 10
    http.slack.mirrors._calls.clear()
    await http.slack.mirrors.look()
    assert (await group(http, "security"))[1] == {"carol", "dave", "bob"}


async def test_a_group_is_kept_by_hand_again_with_the_people_it_has(http: World) -> None:
    await follow(http)
    await http.hand("alice").command("/countersign groups unmirror security")
    await http.settle()
    await http.hand("alice").submit({})
    await http.settle()
    await set_users(http, SECURITY, "bob")
    followed, people = await group(http, "security")
    assert (followed.mirrors, people) == (None, {"carol", "dave"})


async def test_admins_see_who_of_a_user_group_is_missing(http: World) -> None:
    http.sandbox.membership.set_group(SECURITY, [http.hand(name).id for name in ("carol", "heidi")])
    await follow(http)
    await http.hand("alice").command("/countersign groups show security")
    await http.settle()
    assert "Heidi Hart (a guest in Slack)" in seen(http, "alice")
    care = await http.rooms.administration.people_care(http.actor("alice"))
    assert [one.mirror.group.name for one in care.mirrors] == ["security"]


async def test_a_rule_may_mention_the_user_group_itself(http: World) -> None:
    await follow(http)
    http.sandbox.membership.rename_group(SECURITY, "wardens")
    await http.settle()
    line = '/countersign rules add "prod" when type == "deploy" require 1 of @wardens'
    await http.hand("alice").command(line)
    await http.settle()
    assert "@wardens" in seen(http, "alice")


async def test_without_the_scope_admins_hear_what_to_mend(http: World) -> None:
    await follow(http)
    http.sandbox.faults.add("usergroups.list", "error", error="missing_scope")
    http.slack.mirrors.nudge(SECURITY)
    await http.settle()
    assert "usergroups:read" in str(http.hand("alice").dms())


async def test_who_came_while_it_was_asked_is_not_waited_for(http: World) -> None:
    """What they may not decide is not in their inbox, their list, their reminders or their digest; the next one is."""
    await follow(http)
    early = await http.ask(("@security",), title="Posed before")
    await set_users(http, SECURITY, "carol", "dave", "bob")
    later = await http.ask(("@security",), title="Posed since")
    assert await waits_for(http, "bob") == [later.number]
    assert await waits_for(http, "carol") == [early.number, later.number]
    await http.turn(hours=1)
    assert [("Posed before" in said, "Posed since" in said) for said in heard(http, "bob")] == [(False, True)]
    assert any("2 requests wait for you" in said for said in heard(http, "carol"))
    assert await digest_of(http, "bob") == [later.number]


async def test_where_the_project_lets_late_members_count_they_are_waited_for(http: World) -> None:
    await follow(http)
    await http.hand("alice").command("/countersign projects set default late_members allowed")
    await http.settle()
    early = await http.ask(("@security",))
    await set_users(http, SECURITY, "carol", "dave", "bob")
    assert await waits_for(http, "bob") == [early.number]


async def test_a_late_member_is_waited_for_when_a_later_stage_asks_their_group(http: World) -> None:
    await follow(http)
    request = await http.ask(("@platform",), ("@security",))
    await set_users(http, SECURITY, "carol", "dave", "erin")
    assert await waits_for(http, "erin") == []
    await approve(http, "grace", request)
    assert await waits_for(http, "erin") == [request.number]


async def test_who_stands_in_for_a_late_member_is_not_waited_for_either(http: World) -> None:
    await follow(http)
    early = await http.ask(("@security",))
    await set_users(http, SECURITY, "carol", "dave", "bob")
    later = await http.ask(("@security",))
    await http.hand("bob").command(f"/countersign delegate <@{http.hand('grace').id}> until friday")
    await http.settle()
    assert early.number not in await waits_for(http, "grace")
    assert later.number in await waits_for(http, "grace")


async def waits_for(world: World, name: str) -> list[int]:
    page = await world.rooms.store.read(
        lambda reader: reader.requests(
            world.organisation, waits_of(reader, world.organisation, world.members[name]).open, cursor=None, limit=20
        )
    )
    return [request.number for request in page.requests]


async def digest_of(world: World, name: str) -> list[int]:
    found, _ = await world.rooms.store.read(lambda reader: waiting(reader, world.organisation, world.members[name]))
    return [request.number for request in found]
