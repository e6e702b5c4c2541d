"""Who a Slack user is here: an e-mail proposes, checks decide, the pin counts."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.slack.installed.installation import Installation
from bot.slack.people.vetting import SENTENCES, Fit, Unfit, vet
from core.model.organisation import Identity
from core.model.people import Role
from core.model.request import Status
from tests.slack.conftest import World, beginning, over_http, people

pytestmark = pytest.mark.anyio

HOME = Installation("org", "T1", None, "UBOT", "B1", "xoxb")
GRID = Installation("org", "T1", "E1", "UBOT", "B1", "xoxb")


def user(**changes: Any) -> dict[str, Any]:
    profile = {"email": "Ada@Acme.example", "real_name": "Ada Archer"}
    return {"id": "U1", "team_id": "T1", "is_email_confirmed": True, "profile": profile, **changes}


def test_a_full_confirmed_user_of_ours_proposes_a_member() -> None:
    """A-61"""
    assert vet(user(), HOME) == Fit("U1", "ada@acme.example", "Ada Archer", owner=False)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_bot": True}, "bot"),
        ({"is_app_user": True}, "bot"),
        ({"is_workflow_bot": True}, "bot"),
        ({"id": "USLACKBOT"}, "bot"),
        ({"deleted": True}, "deleted"),
        ({"team_id": "T2"}, "external"),
        ({"team_id": None}, "external"),
        ({"is_stranger": True}, "external"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_invited_user": True}, "invited"),
        ({"is_email_confirmed": False}, "unconfirmed"),
        ({"is_email_confirmed": None}, "unconfirmed"),
        ({"is_email_confirmed": "true"}, "unconfirmed"),
        ({"profile": {}}, "no_email"),
        ({"profile": None}, "no_email"),
        ({"profile": {"email": ""}}, "no_email"),
        ({"profile": {"email": "not an address"}}, "no_email"),
        ({"profile": {"email": "ada@acme.example@evil.example"}}, "no_email"),
    ],
)
def test_each_doubt_is_a_no_with_its_own_sentence(changes: dict[str, Any], reason: str) -> None:
    """A-62 A-63"""
    found = vet(user(**changes), HOME)
    assert isinstance(found, Unfit)
    assert (found.reason, found.sentence) == (reason, SENTENCES[reason])


def test_in_an_enterprise_organisation_a_sister_workspace_is_ours() -> None:
    """A-62"""
    sister = user(team_id="T9", enterprise_user={"enterprise_id": "E1"})
    assert isinstance(vet(sister, GRID), Fit)
    assert isinstance(vet(user(team_id="T9", enterprise_user={"enterprise_id": "E2"}), GRID), Unfit)
    assert isinstance(vet(sister, HOME), Unfit)


async def pinned(world: World, name: str) -> Identity | None:
    issuer, id = world.sandbox.team_id, world.hand(name).id
    return await world.rooms.store.read(lambda reader: reader.identity("slack", issuer, id))


async def test_the_directory_pins_ahead_whom_it_can(world: World) -> None:
    """A-61 A-62"""
    identity = await pinned(world, "bob")
    assert identity is not None
    assert identity.member == world.members["bob"]
    assert await pinned(world, "karl") is None
    assert await pinned(world, "heidi") is None


async def test_a_first_click_is_looked_up_after_the_ack_and_then_decided(world: World) -> None:
    """A-60 A-61"""
    request = await world.ask(("anyone",))
    await world.join("frank", Role.APPROVER)
    frank = world.hand("frank")
    ack = await frank.click(world.card("frank", request), "request.approve")
    assert ack.ok
    await world.settle()
    assert frank.ephemerals()[0]["text"] == "Checking who you are…"
    assert (await world.now(request)).status is Status.APPROVED
    assert await pinned(world, "frank") is not None


async def test_somebody_new_who_clicks_twice_at_once_is_linked_once_and_decides_once(world: World) -> None:
    """A-36 A-61"""
    request = await world.ask(("2 anyone",))
    await world.join("frank", Role.APPROVER)
    frank, card = world.hand("frank"), world.card("frank", request)
    await asyncio.gather(*(frank.click(card, "request.approve") for _ in range(3)))
    await world.settle()
    assert len((await world.now(request)).decisions) == 1
    assert not any("went wrong" in each["text"] for each in frank.ephemerals())
    identities = await world.rooms.store.read(
        lambda reader: reader.identities(world.organisation, world.members["frank"])
    )
    assert len(identities) == 1


async def test_a_first_submission_is_looked_up_after_the_ack(world: World) -> None:
    """A-61"""
    request = await world.ask(("anyone",))
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.reject")
    await world.settle()
    identity = await pinned(world, "bob")
    assert identity is not None
    await world.rooms.administration.identities.unpin(world.host, identity.id)
    done = await bob.submit({"comment": "No"})
    assert done.response_action == "update"
    await world.settle()
    assert (await world.now(request)).status is Status.REJECTED
    modal = bob.open_modal()
    assert modal is not None
    assert "Done" in str(modal["blocks"])


async def test_a_changed_address_takes_the_link_away(world: World) -> None:
    """A-61"""
    world.sandbox.membership.change_user(world.hand("bob").id, email="robert@acme.example")
    await world.settle()
    assert await pinned(world, "bob") is None
    request = await world.ask(("anyone",))
    await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    assert (await world.now(request)).is_open


async def test_somebody_deactivated_in_slack_is_unpinned_at_once(world: World) -> None:
    """A-62"""
    world.sandbox.membership.change_user(world.hand("bob").id, deleted=True)
    await world.settle()
    assert await pinned(world, "bob") is None


async def test_an_approval_no_longer_counts_when_its_giver_was_deactivated(world: World) -> None:
    """A-64"""
    request = await world.ask(("2 @platform",))
    await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    world.sandbox.membership.change_user(world.hand("bob").id, deleted=True)
    await world.settle()
    await world.hand("grace").click(world.card("grace", request), "request.approve")
    await world.settle()
    assert (await world.now(request)).is_open
    assert any("no longer counts" in line for line in world.thread("grace", request))


async def test_two_users_with_one_address_link_nobody(world: World) -> None:
    """A-61"""
    await world.join("frank")
    world.sandbox.membership.change_user(world.hand("karl").id, email="frank@acme.example", is_email_confirmed=True)
    await world.settle()
    identity = await pinned(world, "karl")
    await world.sync()
    assert [identity is not None, await pinned(world, "frank") is not None].count(True) <= 1


async def test_a_second_slack_account_of_a_linked_member_is_refused(world: World) -> None:
    """A-61"""
    world.sandbox.membership.change_user(world.hand("karl").id, email="bob@acme.example", is_email_confirmed=True)
    await world.settle()
    request = await world.ask(("anyone",))
    await world.hand("karl").click(world.card("karl", request), "request.approve")
    await world.settle()
    assert "Another Slack account" in world.hand("karl").ephemerals()[-1]["text"]
    assert (await world.now(request)).is_open


async def test_allowed_domains_join_as_requesters_and_listed_admins_as_admins(tmp_path: Path) -> None:
    """A-62"""
    async with beginning(tmp_path, admins=["Frank@acme.example"], domains=["acme.example"]) as world:
        await people(world)
        async with over_http(world):
            organisation, store = world.organisation, world.rooms.store
            roles = {}
            for name in ("frank", "heidi", "karl"):
                member = await store.read(
                    lambda reader, name=name: reader.member_by_email(organisation, f"{name}@acme.example")  # type: ignore[misc]
                )
                if member is not None:
                    roles[name] = await store.read(
                        lambda reader, member=member: reader.roles(organisation, member.id, None)  # type: ignore[misc]
                    )
            assert roles == {"frank": frozenset({Role.ADMIN})}
            world.sandbox.membership.change_user(world.hand("karl").id, is_email_confirmed=True)
            await world.settle()
            karl = await pinned(world, "karl")
            assert karl is not None
            assert await store.read(lambda reader: reader.roles(organisation, karl.member, None)) == {Role.REQUESTER}


async def test_without_a_list_the_primary_owner_becomes_admin(world: World) -> None:
    owner = next(user for user in world.sandbox.workspace.users.values() if user.is_primary_owner)
    identity = await pinned(world, owner.name)
    assert identity is not None
    roles = await world.rooms.store.read(lambda reader: reader.roles(world.organisation, identity.member, None))
    assert Role.ADMIN in roles


async def test_slack_not_answering_is_said_and_nothing_is_done(world: World) -> None:
    request = await world.ask(("anyone",))
    world.sandbox.faults.add("users.info", "500")
    await world.hand("frank").click(world.card("frank", request), "request.approve")
    await world.settle()
    assert "Slack did not tell us who you are" in world.hand("frank").ephemerals()[-1]["text"]
    assert (await world.now(request)).is_open


async def test_a_large_workspace_is_read_at_the_pace_slack_allows(http: World) -> None:
    """A-62"""
    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    http.slack.directory._rest = rest
    http.sandbox.faults.add("users.list", "429", count=2, retry_after=7)
    before = len(http.calls("users.list"))
    assert await http.slack.directory.sync() == 6
    assert rested == [7.0, 7.0]
    assert len(http.calls("users.list")) - before == 3
