"""Windows sent after the end, on an older revision, or twice: a sentence that says why, and nothing happens a second time."""

from dataclasses import replace
from typing import Any, Final

import pytest

from core.desk import Draft
from core.model.request import Cost, Request, Status
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio

SENT: Final[dict[str, dict[str, Any]]] = {
    "reject": {"comment": "Not now."},
    "comment": {"text": "A remark.", "kind": "approve"},
    "edit": {"edit.cost.usd": "10"},
    "hand_over": {"to": "U0CAROL003"},
    "cancel": {},
}
"""By the window, what is typed into it."""


async def opened(world: World, name: str, word: str, request: Request) -> None:
    target = f"{request.id}.{request.revision}.{request.stage}"
    hand, card = world.hand(name), world.card(name, request)
    if word in ("reject", "comment"):
        await hand.click(card, f"request.{word}")
    else:
        await hand.click(card, "request.more", f"{word}.{target}")
    await world.settle()
    assert hand.open_modal() is not None, (word, hand.ephemerals())


async def sent(world: World, name: str, word: str) -> str:
    """What the person is told when the window is sent: in its place, or under a field."""
    hand = world.hand(name)
    window = hand.open_modal()
    assert window is not None
    inputs = {block["block_id"] for block in window["blocks"] if block["type"] == "input"}
    typed = {name: value for name, value in SENT[word].items() if name in inputs}
    done = await hand.submit(typed)
    await world.settle()
    assert done.error is None, done
    return f"{done.errors or ''} {(hand.open_modal() or {}).get('blocks', '')}"


def who(word: str) -> str:
    return "erin" if word == "cancel" else "bob"


async def asked(world: World) -> Request:
    return await world.ask(("@platform",), by=world.actor("erin"), cost=Cost(usd=30.0))


@pytest.mark.parametrize("word", SENT)
async def test_a_window_sent_after_the_end_decides_nothing_and_says_why(http: World, word: str) -> None:
    """A-24"""
    request = await asked(http)
    await opened(http, who(word), word, request)
    await http.hand("grace").click(http.card("grace", request), "request.approve")
    await http.settle()
    before = await http.now(request)
    told = await sent(http, who(word), word)
    after = await http.now(request)
    assert (after.status, after.version) == (Status.APPROVED, before.version)
    assert "already approved by Grace" in told or "not open" in told or "is over" in told, told


@pytest.mark.parametrize("word", ["reject", "comment", "edit"])
async def test_a_window_about_an_older_revision_decides_nothing_and_says_why(http: World, word: str) -> None:
    request = await asked(http)
    await opened(http, "bob", word, request)
    changed = replace(request.content, title="Something quite different")
    await http.rooms.desk.revise(http.actor("erin"), request.id, Draft(changed), keep_people=True)
    await http.settle()
    told = await sent(http, "bob", word)
    assert (await http.now(request)).is_open
    assert "changed since" in told, told


@pytest.mark.parametrize("word", SENT)
async def test_a_window_that_slack_delivers_twice_counts_once(http: World, word: str) -> None:
    """A-31"""
    request = await asked(http)
    await opened(http, who(word), word, request)
    await sent(http, who(word), word)
    once, events = await http.now(request), len(await http.ledger(request))
    submissions = [entry for entry in http.sandbox.log.entries if entry["kind"] == "view_submission"]
    ack = await http.sandbox.slack.delivery.hand_over("interactive", submissions[-1]["request"], "again")
    await http.settle()
    assert ack.ok
    assert (await http.now(request)).version == once.version
    assert len(await http.ledger(request)) == events
