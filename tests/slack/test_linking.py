"""Who is who when addresses differ: people say it, admins confirm it, and a changed profile takes a link away."""

import asyncio
from typing import Any

import pytest

from core.administration import Asked
from core.model.people import Role
from core.model.request import Life, Status
from tests.slack.conftest import World
from tests.slack.test_identity import pinned

pytestmark = pytest.mark.anyio

OTHER = "f.fujita@acme.example"


async def a_member_with_another_address(world: World) -> str:
    """Frank is a member under an address that Slack does not know."""
    office = world.rooms.administration.members
    return (await office.add(world.host, OTHER, "Frank", roles=(Role.APPROVER,))).id


async def types(world: World, who: str, line: str) -> str:
    await world.hand(who).command(line)
    await world.settle()
    whispers = world.hand(who).ephemerals()
    return str(whispers[-1]["text"]) if whispers else ""


def heard(world: World, who: str) -> str:
    return " ".join(str(message["text"]) for message in world.hand(who).dms())


async def clicks(world: World, who: str, action: str) -> None:
    await world.hand(who).click(world.hand(who).dms()[-1], action)
    await world.settle()


async def log(world: World, *words: str) -> list[dict[str, Any]]:
    rows = await world.rooms.store.read(lambda reader: reader.ledger(world.organisation, after=0, limit=500))
    return [dict(row.payload or {}) for row in rows if row.word in words]


async def test_somebody_says_who_they_are_an_admin_confirms_and_they_decide(world: World) -> None:
    """A-61"""
    member = await a_member_with_another_address(world)
    assert "An admin is asked" in await types(world, "frank", f"/countersign link {OTHER}")
    assert await pinned(world, "frank") is None
    assert "Frank Fujita says they are the member f.fujita@acme.example" in heard(world, "alice")
    await clicks(world, "alice", "link.look")
    assert "Is the Slack account Frank Fujita really Frank?" in str(world.hand("alice").open_modal())
    await world.hand("alice").submit({})
    await world.settle()
    found = await pinned(world, "frank")
    assert found is not None
    assert (found.member, found.email) == (member, "frank@acme.example")
    assert "Alice confirmed that you are f.fujita@acme.example" in heard(world, "frank")
    request = await world.ask(("anyone",))
    await world.hand("frank").click(world.card("frank", request), "request.approve")
    await world.settle()
    assert (await world.now(request)).status is Status.APPROVED
    assert [row["wanted"] for row in await log(world, "link_asked")] == [OTHER]
    assert (await log(world, "identity_pinned"))[-1]["asked"] == OTHER


async def test_a_claim_alone_links_nobody_whoever_is_claimed(http: World) -> None:
    """A-63"""
    await types(http, "frank", "/countersign link bob@acme.example")
    request = await http.ask(("anyone",))
    await http.hand("frank").click(http.card("frank", request), "request.approve")
    await http.settle()
    assert (await http.now(request)).is_open
    assert await http.refusals(request) == ["not_mapped"]


async def test_an_admin_may_refuse_and_whoever_asked_hears_it(http: World) -> None:
    await types(http, "frank", "/countersign link bob@acme.example")
    await clicks(http, "alice", "link.dismiss")
    assert await pinned(http, "frank") is None
    assert "did not confirm that you are bob@acme.example" in heard(http, "frank")
    assert [row["wanted"] for row in await log(http, "link_refused")] == ["bob@acme.example"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("confirm", "Alice confirmed that you are f.fujita@acme.example. You can act here now."),
        ("dismiss", "An admin did not confirm that you are f.fujita@acme.example"),
        ("leave_out", "An admin did not confirm that you are f.fujita@acme.example"),
        ("pin", "You are linked to f.fujita@acme.example now, and can act here."),
    ],
)
async def test_whoever_asked_hears_it_once_however_it_was_answered(http: World, answer: str, says: str) -> None:
    """Over the API no flow of Slack's is passed; two admins may answer at once. A-61"""
    await a_member_with_another_address(http)
    await types(http, "frank", f"/countersign link {OTHER}")
    office, key = http.rooms.administration.identities, (http.sandbox.team_id, http.hand("frank").id)

    async def answers() -> object:
        match answer:
            case "confirm":
                return await office.confirm(http.actor("alice"), "slack", *key, OTHER)
            case "pin":
                return await office.pin(http.actor("alice"), "slack", *key, OTHER)
            case _:
                return await getattr(office, answer)(http.actor("alice"), *key)

    await asyncio.gather(answers(), answers(), return_exceptions=True)
    await http.settle()
    (told,) = [str(one["text"]) for one in http.hand("frank").dms()]
    assert told.startswith(says)


