"""Cards: one per place, always drawn from the request as it now is, whatever happens on the way."""

import asyncio
import contextlib
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import pytest

from core.courier import OutletBusy, OutletRefused
from core.model import command as c
from tests.courier.outlet import QUICK, Fault, Hang, Lost
from tests.courier.world import World

pytestmark = pytest.mark.anyio


async def test_a_new_request_is_shown_in_its_channel(world: World) -> None:
    request = await world.ask()
    await world.courier().drain()
    [card] = world.board.standing("#deploys")
    assert (card.status, card.version) == ("pending", request.version)


async def test_every_copy_is_drawn_anew_after_a_decision(world: World) -> None:
    """A-65"""
    request = await world.ask(approvers=("ada", "bob"))
    courier = world.courier()
    await courier.drain()
    await world.do("ada", request, c.Reject("no"))
    await courier.drain()
    assert {(m.place, m.status) for m in world.board.messages.values()} == {
        ("#deploys", "rejected"),
        ("member:ada", "rejected"),
        ("member:bob", "rejected"),
    }
    assert world.board.calls.count("post") == 3


async def test_ten_quick_decisions_make_one_update(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    for number in range(10):
        await world.do("ada", request, c.Comment(f"remark {number}"))
    await courier.drain()
    assert world.board.calls.count("update") == 1
    assert await world.version(request) == world.board.standing("#deploys")[0].version


async def test_what_changes_while_a_card_is_drawn_is_drawn_next_and_never_at_once(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    world.board.fails("update", Hang())
    await world.do("ada", request, c.Comment("one"))
    draining = asyncio.create_task(courier.drain())
    await world.until(lambda: world.board.at_once == 1)
    await world.do("ada", request, c.Comment("two"))
    courier.nudge()
    world.board.released.set()
    await draining
    assert world.board.standing("#deploys")[0].version == await world.version(request)
    assert world.board.calls.count("update") == 2


async def test_a_card_follows_while_the_thread_is_still_being_told(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    world.board.fails("tell", Hang())
    running = asyncio.create_task(courier.run())
    await world.do("ada", request, c.Comment("one"))
    courier.nudge()
    await world.until(lambda: "tell" in world.board.calls)
    await world.do("ada", request, c.Comment("two"))
    courier.nudge()
    newest = await world.version(request)
    await world.until(lambda: world.board.standing("#deploys")[0].version == newest)
    world.board.released.set()
    await world.until(lambda: len(world.board.told) == 2)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_many_requests_are_served_side_by_side(world: World) -> None:
    world.board.fails("post", *[Hang()] * 8)
    for _ in range(8):
        await world.ask()
    draining = asyncio.create_task(world.courier().drain())
    await world.until(lambda: world.board.at_once == 8)
    world.board.released.set()
    await draining
    assert len(world.board.standing("#deploys")) == 8


async def test_draining_twice_is_draining_once(world: World) -> None:
    await world.ask(approvers=("ada", "bob"))
    courier = world.courier()
    await courier.drain()
    before = list(world.board.calls)
    await courier.drain()
    await world.courier("another").drain()
    assert world.board.calls == before


# ------------------------------------------------------------------------------------------------------ unknown outcomes


async def test_a_post_whose_reply_was_lost_is_found_and_not_repeated(world: World) -> None:
    request = await world.ask()
    world.board.fails("post", Lost(done=True))
    courier = world.courier()
    await courier.drain()
    assert [card.state for card in await world.cards(request)] == ["unknown"]
    await world.turn(10, courier)
    [card] = world.board.standing("#deploys")
    assert card.version == await world.version(request)
    assert world.board.calls.count("post") == 1


async def test_a_post_that_never_arrived_is_repeated_after_a_minute_and_not_sooner(world: World) -> None:
    request = await world.ask()
    world.board.fails("post", Lost(done=False))
    courier = world.courier()
    await courier.drain()
    await world.turn(50, courier)
    assert world.board.standing("#deploys") == []
    await world.turn(20, courier)
    assert len(world.board.standing("#deploys")) == 1
    assert [card.state for card in await world.cards(request)] == ["shown"]


async def test_where_nothing_can_be_looked_up_a_post_is_repeated_once_and_a_click_tells_the_copies_apart(
    world: World,
) -> None:
    world.board.can_look_up = False
    request = await world.ask()
    world.board.fails("post", Lost(done=True))
    courier = world.courier()
    await courier.drain()
    await world.turn(70, courier)
    await world.turn(3600, courier)
    assert sorted(world.board.messages) == [1, 2]
    [card] = await world.cards(request)
    other = await courier.adopt(card, {"id": 1})
    assert other == {"id": 2}
    await courier.drain()
    [card] = await world.cards(request)
    assert card.address["id"] == 1
    assert world.board.messages[1].version == await world.version(request)


LOOKS_THAT_FAIL = [OutletBusy(30), Lost(done=False), OutletRefused("invalid_auth", permanent=False)]


@pytest.mark.parametrize("fault", LOOKS_THAT_FAIL, ids=["busy", "unknown", "locked out"])
@pytest.mark.parametrize("done", [True, False], ids=["arrived", "never arrived"])
async def test_a_look_that_fails_in_passing_tells_nothing_and_doubles_no_card(
    world: World, fault: Fault, done: bool
) -> None:
    request = await world.ask()
    world.board.fails("post", Lost(done=done))
    world.board.fails("find", *[fault] * 6)
    courier = world.courier()
    for _ in range(20):
        await world.turn(30, courier)
    [card] = world.board.standing("#deploys")
    assert card.version == await world.version(request)
    assert world.board.calls.count("post") == (1 if done else 2)
    assert world.board.calls.count("find") == 7


async def test_a_look_is_not_repeated_before_the_outlet_wants_it(world: World) -> None:
    await world.ask()
    world.board.fails("post", Lost(done=True))
    world.board.fails("find", OutletBusy(200))
    courier = world.courier()
    await courier.drain()
    for _ in range(19):
        await world.turn(10, courier)
    assert world.board.calls.count("find") == 1
    await world.turn(20, courier)
    assert world.board.calls.count("find") == 2


async def test_where_every_look_fails_for_an_hour_the_card_is_posted_again(world: World) -> None:
    await world.ask()
    world.board.fails("post", Lost(done=False))
    world.board.fails("find", *[Lost(done=False)] * 99)
    courier = world.courier()
    for _ in range(59):
        await world.turn(60, courier)
    assert world.board.standing("#deploys") == []
    for _ in range(6):
        await world.turn(60, courier)
    assert len(world.board.standing("#deploys")) == 1
    assert world.board.calls.count("find") < 30


async def test_a_card_that_cannot_be_looked_up_does_not_silence_the_threads_of_the_others(world: World) -> None:
    request = await world.ask(notify=("#deploys", "#ops"))
    world.board.fails("post", Lost(done=True))
    world.board.fails("find", *[OutletBusy(5)] * 99)
    courier = world.courier()
    await courier.drain()
    await world.do("ada", request, c.Comment("looks fine"))
    for _ in range(4):
        await world.turn(30, courier)
    assert any("looks fine" in sentence for _, sentence in world.board.told)


async def test_a_place_that_refuses_the_look_for_good_is_posted_to_again(world: World) -> None:
    await world.ask()
    world.board.fails("post", Lost(done=False))
    world.board.fails("find", *[OutletRefused("the member is not linked")] * 3)
    courier = world.courier()
    await courier.drain()
    await world.turn(10, courier)
    await world.turn(60, courier)
    assert len(world.board.standing("#deploys")) == 1


async def test_a_click_on_the_card_itself_adopts_nothing(world: World) -> None:
    request = await world.ask()
    courier = world.courier()
    await courier.drain()
    [card] = await world.cards(request)
    assert await courier.adopt(card, card.address) is None
    await courier.drain()
    assert world.board.calls == ["post"]


async def test_a_click_on_a_card_of_unknown_outcome_settles_it(world: World) -> None:
    request = await world.ask()
    world.board.fails("post", Lost(done=True))
    courier = world.courier()
    await courier.drain()
    [card] = await world.cards(request)
    assert await courier.adopt(card, {"id": 1}) is None
    await world.turn(120, courier)
    assert list(world.board.messages) == [1]
    assert [card.state for card in await world.cards(request)] == ["shown"]


async def test_a_place_that_never_answers_is_given_up_in_the_end(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    world.board.fails("post", *[Lost(done=False)] * 6)
    courier = world.courier()
    for _ in range(12):
        await world.turn(1000, courier)
    assert world.board.standing("#deploys") == []
    assert {card.place: card.state for card in await world.cards(request)} == {
        "#deploys": "lost",
        "member:ada": "shown",
        "member:bob": "shown",
    }


@pytest.mark.parametrize("done", [True, False])
async def test_an_update_whose_reply_was_lost_is_tried_again(world: World, done: bool) -> None:
    request = await world.ask()
    courier = world.courier()
    await courier.drain()
    await world.do("ada", request, c.Approve())
    world.board.fails("update", Lost(done=done))
    await courier.drain()
    await world.turn(10, courier)
    [card] = world.board.standing("#deploys")
    assert card.status == "approved"
    assert world.board.calls.count("update") == 2


# --------------------------------------------------------------------------------------------------------- pace, refusals


async def test_a_busy_outlet_is_left_alone_for_as_long_as_it_asks(world: World) -> None:
    world.board.fails("post", OutletBusy(30))
    courier = world.courier()
    for _ in range(2):
        await world.ask()
        await courier.drain()
    assert world.board.calls.count("post") == 1
    await world.turn(29, courier)
    assert world.board.calls.count("post") == 1
    await world.turn(2, courier)
    assert len(world.board.standing("#deploys")) == 2
    assert world.board.calls.count("post") == 3


async def test_a_busy_lane_holds_back_no_other_one_of_the_same_organisation(world: World) -> None:
    world.board.lanes = {"#deploys": "acme", "#releases": "globex"}
    world.board.fails("post", OutletBusy(30))
    courier = world.courier()
    await world.ask()
    await courier.drain()
    await world.ask()
    await world.ask(notify=("#releases",))
    await courier.drain()
    assert len(world.board.standing("#deploys")) == 0
    assert len(world.board.standing("#releases")) == 1
    await world.turn(31, courier)
    assert len(world.board.standing("#deploys")) == 2


async def test_a_flood_in_one_lane_leaves_the_cards_of_another_prompt(world: World) -> None:
    world.board.pace = replace(QUICK, posts=60, updates=60, burst=2)
    world.board.lanes = {f"#a{n}": "acme" for n in range(30)} | {"#releases": "globex"}
    flood = [await world.ask(notify=(f"#a{n}",)) for n in range(30)]
    theirs = await world.ask(notify=("#releases",))
    courier = world.courier()
    await courier.drain()
    assert len(world.board.messages) == 3
    assert len(world.board.standing("#releases")) == 1
    await world.turn(60, courier)
    for request in (*flood, theirs):
        await world.do("ada", request, c.Approve())
    await courier.drain()
    assert world.board.standing("#releases")[0].status == "approved"
    approved = [message for message in world.board.messages.values() if message.status == "approved"]
    assert len(approved) == 3


async def test_cards_in_one_channel_are_paced_and_another_channel_does_not_wait(world: World) -> None:
    world.board.pace = replace(QUICK, post_gap=1)
    for _ in range(100):
        await world.ask()
    await world.ask(notify=("#quiet",))
    courier = world.courier()
    await courier.drain()
    assert len(world.board.standing("#deploys")) == 1
    assert len(world.board.standing("#quiet")) == 1
    for _ in range(9):
        await world.turn(1, courier)
    assert len(world.board.standing("#deploys")) == 10
    await world.turn(120, courier)
    assert len(world.board.standing("#deploys")) == 100


async def test_cards_go_out_in_the_order_in_which_they_were_asked_for(world: World) -> None:
    world.board.pace = replace(QUICK, post_gap=1)
    asked = [await world.ask() for _ in range(5)]
    courier = world.courier()
    for _ in range(6):
        await world.turn(1, courier)
    in_order = [await world.request_of(message.delivery, asked) for message in world.board.messages.values()]
    assert in_order == [request.id for request in asked]


async def test_a_deleted_card_is_posted_again_once(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    world.board.delete("#deploys")
    await world.do("ada", request, c.Comment("still here?"))
    await courier.drain()
    assert [m.status for m in world.board.standing("#deploys")] == ["pending"]
    world.board.delete("#deploys")
    await world.do("ada", request, c.Comment("and now?"))
    await courier.drain()
    assert {card.place: card.state for card in await world.cards(request)} == {
        "#deploys": "lost",
        "member:ada": "shown",
        "member:bob": "shown",
    }


async def test_an_archived_channel_falls_back_to_the_people_waited_for(world: World) -> None:
    world.board.closed.add("#deploys")
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    cards = {card.place: card for card in await world.cards(request)}
    assert {place: card.state for place, card in cards.items()} == {
        "#deploys": "lost",
        "member:ada": "shown",
        "member:bob": "shown",
    }
    assert cards["#deploys"].problem == "is_archived"


async def test_where_nobody_is_left_who_could_be_shown_it_whoever_asked_is(world: World) -> None:
    world.board.closed |= {"#deploys", "member:ada", "member:bob"}
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    assert [m.place for m in world.board.messages.values()] == ["member:rita"]
    calls = len(world.board.calls)
    await world.turn(86400, courier)
    assert len(world.board.calls) == calls
    assert len(await world.cards(request)) == 4


async def test_where_the_channel_was_lost_the_people_of_a_later_stage_are_shown_it_too(world: World) -> None:
    """A-38"""
    world.board.closed.add("#deploys")
    request = await world.ask_in_stages(("ada",), ("@ops",))
    courier = world.courier()
    await courier.drain()
    assert world.board.standing("member:cleo") == []
    await world.do("ada", request, c.Approve(revision=1, stage=1))
    await courier.drain()
    assert [m.version for m in world.board.standing("member:cleo")] == [await world.version(request)]


async def test_a_passing_refusal_is_tried_again_with_growing_gaps_and_not_for_ever(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    world.board.fails("post", *[OutletRefused("try_later", permanent=False)] * 50)
    courier = world.courier()
    await courier.drain()
    await world.turn(1, courier)
    assert world.board.calls.count("post") == 1
    await world.turn(2, courier)
    assert world.board.calls.count("post") == 2
    for _ in range(40):
        await world.turn(300, courier)
    assert {card.state for card in await world.cards(request)} == {"lost"}


async def test_a_card_that_cannot_be_drawn_is_logged_and_holds_up_no_other(
    world: World, logs: list[MutableMapping[str, Any]]
) -> None:
    world.board.fails("post", ZeroDivisionError("a bug"))
    await world.ask()
    await world.ask()
    courier = world.courier()
    await courier.drain()
    assert len(world.board.standing("#deploys")) == 1
    assert [(entry["event"], entry["exc_info"]) for entry in logs[-1:]] == [("courier.errand_failed", True)]
    await world.turn(100, courier)
    assert len(world.board.standing("#deploys")) == 2


async def test_an_update_that_cannot_be_drawn_is_put_off(world: World) -> None:
    request = await world.ask()
    courier = world.courier()
    await courier.drain()
    await world.do("ada", request, c.Approve())
    world.board.fails("update", ZeroDivisionError("a bug"))
    await courier.drain()
    assert world.board.standing("#deploys")[0].status == "pending"
    await world.turn(10, courier)
    assert world.board.standing("#deploys")[0].status == "approved"


async def test_a_failing_outlet_never_holds_up_another(world: World) -> None:
    other = world.another_outlet("wall")
    other.fails("post", *[OutletBusy(3600)] * 5)
    await world.ask()
    await world.courier().drain()
    assert len(world.board.standing("#deploys")) == 1
    assert other.messages == {}
