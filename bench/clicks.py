"""Clicks as Slack sends them: signed forms with the whole card inside, as the request's card is really drawn."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote_plus

from bench.world import World
from bot.slack.cards.request import draw
from bot.slack.drawing.drawn import Backdrop
from core.model.request import Request

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
PATH: Final = "/slack/events"
ACTION: Final = "request.approve"


def click(world: World, request: Request, number: int, person: int) -> bytes:
    """The body of one click on Approve; `number` makes trigger and message unlike any other's."""
    card = draw(request, Backdrop("default")).as_json()
    block, button = approve_button(card)
    user, ts = world.user(person), f"17637{number // 1_000_000:05}.{number % 1_000_000:06}"
    payload: dict[str, Any] = {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": world.team},
        "api_app_id": "A0BENCH",
        "token": "unused",
        "container": {"type": "message", "message_ts": ts, "channel_id": "C0DEPLOYS1", "is_ephemeral": False},
        "trigger_id": f"{number}.{world.team}.{number:032x}",
        "team": {"id": world.team, "domain": "acme"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": "C0DEPLOYS1", "name": "deploys"},
        "message": {"type": "message", "user": "U0BOT", "ts": ts, "bot_id": "B0BOT", "app_id": "A0BENCH", **card},
        "state": {"values": {}},
        "response_url": f"http://127.0.0.1:9/actions/{world.team}/{number}",
        "actions": [{**button, "block_id": block, "action_ts": ts}],
    }
    return b"payload=" + quote_plus(json.dumps(payload)).encode()


def approve_button(card: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The block's id and the button."""
    return next(
        (block["block_id"], element)
        for block in card["blocks"]
        for element in block.get("elements", ())
        if element.get("action_id") == ACTION
    )