async def test_each_wish_is_answered(http: World) -> None:
    key = (http.sandbox.team_id, http.hand("frank").id)
    for address in (OTHER, "carol@acme.example", OTHER):
        await types(http, "frank", f"/countersign link {address}")
        await http.rooms.administration.identities.dismiss(http.actor("alice"), *key)
        await http.turn(minutes=11)
    assert heard(http, "frank").count("did not confirm") == 3


async def test_only_admins_confirm(http: World) -> None:
    await a_member_with_another_address(http)
    await types(http, "frank", f"/countersign link {OTHER}")
    message = http.hand("alice").dms()[-1]
    identities = http.rooms.administration.identities
    key = (http.sandbox.team_id, http.hand("frank").id)
    with pytest.raises(Exception, match="Only admins"):
        await identities.confirm(http.actor("bob"), "slack", *key, OTHER)
    with pytest.raises(Exception, match="Only admins"):
        await identities.dismiss(http.actor("bob"), *key)
    assert message["blocks"]
    assert await pinned(http, "frank") is None


async def test_an_admin_links_only_what_they_were_shown(http: World) -> None:
    await a_member_with_another_address(http)
    await types(http, "frank", f"/countersign link {OTHER}")
    await clicks(http, "alice", "link.look")
    await http.turn(minutes=11)
    await types(http, "frank", "/countersign link carol@acme.example")
    await http.hand("alice").submit({})
    await http.settle()
    assert await pinned(http, "frank") is None
    assert "They say now that they are carol@acme.example" in str(http.hand("alice").open_modal())


async def test_admins_are_asked_once_and_not_flooded(http: World) -> None:
    await types(http, "frank", f"/countersign link {OTHER}")
    assert "asked already" in await types(http, "frank", f"/countersign link {OTHER}")
    assert "wait ten minutes" in await types(http, "frank", "/countersign link carol@acme.example")
    assert len(http.hand("alice").dms()) == 1


async def test_a_second_account_takes_the_members_link_over_when_an_admin_says_so(http: World) -> None:
    http.sandbox.membership.change_user(http.hand("karl").id, email="bob@acme.example", is_email_confirmed=True)
    await http.settle()
    request = await http.ask(("2 anyone",))
    await http.hand("bob").click(http.card("bob", request), "request.approve")
    await http.settle()
    await types(http, "karl", "/countersign link bob@acme.example")
    await clicks(http, "alice", "link.look")
    assert "that link ends" in str(http.hand("alice").open_modal())
    await http.hand("alice").submit({})
    await http.settle()
    assert await pinned(http, "bob") is None
    found = await pinned(http, "karl")
    assert found is not None
    assert found.member == http.members["bob"]


async def test_without_an_address_a_form_asks_for_it(world: World) -> None:
    await a_member_with_another_address(world)
    await types(world, "frank", "/countersign link")
    await world.hand("frank").submit({"email": OTHER})
    await world.settle()
    assert "An admin is asked" in str(world.hand("frank").open_modal())
    assert "says they are the member" in heard(world, "alice")


async def test_what_is_no_address_is_said_under_the_field_or_in_a_whisper(http: World) -> None:
    assert "e-mail address" in await types(http, "frank", "/countersign link frank")


async def test_whoever_is_linked_needs_nothing(http: World) -> None:
    assert "You are linked to Bob (bob@acme.example)" in await types(
        http, "bob", "/countersign link carol@acme.example"
    )
    assert heard(http, "alice") == ""


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("heidi", {}, "guests cannot act"),
        ("karl", {}, "not confirmed"),
        ("frank", {"email": ""}, "shows no e-mail address"),
    ],
)
async def test_who_cannot_be_linked_hears_what_stands_in_the_way(
    http: World, name: str, changes: dict[str, Any], said: str
) -> None:
    """A-62"""
    http.sandbox.membership.change_user(http.hand(name).id, **changes)
    assert said in await types(http, name, "/countersign link bob@acme.example")
    assert heard(http, "alice") == ""


async def test_with_four_eyes_another_admin_must_agree(http: World) -> None:
    await a_member_with_another_address(http)
    await http.join("grace2", Role.ADMIN)
    await types(http, "frank", f"/countersign link {OTHER}")
    await http.rooms.administration.organisations.change(http.host, four_eyes=True)
    key = (http.sandbox.team_id, http.hand("frank").id)
    with pytest.raises(Asked) as asked:
        await http.rooms.administration.identities.confirm(http.actor("alice"), "slack", *key, OTHER)
    assert asked.value.made.asked
    assert await pinned(http, "frank") is None


