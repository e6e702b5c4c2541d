"""Approve, reject, comment, edit, hand over, remind, cancel: each by its button, over both transports."""

from typing import Any

import pytest

from core.model.request import Cost, Status, Verdict
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio


def offered(card: dict[str, Any]) -> list[Any]:
    """The buttons of a card."""
    return [element for block in card["blocks"] if block["type"] == "actions" for element in block["elements"]]


async def test_a_click_on_approve_decides_and_every_copy_shows_it(world: World) -> None:
    """A-60 A-65"""
    request = await world.ask(("@platform",))
    ack = await world.hand("bob").click(world.card("bob", request), "request.approve")
    assert ack.ok
    assert ack.body is None
    await world.settle()
    decided = await world.now(request)
    assert decided.status is Status.APPROVED
    assert decided.decisions[0].member == world.members["bob"]
    card = world.card("alice", request)
    assert "Approved by Bob" in card["text"]
    assert [element["action_id"] for element in offered(card)] == ["request.run"]
    assert world.thread("alice", request) == ["Approved by Bob as @platform."]


async def test_a_reject_asks_for_its_reason_and_ends_the_request(world: World) -> None:
    """A-60 A-22 A-24"""
    request = await world.ask(("@platform",), ("@security",))
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.reject")
    await world.settle()
    blank = await bob.submit({"comment": "   "})
    assert blank.errors is not None
    assert "comment" in blank.errors
    done = await bob.submit({"comment": "Not on a Friday."})
    assert done.error is None
    assert bob.open_modal() is None
    await world.settle()
    assert (await world.now(request)).status is Status.REJECTED
    assert "Rejected by Bob: Not on a Friday." in world.card("alice", request)["text"]


async def test_a_reason_of_spaces_is_answered_under_its_field(world: World) -> None:
    """A-26"""
    request = await world.ask(("@platform",))
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.reject")
    await world.settle()
    done = await bob.submit({"comment": "\u00a0 \u2003"})
    assert done.response_action == "errors"
    assert done.errors == {"comment": "Say why, so that whoever asked knows what to change."}
    assert (await world.now(request)).is_open


async def test_an_approval_may_come_with_words(world: World) -> None:
    """A-11 A-19"""
    request = await world.ask(("@platform",))
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.comment")
    await world.settle()
    await bob.submit({"text": "Watch the error rate.", "kind": "approve"})
    await world.settle()
    decision = (await world.now(request)).decisions[0]
    assert (decision.verdict, decision.comment) == (Verdict.APPROVED, "Watch the error rate.")
    assert any("Watch the error rate." in line for line in world.thread("alice", request))


async def test_what_is_said_with_an_approval_given_before_becomes_a_comment(world: World) -> None:
    request = await world.ask(("2 @platform",))
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.approve")
    await world.settle()
    for words in ("Only with the flag off.", "And not on a Friday."):
        await bob.command(f"/countersign approve #{request.number} {words}")
        await world.settle()
        await bob.submit({"comment": words})
        await world.settle()
        assert "what you say now was added as a comment" in str(bob.open_modal())
    thread = world.thread("alice", request)
    assert [line for line in thread if line.startswith("Bob: ")] == [
        "Bob: Only with the flag off.",
        "Bob: And not on a Friday.",
    ]
    assert [one.comment for one in (await world.now(request)).decisions] == [None]


async def test_a_reason_given_after_ones_own_rejection_becomes_a_comment(world: World) -> None:
    request = await world.ask(("@platform",))
    bob = world.hand("bob")
    await bob.command(f"/countersign reject #{request.number} Not on a Friday.")
    await world.settle()
    for words in ("Not on a Friday.", "Nor on a Monday."):
        await bob.command(f"/countersign reject #{request.number} {words}")
        await world.settle()
    assert "what you say now was added as a comment" in bob.ephemerals()[-1]["text"]
    assert [line for line in world.thread("alice", request) if line.startswith("Bob: ")] == ["Bob: Nor on a Monday."]


async def test_a_question_keeps_it_open_and_is_answered_by_the_button_under_it(world: World) -> None:
    """E-55 E-56 E-60"""
    request = await world.ask(("@platform",), by=world.actor("erin"))
    bob, erin = world.hand("bob"), world.hand("erin")
    await bob.click(world.card("bob", request), "request.comment")
    await world.settle()
    await bob.submit({"text": "Is the rollback tested?", "kind": "question"})
    await world.settle()
    assert (await world.now(request)).status is Status.ASKED_QUESTION
    assert "Question open" in world.card("bob", request)["text"]
    asked = erin.find_message(erin.dm_channel, containing="Is the rollback tested?", action="question.answer")
    await erin.click(asked, "question.answer")
    await world.settle()
    await erin.submit({"answer": "Yes, on staging."})
    await world.settle()
    assert (await world.now(request)).status is Status.PENDING
    assert any("Erin answers: Yes, on staging." in line for line in world.thread("bob", request))
    assert "Yes, on staging." in bob.dms()[-1]["text"]


async def test_a_remark_stands_in_the_thread_and_changes_nothing(world: World) -> None:
    """E-61"""
    request = await world.ask(("@platform",))
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.comment")
    await world.settle()
    await bob.submit({"text": "Looks <b>fine</b> & <!channel>"})
    await world.settle()
    assert (await world.now(request)).status is Status.PENDING
    assert "<!channel>" not in world.thread("alice", request)[-1]
    assert "&lt;!channel&gt;" in world.thread("alice", request)[-1]


