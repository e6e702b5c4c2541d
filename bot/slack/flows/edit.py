"""Approve with edits: what differs from what was asked becomes the edits; the desk judges fields and bounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.slack.answer import Answer, FieldErrors, Open, Replace
from bot.slack.cards import edit
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, pointed_at
from bot.slack.room import Room
from core.errors import Invalid
from core.lifecycle.editing import value_at
from core.lifecycle.who import must_be_current, must_be_open
from core.model.command import Approve
from core.model.people import Actor
from core.model.request import Request
from core.phrases import phrase


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    target = pointed_at(click)
    request = await room.see(actor, target.request, Approve())
    must_be_open(request)
    must_be_current(request, target.revision, target.stage)
    return Open(edit.draw(request, await room.backdrop(request), await room.type_of(request)))


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    target = pointed_at(sent)
    request = await room.see(actor, target.request)
    type = await room.type_of(request)
    try:
        edits = _edits(request, edit.fields_of(request, type), sent)
        command = Approve(sent.text("comment"), edits, target.revision, target.stage)
        done = await room.do(actor, sent, target, command)
    except Invalid as error:
        return FieldErrors({_block(error, sent): error.sentence})
    return Replace(edit.done(done.request, type))


def _block(error: Invalid, sent: Submission) -> str:
    """The field it is about; what concerns the edits as a whole stands under the last field, beside the button."""
    path = str(error.fields.get("field", "")).removeprefix("edits.")
    return f"edit.{path}" if f"edit.{path}" in sent.values else "comment"


def _edits(request: Request, fields: Mapping[str, Any], sent: Submission) -> dict[str, Any]:
    edits = {}
    for path, bounds in fields.items():
        present = value_at(request.content, path)
        block = f"edit.{path}"
        if block in sent.values:
            wanted = _wanted(path, edit.kind_of(bounds, present), sent.values[block])
            if wanted != (list(present) if isinstance(present, tuple) else present):
                edits[path] = wanted
    return edits


def _wanted(path: str, kind: str, typed: Any) -> Any:
    """What was typed, as the kind of value the field holds."""
    match kind:
        case "texts":
            return [line.strip() for line in str(typed or "").splitlines() if line.strip()]
        case "number" | "integer" | "boolean" | "choice" if typed is not None:
            return _number(path, typed, kind)
        case _:
            return typed if isinstance(typed, str) and typed.strip() else None


def _number(path: str, typed: Any, kind: str) -> Any:
    try:
        value = json.loads(str(typed))
    except ValueError:
        raise Invalid(
            phrase("'{typed}' is not a number; write it like 30 or 12.50.", typed=typed), field=f"edits.{path}"
        ) from None
    is_whole = kind == "integer" and isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


MEMBER = Flow("edit", clicks={"request.edit": click}, forms={"edit": Form(submit, {"comment": "comment"})})
