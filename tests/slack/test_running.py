"""The card's Run button: who may, once, and the card as it goes; over both transports."""

from typing import Any

import pytest

from core.model.command import Discard, ReportExecution
from core.model.people import Actor, Verb, Way
from core.model.request import ExecutionStatus, Request
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio


def has_run(card: dict[str, Any]) -> bool:
    return "request.run" in str(card["blocks"])


async def approved(world: World) -> Request:
    request = await world.ask(("@platform",))
    await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    return await world.now(request)


def machine(request: Request) -> Actor:
    by = request.requester
    return Actor(
        "agent", by.id, by.name, request.organisation, Way.KEY, verbs=frozenset({Verb.READ, Verb.ASK, Verb.EXECUTE})
    )


async def test_an_approver_has_it_run_and_the_card_follows_it_to_the_end(world: World) -> None:
    """A-71 C-06 C-31"""
    request = await approved(world)
    card = world.card("bob", request)
    confirm = next(e["confirm"] for b in card["blocks"] if b["type"] == "actions" for e in b["elements"])
    assert "exactly what was approved, once" in confirm["text"]["text"]
    await world.hand("bob").click(card, "request.run")
    await world.settle()
    shown = world.card("alice", request)
    assert not has_run(shown)
    assert "Bob had it run" in shown["text"]
    assert any("Bob had it run" in line for line in world.thread("alice", request))
    for status, detail, said in (
        (ExecutionStatus.EXECUTING, "pod 1 of 3", "Executing: pod 1 of 3"),
        (ExecutionStatus.SUCCESS, "three pods", "Executed: three pods"),
    ):
        await world.rooms.desk.do(machine(request), request.id, ReportExecution(status, detail=detail))
        await world.settle()
        assert said in world.card("alice", request)["text"]


async def test_who_neither_asked_nor_approved_is_told_so_privately(world: World) -> None:
    request = await approved(world)
    carol = world.hand("carol")
    await carol.click(world.card("carol", request), "request.run")
    await world.settle()
    assert "those who approved it" in str(carol.ephemerals())
    execution = (await world.now(request)).execution
    assert execution is not None
    assert execution.requested_at is None


async def test_a_late_click_runs_nothing_that_was_discarded(world: World) -> None:
    """A-72"""
    request = await approved(world)
    old = world.card("bob", request)
    await world.rooms.desk.do(machine(request), request.id, Discard())
    await world.settle()
    assert not has_run(world.card("bob", request))
    bob = world.hand("bob")
    await bob.click(old, "request.run")
    await world.settle()
    assert "discarded" in str(bob.ephemerals())


async def say(world: World, name: str, line: str) -> str:
    """What the person alone is told."""
    hand = world.hand(name)
    before = len(hand.ephemerals())
    assert (await hand.command(f"/countersign {line}", "#general")).ok
    await world.settle()
    return " ".join(each["text"] for each in hand.ephemerals()[before:])


async def test_it_is_run_by_a_command_as_by_the_button_and_once(world: World) -> None:
    """A-71 C-06"""
    request = await approved(world)
    told = await say(world, "bob", f"run #{request.number}")
    assert told == f"Deploy bot is called upon to do #{request.number} now; the card follows it."
    assert "Bob had it run" in world.card("alice", request)["text"]
    assert not has_run(world.card("alice", request))
    first = (await world.now(request)).execution
    assert "already had this run" in await say(world, "bob", f"run {request.number}")
    assert (await world.now(request)).execution == first


async def test_a_command_runs_nothing_that_may_not_be_run(world: World) -> None:
    """A-72 A-71"""
    waiting = await world.ask(("@platform",))
    number = waiting.number
    assert "was not approved" in await say(world, "alice", f"run #{number}")
    await world.hand("bob").click(world.card("bob", waiting), "request.approve")
    await world.settle()
    assert "those who approved it" in await say(world, "carol", f"run #{number}")
    assert "not yours to see" in await say(world, "erin", f"run #{number}")
    assert "one word too many" in await say(world, "bob", f"run #{number} now")
    assert "is missing; write it like /countersign run #n" in await say(world, "bob", "run")
    assert "discarded" in await say(world, "bob", f"discard #{number} no longer wanted")
    assert "discarded" in await say(world, "bob", f"run #{number}")
    execution = (await world.now(waiting)).execution
    assert execution is not None
    assert execution.requested_at is None
    rows = [row.payload["comment"] for row in await world.ledger(waiting) if row.word == "discarded" and row.payload]
    assert rows == ["no longer wanted"]
