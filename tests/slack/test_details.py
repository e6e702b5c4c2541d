"""The windows behind Details: who and why, the history, everything in full; and what edits say before and after."""

from typing import Any

import pytest

from core.desk.eligible import who_can_still
from core.model.request import Request, Status
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio

LONG = "\n".join(f"+ resource number {n} is created" for n in range(330))


async def details(world: World, name: str, request: Request) -> None:
    target = f"details.{request.id}.{request.revision}.{request.stage}"
    await world.hand(name).click(world.card(name, request), "request.more", target)
    await world.settle()


async def press(world: World, name: str, action: str) -> str:
    """A button of the window on top, and what the window shows then."""
    hand = world.hand(name)
    await hand.click(hand.open_modal() or {}, action)
    await world.settle()
    return str(hand.open_modal())


async def test_who_and_why_says_where_one_stands_and_who_can_still_decide(world: World) -> None:
    request = await world.ask(("@platform",), ("2 @security",))
    await details(world, "bob", request)
    shown = await press(world, "bob", "request.people")
    assert "You are asked in stage 1" in shown
    assert "You can decide this now." in shown
    assert "Can still decide: Bob, Grace." in shown
    assert "Can still decide: Carol, Dave." in shown
    assert "not open yet" in shown


async def test_who_and_why_says_why_not(world: World) -> None:
    request = await world.ask(("@platform",), ("@security",))
    await details(world, "carol", request)
    shown = await press(world, "carol", "request.people")
    assert "It is not your turn yet" in shown
    assert "You can decide this now." not in shown


async def test_whoever_has_approved_barred_or_unlinked_can_no_longer_decide(http: World) -> None:
    world = http
    request = await world.ask(("2 @platform", "@security"), by=world.actor("carol"))
    await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    now = await world.now(request)
    able = await world.rooms.store.read(lambda reader: who_can_still(reader, now))
    people = {name for one in able for name in one.people}
    assert "Bob" not in people
    assert "Carol" not in people
    assert {"Grace"} <= people
    assert "Carol" in {name for one in able for name in one.cannot} | set()


async def test_the_history_is_a_window_from_details(world: World) -> None:
    request = await world.ask(("@platform",))
    await details(world, "bob", request)
    shown = await press(world, "bob", "request.history")
    assert "asked for approval" in shown


async def test_long_texts_are_read_page_by_page(world: World) -> None:
    request = await world.ask(
        ("@platform",), description=LONG, metadata={f"part_{n}": "some words " * 25 for n in range(60)}
    )
    await details(world, "bob", request)
    seen = await press(world, "bob", "request.whole")
    assert "resource number 0 is created" in seen
    assert "Page 1 of" in seen
    for _ in range(10):
        if "request.whole.more" not in str(world.hand("bob").open_modal()):
            break
        seen += await press(world, "bob", "request.whole.more")
    for n in range(330):
        assert f"resource number {n} is created" in seen
    for n in range(60):
        assert f'"part_{n}"' in seen
    assert "Page 1 of" in await turned_back(world)


async def turned_back(world: World) -> str:
    shown = str(world.hand("bob").open_modal())
    while "request.whole.back" in shown:
        shown = await press(world, "bob", "request.whole.back")
    return shown


async def test_a_fourth_window_takes_the_place_of_the_third(world: World) -> None:
    request = await world.ask(("@platform",), by=world.actor("erin"))
    hand = world.hand("erin")
    await hand.home()
    await world.settle()
    for n in range(5):
        await world.ask(("@platform",), by=world.actor("erin"), title=f"Another {n}")
    await hand.home()
    await world.settle()
    await hand.click(hand.published_home() or {}, "home.asked")
    await world.settle()
    await press(world, "erin", "request.details")
    await press(world, "erin", "request.whole")
    assert len(hand.modals()) == 3
    assert request.is_open


async def test_edits_show_what_is_now_and_what_became_of_it(world: World) -> None:
    request = await world.ask(("@platform",), cost=None, params={"replicas": 6}, editable=EDITABLE)
    bob = world.hand("bob")
    await bob.click(world.card("bob", request), "request.more", f"edit.{request.id}.{request.revision}.{request.stage}")
    await world.settle()
    assert "Now: 6." in str(bob.open_modal())
    await bob.submit({"edit.params.replicas": "3"})
    await world.settle()
    assert (await world.now(request)).status is Status.APPROVED_WITH_EDITS
    assert "6 → 3" in str(bob.open_modal())


EDITABLE: dict[str, Any] = {"params.replicas": {"kind": "integer", "minimum": 1, "maximum": 6}}


async def test_only_who_has_approved_is_offered_to_take_it_back(http: World) -> None:
    request = await http.ask(("2 @platform",))
    await http.hand("bob").click(http.card("bob", request), "request.approve")
    await http.settle()
    offered = {}
    for name in ("bob", "grace"):
        await details(http, name, request)
        offered[name] = "request.withdraw" in str(http.hand(name).open_modal())
    assert offered == {"bob": True, "grace": False}


# ------------------------------------------------------------------------------------------- what a window was opened from


async def submits(world: World, name: str, action: str, typed: dict[str, Any]) -> list[str]:
    """Fills the window of a button in the one on top; what is open then, from the bottom."""
    hand = world.hand(name)
    await hand.click(hand.open_modal() or {}, action)
    await world.settle()
    done = await hand.submit(typed)
    assert done.error is None, done
    await world.settle()
    return [str(each["blocks"]) for each in hand.modals()]


async def test_details_are_drawn_anew_beneath_a_window_with_the_reason(world: World) -> None:
    request = await world.ask(("@platform",))
    await details(world, "bob", request)
    (shown,) = await submits(world, "bob", "request.reject", {"comment": "Not on a Friday"})
    assert "Not on a Friday" in shown
    assert "request.approve" not in shown


async def test_a_question_stands_in_the_details_it_was_asked_from(http: World) -> None:
    request = await http.ask(("@platform",), by=http.actor("erin"))
    await details(http, "bob", request)
    (shown,) = await submits(http, "bob", "request.comment", {"text": "Is it tested?", "kind": "question"})
    assert "Is it tested?" in shown
    assert "request.approve" in shown


async def test_details_are_drawn_anew_beneath_a_window_that_stays(http: World) -> None:
    request = await http.ask(("@platform",))
    await details(http, "alice", request)
    beneath, told = await submits(http, "alice", "request.extend", {"expires_at": "tomorrow 5pm"})
    assert "It waits until" in told
    until = (await http.now(request)).expires_at
    assert until is not None
    assert until != request.expires_at
    assert str(int(until.timestamp())) in beneath


async def test_details_are_drawn_anew_beneath_a_refused_window(http: World) -> None:
    request = await http.ask(("@platform",))
    await details(http, "bob", request)
    await press(http, "bob", "request.reject")
    await http.hand("grace").click(http.card("grace", request), "request.approve")
    await http.settle()
    await http.hand("bob").submit({"comment": "No"})
    await http.settle()
    beneath, _ = http.hand("bob").modals()
    assert "request.approve" not in str(beneath["blocks"])


async def test_a_private_card_is_drawn_anew_after_a_window_opened_from_it(world: World) -> None:
    request = await world.ask(("@platform",))
    bob = world.hand("bob")
    await bob.command(f"/countersign show #{request.number}", "#general")
    await bob.click(bob.ephemerals()[-1], "request.reject")
    await world.settle()
    await bob.submit({"comment": "Not on a Friday"})
    await world.settle()
    (shown,) = bob.ephemerals()
    assert "Rejected by Bob" in shown["text"]
    assert "request.approve" not in str(shown)
