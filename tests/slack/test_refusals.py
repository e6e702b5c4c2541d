"""Whoever is refused hears why, alone; nothing changes; and the ledger knows."""

import asyncio

import pytest

from core.desk import Draft
from core.model.request import Content, Status
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio


def said(world: World, name: str) -> str:
    whispers = world.hand(name).ephemerals()
    return str(whispers[-1]["text"]) if whispers else ""


async def approve(world: World, name: str, request: object, card: object = None) -> None:
    await world.hand(name).click(card or world.card(name, request), "request.approve")  # type: ignore[arg-type]
    await world.settle()


async def test_somebody_without_a_member_is_told_how_to_become_one(world: World) -> None:
    """A-61 A-63"""
    request = await world.ask(("@platform",))
    await approve(world, "frank", request)
    assert "not linked to a member" in said(world, "frank")
    assert (await world.now(request)).version == request.version
    assert await world.refusals(request) == ["not_mapped"]


async def test_a_stranger_who_clicks_reject_is_refused_and_recorded_too(world: World) -> None:
    """A-63"""
    request = await world.ask(("@platform",))
    frank = world.hand("frank")
    await frank.click(world.card("frank", request), "request.reject")
    await world.settle()
    assert frank.open_modal() is None
    assert "not linked to a member" in said(world, "frank")
    assert await world.refusals(request) == ["not_mapped"]


async def test_a_guest_cannot_decide_even_with_a_members_address(world: World) -> None:
    """A-62"""
    await world.rooms.administration.members.add(world.host, "heidi@contractor.example", "Heidi")
    await world.sync()
    request = await world.ask(("anyone",))
    posted = world.card("alice", request)
    world.sandbox.workspace.channels[posted["channel"]].members[world.hand("heidi").id] = None
    await approve(world, "heidi", request)
    assert "guest" in said(world, "heidi")
    assert (await world.now(request)).is_open


async def test_an_unconfirmed_address_proposes_nobody(world: World) -> None:
    """A-61"""
    await world.join("karl")
    await world.sync()
    request = await world.ask(("anyone",))
    await approve(world, "karl", request)
    assert "not confirmed" in said(world, "karl")


async def test_people_of_another_organisation_see_no_details_and_cannot_decide(world: World) -> None:
    """A-62 A-63"""
    content = Content(type="deploy", title="Secret plan of ours")
    draft = Draft(content, notify=("#acme-partner",))
    request = (await world.rooms.desk.create(world.bot, draft)).request
    await world.settle()
    ivan = world.hand("ivan")
    card = ivan.find_message("#acme-partner", containing=f"#{request.number}")
    assert "Secret plan" not in str(card)
    await ivan.click(card, "request.details")
    await world.settle()
    assert ivan.open_modal() is None
    assert "another organisation" in said(world, "ivan")
    assert (await world.now(request)).is_open


async def test_nobody_approves_what_they_asked_themselves(world: World) -> None:
    """A-16"""
    request = await world.ask(("anyone",), by=world.actor("bob"))
    await approve(world, "bob", request)
    assert "asked for this yourself" in said(world, "bob")
    assert await world.refusals(request) == ["own_request"]


async def test_somebody_of_a_later_stage_hears_when_their_turn_comes(world: World) -> None:
    """A-35"""
    request = await world.ask(("@platform",), ("@security",))
    await approve(world, "carol", request)
    assert "not your turn yet" in said(world, "carol")
    assert not (await world.now(request)).decisions


async def test_somebody_nobody_asked_hears_whom_it_waits_for(world: World) -> None:
    """B-44"""
    request = await world.ask(("@platform",))
    await approve(world, "carol", request)
    assert "it asks @platform" in said(world, "carol")


async def test_somebody_without_the_verb_is_told_which_role_is_missing(world: World) -> None:
    """A-14 A-15 A-64"""
    request = await world.ask(("erin@acme.example", "bob@acme.example"))
    await approve(world, "erin", request)
    assert "approver role" in said(world, "erin")


async def test_a_late_click_is_told_who_decided(world: World) -> None:
    """A-13 B-45"""
    request = await world.ask(("anyone",))
    card = world.card("carol", request)
    await approve(world, "bob", request)
    await approve(world, "carol", request, card)
    assert "already approved by Bob" in said(world, "carol")
    assert len((await world.now(request)).decisions) == 1


async def test_an_expired_request_takes_no_click_even_before_the_clock_has_rung(world: World) -> None:
    """C-24 C-28 B-39"""
    request = await world.ask(("@platform",))
    card = world.card("bob", request)
    assert request.expires_at is not None
    world.clock.turn(request.expires_at - world.clock.now())
    await approve(world, "bob", request, card)
    assert "expired" in said(world, "bob")
    assert (await world.now(request)).status is Status.EXPIRED
    assert "Expired" in world.card("bob", request)["text"]


