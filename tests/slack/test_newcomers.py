"""Members added while the server runs: linked soon by their address, and shown what was asked of them before."""

from typing import Any

import pytest

from core.model.people import Role
from core.model.request import Request
from core.ports import Delivery
from tests.slack.conftest import World
from tests.slack.test_identity import pinned

pytestmark = pytest.mark.anyio

FRANK = "frank@acme.example"


async def says(world: World, who: str, line: str) -> str:
    await world.hand(who).command(f"/countersign {line}")
    await world.settle()
    return str(world.hand(who).ephemerals()[-1]["text"])


async def adds(world: World, line: str) -> str:
    """What the window says in the end."""
    await world.hand("alice").command(f"/countersign members add {line}")
    await world.settle()
    return str(world.hand("alice").open_modal())


def at(world: World, name: str) -> str:
    return f"<@{world.hand(name).id}|{name}>"


async def deliveries(world: World, request: Request) -> list[Delivery]:
    return list(await world.rooms.store.read(lambda reader: reader.deliveries(request.id)))


def cards(world: World, who: str) -> list[dict[str, Any]]:
    return [message for message in world.hand(who).dms() if "Deploy api" in message["text"]]


async def tried_enough(world: World) -> None:
    for _ in range(6):
        await world.turn(minutes=1)


async def test_who_is_added_by_chat_is_linked_without_a_click_of_theirs(world: World) -> None:
    """A-61"""
    await world.slack.newcomers.begin()
    assert "linked soon" in await says(world, "alice", f'members add {FRANK} "Frank" approver')
    before = len(world.calls("users.list"))
    await world.slack.newcomers.look()
    found = await pinned(world, "frank")
    assert found is not None
    assert found.email == FRANK
    assert len(world.calls("users.list")) == before
    assert "with 1 person" in await says(world, "alice", f"groups add ops <@{world.hand('frank').id}|frank>")


async def test_each_newcomer_is_asked_for_once_also_one_whom_slack_does_not_know(http: World) -> None:
    await http.slack.newcomers.begin()
    for email in (FRANK, "nobody@acme.example"):
        await http.rooms.administration.members.add(http.host, email)
    await http.slack.newcomers.look()
    await http.slack.newcomers.look()
    assert len(http.calls("users.lookupByEmail")) == 2


async def test_members_of_before_are_left_to_the_directory(http: World) -> None:
    await http.rooms.administration.members.add(http.host, FRANK)
    await http.slack.newcomers.begin()
    await http.slack.newcomers.look()
    assert http.calls("users.lookupByEmail") == []


async def test_whom_an_admin_unlinks_stays_so(http: World) -> None:
    await http.slack.newcomers.begin()
    found = await pinned(http, "bob")
    assert found is not None
    await http.rooms.administration.identities.unpin(http.host, found.id)
    await http.slack.newcomers.look()
    assert await pinned(http, "bob") is None


async def test_a_corrected_address_is_looked_for_anew(http: World) -> None:
    await http.slack.newcomers.begin()
    office = http.rooms.administration.members
    member = await office.add(http.host, "frnak@acme.example", "Frank")
    await http.slack.newcomers.look()
    await office.change(http.host, member.id, email=FRANK)
    await http.slack.newcomers.look()
    found = await pinned(http, "frank")
    assert found is not None
    assert found.member == member.id


@pytest.mark.parametrize("fault", ["429", "500"])
async def test_while_slack_does_not_answer_newcomers_wait(http: World, fault: str) -> None:
    now = 1_000.0
    http.slack.newcomers._seconds = lambda: now
    await http.slack.newcomers.begin()
    await http.rooms.administration.members.add(http.host, FRANK)
    http.sandbox.faults.add("users.lookupByEmail", fault, count=1)
    await http.slack.newcomers.look()
    assert await pinned(http, "frank") is None
    now += 120
    await http.slack.newcomers.look()
    assert await pinned(http, "frank") is not None


async def test_a_guest_is_linked_to_nobody(http: World) -> None:
    await http.slack.newcomers.begin()
    await http.rooms.administration.members.add(http.host, http.sandbox.workspace.user(http.hand("heidi").id).email)
    await http.slack.newcomers.look()
    assert await pinned(http, "heidi") is None


async def test_a_card_waits_a_little_for_its_approver_to_be_linked(http: World) -> None:
    """A-60"""
    await http.slack.newcomers.begin()
    await http.rooms.administration.members.add(http.host, FRANK, "Frank", roles=(Role.APPROVER,))
    request = await http.ask((FRANK,))
    waiting = next(one for one in await deliveries(http, request) if one.place.startswith("member:"))
    assert (waiting.state, waiting.problem) == ("new", "the member is not linked to a Slack account")
    await http.slack.newcomers.look()
    await http.settle()
    assert "Approval needed" in cards(http, "frank")[0]["text"]
    await http.hand("frank").click(cards(http, "frank")[0], "request.approve")
    await http.settle()
    assert (await http.now(request)).status == "approved"