async def test_who_asked_hears_it_in_their_language_when_another_admin_has_agreed(world: World) -> None:
    """The change itself is not theirs to see, so nothing offers to show it."""
    member = await a_member_with_another_address(world)
    await world.rooms.administration.grants.give(world.host, world.members["erin"], Role.ADMIN)
    world.sandbox.membership.change_user(world.hand("frank").id, locale="de-DE")
    await types(world, "frank", f"/countersign link {OTHER}")
    await world.rooms.administration.organisations.change(world.host, four_eyes=True)
    await clicks(world, "alice", "link.look")
    await world.hand("alice").submit({})
    await world.settle()
    assert "hat bestätigt" not in heard(world, "frank")
    await clicks(world, "erin", "request.approve")
    found = await pinned(world, "frank")
    assert found is not None
    assert found.member == member
    (told,) = [one for one in world.hand("frank").dms() if OTHER in str(one["text"])]
    assert "Alice hat bestätigt, dass du f.fujita@acme.example bist" in str(told["text"])
    assert "request.details" not in str(told["blocks"])


async def test_admins_are_asked_and_who_asked_is_answered_each_in_their_language(http: World) -> None:
    await a_member_with_another_address(http)
    http.sandbox.membership.change_user(http.hand("alice").id, locale="de-DE")
    await http.sync()
    await types(http, "frank", f"/countersign link {OTHER}")
    assert "Frank Fujita sagt" in heard(http, "alice")
    await clicks(http, "alice", "link.dismiss")
    assert "An admin did not confirm that you are" in heard(http, "frank")


# ------------------------------------------------------------------------------------------------- links taken away


@pytest.mark.parametrize(
    ("changes", "to_them", "to_admins"),
    [
        ({"email": "robert@acme.example"}, "e-mail address in Slack has changed", "address in Slack has changed"),
        ({"is_restricted": True}, "You are a guest in Slack now", "a guest in Slack"),
        ({"team_id": "T0PARTNER1"}, "belongs to another workspace now", "another organisation"),
        ({"is_email_confirmed": False}, "no longer shows a confirmed", "not confirmed"),
        ({"deleted": True}, "", "deactivated in Slack"),
    ],
)
async def test_a_changed_profile_unpins_with_a_notice_and_an_approval_falls_at_once(
    http: World, changes: dict[str, Any], to_them: str, to_admins: str
) -> None:
    """A-61 A-64"""
    request = await http.ask(("2 @platform",))
    await http.hand("bob").click(http.card("bob", request), "request.approve")
    await http.settle()
    http.sandbox.membership.change_user(http.hand("bob").id, **changes)
    await http.settle()
    assert await pinned(http, "bob") is None
    assert [decision.life for decision in (await http.now(request)).decisions] == [Life.LAPSED]
    assert to_them in heard(http, "bob")
    assert bool(heard(http, "bob")) == bool(to_them)
    assert f"Bob ({to_admins}" in heard(http, "alice") or to_admins in heard(http, "alice")


async def test_a_company_that_changes_its_addresses_does_not_flood_its_admins(http: World) -> None:
    for name in ("bob", "carol", "dave", "erin", "grace"):
        http.sandbox.membership.change_user(http.hand(name).id, email=f"{name}@new.example")
    await http.settle()
    assert len(http.hand("alice").dms()) == 1
    http.slack.announcing.tell_of_unlinked()
    await http.settle()
    assert len(http.hand("alice").dms()) == 2
    assert sum(heard(http, "alice").count(name) for name in ("Bob", "Carol", "Dave", "Erin", "Grace")) == 5


async def test_admins_see_whom_to_look_after_and_may_leave_somebody_out(http: World) -> None:
    await a_member_with_another_address(http)
    await types(http, "frank", "/countersign link")
    await http.hand("alice").command("/countersign members unmapped")
    await http.settle()
    modal = http.hand("alice").open_modal()
    assert modal is not None
    assert "Frank Fujita" in str(modal)
    assert "a member, linked to nobody in Slack" in str(modal)
    await http.hand("alice").click(modal, "members.leave_out")
    await http.settle()
    assert "Frank Fujita" not in str(http.hand("alice").open_modal())
    assert len(await log(http, "unmapped_left_out")) == 1


async def test_who_was_nobody_is_linked_soon_after_an_admin_added_them(http: World) -> None:
    """A-61"""
    await types(http, "frank", "/countersign list")
    await http.slack.mirrors.link_who_became_members()
    assert await pinned(http, "frank") is None
    await types(http, "alice", '/countersign members add frank@acme.example "Frank" approver')
    before = len(http.calls("users.info"))
    await http.slack.mirrors.link_who_became_members()
    await http.slack.mirrors.link_who_became_members()
    assert await pinned(http, "frank") is not None
    assert len(http.calls("users.info")) - before == 1


async def test_the_office_too_links_only_what_was_said(http: World) -> None:
    await types(http, "frank", f"/countersign link {OTHER}")
    key = (http.sandbox.team_id, http.hand("frank").id)
    with pytest.raises(Exception, match="no longer ask for that"):
        await http.rooms.administration.identities.confirm(http.actor("alice"), "slack", *key, "carol@acme.example")
