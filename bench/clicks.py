"""Clicks as Slack sends them: signed forms with a whole card inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEAM = "T0ACME0001"


@dataclass(frozen=True, slots=True)
class Button:
    """What a card's button carries back."""

    action: str
    block: str
    value: str


def click(button: Button, user: str, number: int, message: Mapping[str, Any]) -> bytes:
    """The body of one click on one button of a message; `number` makes trigger and message unlike any other's."""
    payload: dict[str, Any] = {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
        "api_app_id": "A0BENCH",
        "token": "unused",
        "container": {"type": "message", "message_ts": _ts(number), "channel_id": "C0DEPLOYS", "is_ephemeral": False},
        "trigger_id": f"{number}.{TEAM}.{number:032x}",
        "team": {"id": TEAM, "domain": "acme"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": "C0DEPLOYS", "name": "deploys"},
        "message": {"type": "message", "user": "U0BOT", "ts": _ts(number), "bot_id": "B0BOT", "app_id": "A0BENCH", **message},
        "state": {"values": {}},
        "response_url": f"http://127.0.0.1:9/actions/{TEAM}/{number}",
        "actions": [
            {
                "action_id": button.action,
                "block_id": button.block,
                "text": {"type": "plain_text", "text": "Approve", "emoji": True},
                "value": button.value,
                "style": "primary",
                "type": "button",
                "action_ts": _ts(number),
            }
        ],
    }  # fmt: skip
    return b"payload=" + quote_plus(json.dumps(payload)).encode()


def _ts(number: int) -> str:
    return f"17637{number // 1_000_000:05}.{number % 1_000_000:06}"


def plain_message() -> dict[str, Any]:
    """A message about as large as a card, for the floor's clicks."""
    fields = [{"type": "mrkdwn", "text": f"*Field {n}*\nvalue number {n}", "verbatim": True} for n in range(6)]
    buttons = [
        {
            "type": "button",
            "action_id": word,
            "text": {"type": "plain_text", "text": word.title()},
            "value": "req_x|1|1",
        }
        for word in ("approve", "reject", "comment")
    ]
    blocks = [
        {
            "type": "header",
            "block_id": "a",
            "text": {"type": "plain_text", "text": "Deploy payments 4.2 to production"},
        },
        {"type": "section", "block_id": "b", "fields": fields},
        {"type": "section", "block_id": "c", "text": {"type": "plain_text", "text": "Why: " + "because " * 40}},
        {"type": "context", "block_id": "d", "elements": [{"type": "mrkdwn", "text": "Waiting for 1 of @platform"}]},
        {"type": "actions", "block_id": "e", "elements": buttons},
    ]
    return {"text": "Deploy payments 4.2 to production: waiting for 1 of @platform", "blocks": blocks}


def plain_clicks(count: int) -> tuple[bytes, ...]:
    message = plain_message()
    button = Button("approve", "e", "req_01JDXXXXXXXXXXXXXXXXXXXXXX|1|1")
    return tuple(click(button, "U0ALICE", number, message) for number in range(count))