async def test_a_card_given_up_comes_when_its_approver_is_linked_after_all(http: World) -> None:
    await http.rooms.administration.members.add(http.host, FRANK, "Frank", roles=(Role.APPROVER,))
    request = await http.ask((FRANK,))
    await tried_enough(http)
    assert "lost" in [one.state for one in await deliveries(http, request)]
    await says(http, "frank", "list")
    await http.settle()
    assert len(cards(http, "frank")) == 1
    assert {one.state for one in await deliveries(http, request)} == {"shown"}


async def test_what_ended_meanwhile_is_not_shown_after_all(http: World) -> None:
    await http.rooms.administration.members.add(http.host, FRANK, "Frank", roles=(Role.APPROVER,))
    request = await http.ask((FRANK, "@platform"))
    await tried_enough(http)
    await http.hand("bob").click(http.card("bob", request), "request.approve")
    await http.settle()
    assert not (await http.now(request)).is_open
    await says(http, "frank", "list")
    assert cards(http, "frank") == []


async def test_somebody_mentioned_is_added_by_the_address_slack_shows(world: World) -> None:
    """A-61"""
    assert "Frank Fujita (frank@acme.example) is a member now, as approver; that is @frank" in await adds(
        world, f"{at(world, 'frank')} approver"
    )
    found = await pinned(world, "frank")
    assert found is not None
    request = await world.ask(("anyone",))
    await world.hand("frank").click(world.card("frank", request), "request.approve")
    await world.settle()
    assert (await world.now(request)).status == "approved"


async def test_a_mention_takes_another_name_in_quotes(http: World) -> None:
    assert "Frankie F. (frank@acme.example)" in await adds(http, f'{at(http, "frank")} "Frankie F."')


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("heidi", "@heidi cannot decide here: a guest in Slack. Nobody was added."),
        ("ivan", "@ivan cannot decide here: belongs to another organisation. Nobody was added."),
        ("judy", "@judy cannot decide here: deactivated in Slack. Nobody was added."),
        (
            "karl",
            "@karl cannot be added by a mention: the e-mail address is not confirmed in Slack. Add them by e-mail",
        ),
    ],
)
async def test_who_cannot_be_added_by_a_mention_is_not_and_the_admin_hears_why(
    http: World, name: str, said: str
) -> None:
    before = len(await http.rooms.administration.members.list(http.host))
    assert said in await adds(http, at(http, name))
    assert len(await http.rooms.administration.members.list(http.host)) == before


async def test_who_is_a_member_already_is_linked_by_a_mention_or_the_admin_hears_why_not(http: World) -> None:
    office = http.rooms.administration.members
    await office.add(http.host, FRANK, "Frank")
    assert "was a member already, and is linked to @frank now" in await adds(http, at(http, "frank"))
    assert await pinned(http, "frank") is not None
    await office.change(http.host, FRANK, active=False)
    assert "already is a member" in await says(http, "alice", f"members add {at(http, 'frank')}")


async def test_while_slack_does_not_tell_who_was_mentioned_nobody_is_added(http: World) -> None:
    http.sandbox.faults.add("users.info", "500", count=1)
    assert "Try again in a minute" in await adds(http, at(http, "frank"))
    assert "frank@acme.example" not in str(await http.rooms.administration.members.list(http.host))


async def test_only_an_admin_adds_by_a_mention_and_slack_is_not_asked_for_others(http: World) -> None:
    before = len(http.calls("users.info"))
    assert "Only admins" in await says(http, "bob", f"members add {at(http, 'frank')}")
    assert len(http.calls("users.info")) == before


async def test_a_member_nobody_looked_up_yet_is_linked_by_the_first_mention(http: World) -> None:
    await http.rooms.administration.members.add(http.host, FRANK, "Frank")
    line = f"groups add ops {at(http, 'frank')}"
    assert "If they are a member, try again in a moment" in await says(http, "alice", line)
    assert "with 1 person" in await says(http, "alice", line)


async def test_a_mentioned_stranger_is_not_noted_as_somebody_who_tried(http: World) -> None:
    told = await says(http, "alice", f"groups add ops {at(http, 'frank')}")
    assert "else add them with /countersign members add @frank" in told
    assert await http.rooms.administration.identities.unmapped(http.host) == []


async def test_a_member_who_cannot_be_linked_is_said_to_be_one(http: World) -> None:
    await http.rooms.administration.members.add(http.host, "karl@acme.example", "Karl")
    await says(http, "karl", "list")
    told = await says(http, "alice", f"groups add ops {at(http, 'karl')}")
    assert "@karl is a member here (karl@acme.example), but not linked" in told
    assert "not confirmed in Slack" in told
    assert "karl@acme.example" not in await says(http, "bob", f"delegate to {at(http, 'karl')}")