async def test_an_approver_may_lower_the_cost_while_approving(world: World) -> None:
    """E-45 E-47 E-48"""
    request = await world.ask(("@platform",), cost=Cost(usd=50.0), side_effects=("Restarts pods", "Clears the cache"))
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.more", f"edit.{request.id}.1.1")
    await world.settle()
    too_much = await bob.submit({"edit.cost.usd": "80"})
    assert too_much.errors is not None
    assert "at most 50" in too_much.errors["edit.cost.usd"]
    done = await bob.submit({"edit.cost.usd": "30", "edit.side_effects": "Restarts pods"})
    assert done.error is None
    await world.settle()
    edited = await world.now(request)
    assert edited.status is Status.APPROVED_WITH_EDITS
    assert edited.edits == {"cost.usd": 30, "side_effects": ["Restarts pods"]}
    assert "Edited by Bob" in str(world.card("alice", request)["blocks"])


async def test_edits_that_change_nothing_are_answered_in_the_form(world: World) -> None:
    """E-49"""
    request = await world.ask(("@platform",), cost=Cost(usd=50.0))
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.more", f"edit.{request.id}.1.1")
    await world.settle()
    done = await bob.submit({})
    assert done.errors == {"comment": "There are no edits; change something, or approve as it is."}


async def test_a_seat_is_handed_over_to_somebody_linked(world: World) -> None:
    """B-44"""
    request = await world.ask(("bob@acme.example",))
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.more", f"hand_over.{request.id}.1.1")
    await world.settle()
    karl = await bob.submit({"to": world.hand("karl").id})
    assert karl.errors == {"to": "This person is not linked to a member here; pick somebody else."}
    erin = await bob.submit({"to": world.hand("erin").id})
    assert erin.errors == {"to": "Erin may not approve in this project; name somebody who may."}
    done = await bob.submit({"to": world.hand("dave").id})
    assert done.error is None
    await world.settle()
    await world.hand("dave").click(world.card("dave", request), "request.approve")
    assert (await world.now(request)).status is Status.APPROVED


async def test_a_reminder_goes_to_those_who_have_not_answered_once_in_five_minutes(world: World) -> None:
    """A-50 A-52 A-53 A-54"""
    request = await world.ask(("2 @platform",))
    await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    grace = world.hand("grace")
    before = len(grace.dms())
    alice = world.hand("alice")
    await alice.click(world.card("alice", request), "request.more", f"remind.{request.id}.1.1")
    await world.settle()
    assert len(grace.dms()) == before + 1
    assert "still waits for you" in grace.dms()[-1]["text"]
    assert not any("still waits" in message["text"] for message in world.hand("bob").dms())
    await alice.click(world.card("alice", request), "request.more", f"remind.{request.id}.1.1")
    await world.settle()
    assert "less than 5 minutes ago" in alice.ephemerals()[-1]["text"]
    await world.turn(minutes=5)
    await alice.click(world.card("alice", request), "request.more", f"remind.{request.id}.1.1")
    await world.settle()
    assert len(grace.dms()) == before + 2


async def test_only_whoever_asked_or_an_admin_may_cancel(world: World) -> None:
    """B-34 B-38"""
    request = await world.ask(("@platform",), by=world.actor("erin"))
    more = f"cancel.{request.id}.1.1"
    bob, erin = world.hand("bob"), world.hand("erin")
    await bob.click(world.card("bob", request), "request.more", more)
    await world.settle()
    refused = await bob.submit({"comment": "I do not like it"})
    assert "or an admin may cancel it" in str(refused.errors)
    await erin.click(world.card("erin", request), "request.more", more)
    await world.settle()
    await erin.submit({"comment": "No longer needed"})
    await world.settle()
    assert (await world.now(request)).status is Status.CANCELLED
    assert "Cancelled" in world.card("bob", request)["text"]


async def test_details_open_and_a_decision_made_there_redraws_them(world: World) -> None:
    """E-20"""
    request = await world.ask(("2 @platform",), params={"region": "eu", "db_password": "hunter2hunter2"})
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.more", f"details.{request.id}.1.1")
    await world.settle()
    details = bob.open_modal()
    assert details is not None
    assert "eu" in str(details["blocks"])
    assert "hunter2" not in str(details["blocks"])
    await bob.click(details, "request.approve")
    await world.settle()
    redrawn = bob.open_modal()
    assert redrawn is not None
    assert "Bob approved as @platform" in str(redrawn["blocks"])
    await bob.click(redrawn, "request.withdraw")
    await world.settle()
    assert not any(decision.counts for decision in (await world.now(request)).decisions)


async def test_the_second_stage_opens_when_the_first_has_passed(world: World) -> None:
    """A-31 A-32 A-38 A-64"""
    request = await world.ask(("@platform",), ("2 @security",))
    await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    assert (await world.now(request)).stage == 2
    assert "Waits for @security" in world.card("carol", request)["text"]
    for name in ("carol", "dave"):
        assert (await world.now(request)).is_open
        await world.hand(name).click(world.card(name, request), "request.approve")
        await world.settle()
    assert (await world.now(request)).status is Status.APPROVED


async def test_what_was_approved_may_be_discarded_before_it_is_claimed(world: World) -> None:
    """A-72"""
    request = await world.ask(("@platform",))
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.approve")
    await world.settle()
    await bob.command(f"/countersign show #{request.number}", "#deploys")
    await bob.command("/countersign list mine", "#deploys")
    await bob.home()
    await world.settle()
    home = bob.published_home()
    assert home is not None
    await bob.click(home, "request.details", block_id=f"decided.{request.id}")
    await world.settle()
    details = bob.open_modal()
    assert details is not None
    await bob.click(details, "request.discard")
    await world.settle()
    assert (await world.now(request)).discarded
    assert "will not be executed" in world.card("alice", request)["text"]