async def test_a_click_on_an_old_revision_decides_nothing_and_says_so(world: World) -> None:
    """B-21"""
    request = await world.ask(("@platform",), title="Deploy one pod")
    card = world.card("bob", request)
    changed = Draft(Content(type="deploy", title="Deploy everything"))
    await world.rooms.desk.revise(world.bot, request.id, changed, keep_people=True)
    await world.settle()
    await approve(world, "bob", request, card)
    assert "now at revision 2" in said(world, "bob")
    assert (await world.now(request)).is_open
    assert "Changed in revision 2" in str(world.card("bob", request)["blocks"])
    assert "Deploy one pod → Deploy everything" in str(world.card("bob", request)["blocks"])


async def test_a_click_on_a_passed_stage_decides_nothing_and_says_so(world: World) -> None:
    """A-31"""
    request = await world.ask(("@platform",), ("@platform",))
    card = world.card("grace", request)
    await approve(world, "bob", request)
    await approve(world, "grace", request, card)
    assert "is now at stage 2" in said(world, "grace")


async def test_a_double_click_counts_once_and_says_nothing(world: World) -> None:
    """A-36 C-29"""
    request = await world.ask(("2 @platform",))
    bob, card = world.hand("bob"), world.card("bob", request)
    first, second = await asyncio.gather(bob.click(card, "request.approve"), bob.click(card, "request.approve"))
    assert first.ok
    assert second.ok
    await world.settle()
    assert len([d for d in (await world.now(request)).decisions if d.counts]) == 1
    assert bob.ephemerals() == []


async def test_two_last_votes_at_once_end_it_once(world: World) -> None:
    """C-29 A-73"""
    request = await world.ask(("anyone",))
    card = world.card("bob", request)
    clicks = [world.hand(name).click(card, "request.approve") for name in ("bob", "carol", "dave", "grace")]
    assert all(ack.ok for ack in await asyncio.gather(*clicks))
    await world.settle()
    assert [row.word for row in await world.ledger(request)].count("ended") == 1
    whispers = [said(world, name) for name in ("bob", "carol", "dave", "grace")]
    assert len([whisper for whisper in whispers if "already approved by" in whisper]) == 3


async def test_a_button_of_an_unknown_version_is_answered_kindly(world: World) -> None:
    request = await world.ask(("@platform",))
    card = world.card("bob", request)
    bob = world.hand("bob")
    buttons = next(block for block in card["blocks"] if block["type"] == "actions")
    buttons["elements"][0]["value"] = "v1:something"
    stored = world.sandbox.workspace.channels[card["channel"]].messages[card["ts"]]
    stored["blocks"] = card["blocks"]
    ack = await bob.click(bob.again(card), "request.approve")
    await world.settle()
    assert ack.ok
    assert "older version" in said(world, "bob")
    assert (await world.now(request)).is_open


async def test_a_bug_is_one_constant_sentence_with_a_reference(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    request = await world.ask(("@platform",))

    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(type(world.rooms.desk), "do", fails)
    ack = await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    assert ack.ok
    assert "Something went wrong on our side" in said(world, "bob")
    assert "hunter2" not in said(world, "bob")


async def test_a_person_whose_account_was_switched_off_is_told_so(world: World) -> None:
    """B-44"""
    request = await world.ask(("anyone",))
    await world.rooms.administration.members.change(world.host, world.members["bob"], active=False)
    await approve(world, "bob", request)
    assert "not active" in said(world, "bob")
    assert (await world.now(request)).is_open


async def test_a_refused_submission_says_so_under_its_field(world: World) -> None:
    """C-25"""
    request = await world.ask(("anyone",))
    carol = world.hand("carol")
    await carol.click(world.card("carol", request), "request.reject")
    await world.settle()
    await approve(world, "bob", request)
    done = await carol.submit({"comment": "Too risky"})
    assert done.response_action == "errors"
    assert "already approved by Bob" in (done.errors or {})["comment"]
    assert carol.open_modal() is not None


async def test_reject_on_a_decided_request_opens_no_form(world: World) -> None:
    """C-25"""
    request = await world.ask(("anyone",))
    card = world.card("carol", request)
    await approve(world, "bob", request)
    await world.hand("carol").click(card, "request.reject")
    await world.settle()
    assert world.hand("carol").open_modal() is None
    assert "already approved by Bob" in said(world, "carol")


async def test_what_was_typed_stays_where_somebody_else_was_quicker(world: World) -> None:
    request = await world.ask(("@platform",), ("@security",))
    carol = world.hand("carol")
    await carol.click(world.card("carol", request), "request.reject")
    await world.settle()
    await approve(world, "bob", request)
    sent = await carol.submit({"comment": "A reason typed for two minutes"})
    assert "is now at stage 2" in (sent.errors or {})["comment"]
    window = carol.open_modal()
    assert window is not None
    assert "A reason typed for two minutes" in str(window["state"])
