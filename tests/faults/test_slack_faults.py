"""Slack is busy, breaks, answers into the void, loses cards and channels: the cards tell the truth in the end."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.hand import Snapshot
from core.model import command as c
from core.model.request import Request, Status
from tests.faults.scopes import with_optional_scopes
from tests.slack.conftest import World, beginning, over_http, people

pytestmark = pytest.mark.anyio

POST, UPDATE, HISTORY = "chat.postMessage", "chat.update", "conversations.history"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with beginning(tmp_path, manifest=with_optional_scopes()) as begun:
        await people(begun)
        async with over_http(begun):
            yield begun


def cards(world: World, request: Request, channel: str = "#deploys") -> list[Snapshot]:
    """Every copy of the request's card in a channel."""
    seen = world.hand("alice").messages(channel)
    return [each for each in seen if f"#{request.number} " in each["text"] and not each.get("is_ephemeral")]


def has_buttons(card: Snapshot) -> bool:
    return "request.approve" in str(card["blocks"])


async def later(world: World, *seconds: float) -> None:
    for each in seconds:
        await world.turn(seconds=each)


async def approve(world: World, who: str, request: Request) -> None:
    ack = await world.hand(who).click(cards(world, request)[0], "request.approve")
    assert ack.ok
    await world.settle()


# ---------------------------------------------------------------------------------------------------------------- posts


@pytest.mark.parametrize("kind", ["429", "500", "drop"])
async def test_a_card_that_slack_would_not_take_is_there_once_in_the_end(world: World, kind: str) -> None:
    world.sandbox.faults.add(POST, kind)
    request = await world.ask(("@platform",))
    await later(world, 2, 10, 60, 60)
    assert len(cards(world, request)) == 1
    await approve(world, "bob", request)
    assert (await world.now(request)).status is Status.APPROVED


@pytest.mark.parametrize("kind", ["drop_reply", "500_after", "error_after"])
async def test_a_card_that_slack_took_without_saying_so_is_not_posted_twice(world: World, kind: str) -> None:
    world.sandbox.faults.add(POST, kind)
    request = await world.ask(("@platform",))
    await later(world, 10, 60, 600)
    assert len(cards(world, request)) == 1
    await approve(world, "bob", request)
    [card] = cards(world, request)
    assert not has_buttons(card)


@pytest.mark.parametrize(("kind", "how"), [("429", {}), ("500", {}), ("error", {"error": "token_expired"})])
async def test_a_card_is_not_posted_twice_because_history_could_not_be_read_for_a_while(
    world: World, kind: str, how: dict[str, Any]
) -> None:
    world.sandbox.faults.add(POST, "drop_reply")
    world.sandbox.faults.add(HISTORY, kind, count=3, **how)
    request = await world.ask(("@platform",))
    await later(world, 10, 60, 60, 600)
    assert len(cards(world, request)) == 1
    await approve(world, "bob", request)
    [card] = cards(world, request)
    assert not has_buttons(card)


async def test_where_history_cannot_be_read_a_second_copy_is_told_by_a_click(world: World) -> None:
    world.sandbox.faults.add(POST, "drop_reply")
    world.sandbox.faults.add(HISTORY, "error", count=50, error="missing_scope")
    request = await world.ask(("@platform",))
    await later(world, 10, 60, 600)
    first, second = cards(world, request)
    ack = await world.hand("bob").click(first, "request.approve")
    assert ack.ok
    await world.settle()
    [left] = cards(world, request)
    assert left["ts"] == first["ts"] != second["ts"]
    assert not has_buttons(left)
    assert (await world.now(request)).status is Status.APPROVED


async def test_while_slack_is_down_nothing_is_lost(world: World) -> None:
    world.sandbox.faults.add("*", "500", count=40)
    requests = [await world.ask(("@platform",)) for _ in range(5)]
    for request in requests:
        done = await world.rooms.desk.do(world.actor("bob"), request.id, c.Approve())
        assert done.request.status is Status.APPROVED
    await later(world, 30, 120)
    world.sandbox.faults.clear()
    await later(world, 120, 300, 600, 900)
    for request in requests:
        [card] = cards(world, request)
        assert not has_buttons(card)


