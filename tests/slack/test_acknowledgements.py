"""Between a click, command, submission or event and its acknowledgement stands no call to Slack: shown for every handler.

The small Slack takes each call and answers none before the acknowledgement has come, so a handler that waited for one would
never be acknowledged. The static half names the only files that can reach Slack at all.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any, Final, cast

import pytest

from bot.sandbox.delivery import Ack
from bot.sandbox.methods import collect
from bot.slack.entrance.payload import Click
from bot.slack.flows.base import OnClick
from bot.slack.room import Room
from core.model.people import Actor
from core.model.request import Request
from tests.slack.conftest import Transport, World, beginning, over_http, over_sockets, people

pytestmark = pytest.mark.anyio

ROOT: Final = Path(__file__).resolve().parents[2]
BEFORE_START: Final = {"apps.connections.open", "auth.test"}
PEOPLE: Final = ("alice", "bob", "frank")
"""An admin, an approver, and somebody nobody is linked to, who is looked up in Slack."""

SOON: Final = 20.0
"""Seconds for an acknowledgement here: while Slack answers nothing, whoever waits for it waits longer."""

BEFORE_ANSWERS: Final = ("admin", "cards", "commands", "flows")
"""Where handlers live. What reaches Slack stands beside these folders, and is handed what is to be done afterwards."""


@pytest.fixture
async def held(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A world whose Slack takes every call and answers none until the end."""
    way: Transport = getattr(request, "param", over_http)
    async with beginning(tmp_path) as world:
        await people(world)
        async with way(world):
            await world.ask(("@platform",))
            world.sandbox.slack.delivery.ack_limit = SOON
            for method in collect().keys() - BEFORE_START:
                world.sandbox.slack.faults.hold(method)
            yield world
            world.sandbox.slack.faults.clear()
            await world.slack.afterwards.drain(3.0)


def common(world: World, name: str) -> dict[str, Any]:
    user, workspace = world.hand(name).user, world.sandbox.workspace
    return {
        "token": "", "api_app_id": world.sandbox.slack.app.id, "trigger_id": f"1.{id(object())}.{name}",
        "team": {"id": workspace.team_id, "domain": workspace.domain}, "enterprise": None,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "is_enterprise_install": False,
    }  # fmt: skip


async def acknowledged(world: World, kind: str, payload: dict[str, Any]) -> Ack:
    calls = len(world.sandbox.log.entries)
    ack = await world.sandbox.slack.delivery.hand_over(kind, payload, "test")
    assert ack.ok, (payload.get("actions") or payload.get("callback_id") or payload.get("text"), ack)
    answered = [e for e in list(world.sandbox.log.entries)[calls:] if e["kind"] == "web_api" and e["status"] == 200]
    assert answered == []
    return ack


async def request_of(world: World) -> Request:
    page = await world.rooms.store.read(lambda reader: reader.request_by_number(world.organisation, 1))
    assert page is not None
    return page


@pytest.mark.parametrize("held", [over_http, over_sockets], indirect=True, ids=["http", "sockets"])
async def test_every_click_is_acknowledged_before_slack_answers_anything(held: World) -> None:
    """A-60"""
    request = await request_of(held)
    target = f"{request.id}.{request.revision}.{request.stage}"
    view = {"id": "V1", "type": "modal", "callback_id": "details", "private_metadata": target, "state": {"values": {}}}
    assert len(held.slack.handlers.clicks) > 40
    for who, action_id in product(PEOPLE, held.slack.handlers.clicks):
        action = {"action_id": action_id, "block_id": "b", "type": "button", "value": target, "action_ts": "1.1"}
        await acknowledged(
            held, "interactive", common(held, who) | {"type": "block_actions", "view": view, "actions": [action]}
        )


async def test_every_submission_is_acknowledged_before_slack_answers_anything(held: World) -> None:
    request = await request_of(held)
    target = f"{request.id}.{request.revision}.{request.stage}"
    assert len(held.slack.handlers.forms) > 10
    for number, (who, callback) in enumerate(product(PEOPLE, held.slack.handlers.forms)):
        view = {
            "id": f"V{number}", "type": "modal", "callback_id": callback, "private_metadata": target,
            "state": {"values": {"text": {"text": {"type": "plain_text_input", "value": "Some words"}}}},
        }  # fmt: skip
        await acknowledged(held, "interactive", common(held, who) | {"type": "view_submission", "view": view})


async def test_every_command_is_acknowledged_before_slack_answers_anything(held: World) -> None:
    for who, line in product(PEOPLE, lines(held)):
        user = held.hand(who).user
        payload = {
            "team_id": held.sandbox.workspace.team_id, "channel_id": "C1", "user_id": user.id, "user_name": user.name,
            "command": "/countersign", "text": line, "trigger_id": f"1.2.{who}.{line}",
            "response_url": f"{held.sandbox.url}/response/T/x",
        }  # fmt: skip
        await acknowledged(held, "slash_commands", payload)


def lines(world: World) -> list[str]:
    """Every command and sub-word, with nothing and with something behind it."""
    commands = world.slack.handlers.commands
    words = [*commands, *(f"{word} {sub.word}" for word, one in commands.items() for sub in one.subwords)]
    return [line for word in words for line in (word, f"{word} #1 some words", f"{word} <@U0BOB00002> @platform")]


async def test_every_shortcut_is_acknowledged_before_slack_answers_anything(held: World) -> None:
    for who, callback in product(PEOPLE, held.slack.handlers.shortcuts):
        message = {"type": "message", "text": "Could somebody approve this?", "ts": "1.1"}
        for kind in ("shortcut", "message_action"):
            body = {"type": kind, "callback_id": callback, **({"message": message} if kind != "shortcut" else {})}
            await acknowledged(held, "interactive", common(held, who) | body)


async def test_every_event_is_acknowledged_before_slack_answers_anything(held: World) -> None:
    """Those after which groups are counted again wait for our own database alone."""
    bob = held.hand("bob").user
    for kind in held.slack.events.handlers:
        event = {"type": kind, "user": bob.id, "channel": "D1", "channel_type": "im", "tab": "home", "text": "Hello"}
        body = {
            "type": "event_callback", "team_id": held.sandbox.workspace.team_id, "event_id": f"Ev{kind}",
            "api_app_id": held.sandbox.slack.app.id, "event": event,
        }  # fmt: skip
        await acknowledged(held, "events_api", body)
    await asyncio.sleep(0)


async def test_a_handler_that_waits_for_slack_is_seen(held: World) -> None:
    """Else all the others would show nothing."""
    client = held.slack.events._client

    async def waits(_room: Room, _actor: Actor, _click: Click) -> None:
        await client.users_info(user="U1")

    cast("dict[str, OnClick]", held.slack.handlers.clicks)["test.waits"] = waits
    action = {"action_id": "test.waits", "block_id": "b", "type": "button", "value": "", "action_ts": "1.1"}
    payload = common(held, "bob") | {"type": "block_actions", "actions": [action]}
    held.sandbox.slack.delivery.ack_limit = 0.2
    assert not (await held.sandbox.slack.delivery.hand_over("interactive", payload, "test")).ok


def test_no_flow_command_card_or_topic_can_reach_slack() -> None:
    """What they know of Slack is data; nothing here holds a client or a session."""
    reaching = re.compile(r"AsyncWebClient|ClientSession|\bslack_sdk\b|_client\.")
    files = [path for folder in BEFORE_ANSWERS for path in (ROOT / "bot/slack" / folder).rglob("*.py")]
    assert len(files) > 100
    assert [path.name for path in files if reaching.search(path.read_text())] == []
