"""Blocks and views the tests post."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str = "Deploy?", block_id: str = "what") -> Json:
    return {"type": "section", "block_id": block_id, "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str = "approve", value: str = "req_1") -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(action_id.title()), "value": value}


def actions(*elements: Json, block_id: str = "decide") -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements or (button(),))}


def card(text: str = "Deploy?") -> list[Json]:
    return [section(text), actions(button("approve"), button("reject"))]


def text_input(action_id: str = "reason", block_id: str = "why", *, optional: bool = False) -> Json:
    element = {"type": "plain_text_input", "action_id": action_id}
    return {"type": "input", "block_id": block_id, "label": plain("Why"), "element": element, "optional": optional}


def modal(*blocks: Json, **more: Any) -> Json:
    parts = {"type": "modal", "callback_id": "form", "title": plain("Reason"), "submit": plain("Send")}
    return {**parts, "blocks": list(blocks or (text_input(),)), **more}


def home(*blocks: Json) -> Json:
    return {"type": "home", "blocks": list(blocks or (section(),))}