# --------------------------------------------------------------------------------------------------------------- updates


@pytest.mark.parametrize("kind", ["429", "500", "drop", "drop_reply", "500_after"])
async def test_a_lost_update_heals(world: World, kind: str) -> None:
    """A-65"""
    request = await world.ask(("@platform",))
    world.sandbox.faults.add(UPDATE, kind)
    await approve(world, "bob", request)
    await later(world, 5, 10)
    [card] = cards(world, request)
    assert not has_buttons(card)
    assert "Approved by Bob" in card["text"]


async def test_a_deleted_card_is_posted_again(world: World) -> None:
    request = await world.ask(("@platform",), ("@security",))
    [card] = cards(world, request)
    world.hand("alice").delete(card)
    await world.rooms.desk.do(world.actor("bob"), request.id, c.Approve(revision=1, stage=1))
    await world.settle()
    [again] = cards(world, request)
    assert again["ts"] != card["ts"]
    assert has_buttons(again)
    await approve(world, "carol", request)
    assert (await world.now(request)).status is Status.APPROVED


async def test_a_line_whose_reply_was_lost_is_not_said_twice(world: World) -> None:
    request = await world.ask(("@platform",))
    world.sandbox.faults.add(POST, "drop_reply")
    await world.rooms.desk.do(world.actor("bob"), request.id, c.Comment("looks fine"))
    await world.settle()
    await later(world, 60, 600)
    assert sum("looks fine" in line for line in world.thread("alice", request)) == 1


# ---------------------------------------------------------------------------------------------------------------- places


def texts(world: World, who: str, request: Request) -> list[dict[str, Any]]:
    return [message for message in world.hand(who).dms() if f"#{request.number} " in message["text"]]


async def test_without_the_bot_in_the_channel_the_people_asked_get_the_card(world: World) -> None:
    channel = next(each for each in world.sandbox.workspace.channels.values() if each.name == "deploys")
    world.sandbox.membership.leave(channel, world.sandbox.bot_user_id)
    request = await world.ask(("@platform",))
    await later(world, 60)
    assert cards(world, request) == []
    assert len(texts(world, "bob", request)) == len(texts(world, "grace", request)) == 1
    ack = await world.hand("bob").click(texts(world, "bob", request)[0], "request.approve")
    assert ack.ok
    await world.settle()
    assert (await world.now(request)).status is Status.APPROVED
    assert not has_buttons(texts(world, "grace", request)[0])


async def test_a_channel_archived_after_the_card_was_posted_falls_back_too(world: World) -> None:
    request = await world.ask(("@platform",), ("@security",))
    channel = next(each for each in world.sandbox.workspace.channels.values() if each.name == "deploys")
    world.sandbox.membership.archive(channel, world.hand("alice").id)
    await world.rooms.desk.do(world.actor("bob"), request.id, c.Approve(revision=1, stage=1))
    await world.settle()
    await later(world, 60)
    assert len(texts(world, "carol", request)) == len(texts(world, "dave", request)) == 1
    calls = len(world.calls(UPDATE)) + len(world.calls(POST))
    await later(world, 600)
    assert len(world.calls(UPDATE)) + len(world.calls(POST)) == calls


# ----------------------------------------------------------------------------------------------------------------- clock


async def test_the_clock_may_jump_ahead_over_everything(world: World) -> None:
    """Reminders missed meanwhile are one, the deadline is kept, the card says so."""
    request = await world.ask(("@platform",))
    await world.turn(days=3)
    ended = await world.now(request)
    assert (ended.status, ended.cause) == (Status.EXPIRED, "nobody_answered")
    [card] = cards(world, request)
    assert not has_buttons(card)


async def test_the_clock_may_jump_back(world: World) -> None:
    request = await world.ask(("@platform",))
    await world.turn(hours=-2)
    await approve(world, "bob", request)
    assert (await world.now(request)).status is Status.APPROVED
    later_one = await world.ask(("@platform",))
    await world.turn(minutes=5)
    assert len(cards(world, later_one)) == 1
    await world.turn(hours=2)
    assert not has_buttons(cards(world, request)[0])
