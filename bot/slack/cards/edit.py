"""Approve with edits: one input per field that may be edited, of its kind and within its bounds, filled with what is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import inputs, parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from bot.slack.drawing.wording import LABELS, edit_lines, say
from core.lifecycle.editing import editable_fields, value_at
from core.masking import mask_path, mask_text
from core.model.organisation import BUILT_IN_TYPES, Bounds, RequestType
from core.model.request import Request
from core.notices import how_it_ended
from core.phrases import phrase
from core.standing import say_waited_for
from core.veil import is_secret, secrets_of

FIELDS: Final = 40
PATH: Final = 200
"""A block id holds 255 characters."""

WHOLE: Final = 1e15
"""Above this a float no longer tells whole numbers apart."""


def draw(request: Request, backdrop: Backdrop, type: RequestType) -> Json:
    fields = [
        made for path, bounds in fields_of(request, type).items() if (made := _field(request, type, path, bounds))
    ]
    blocks = [
        parts.title(request, "edit"),
        parts.eyebrow(request, backdrop, "edit"),
        *fields[:FIELDS],
        b.field("comment", phrase("Comment"), b.text_input("text", lines=True), optional=True),
        b.context("edit.note", b.mrkdwn(phrase("This makes a new revision in your name, which is judged again."))),
    ]
    metadata = str(parts.target_of(request))
    return b.modal("edit", phrase("Approve with edits"), blocks, submit=phrase("Approve with edits"), metadata=metadata)


def fields_of(request: Request, type: RequestType) -> Mapping[str, Bounds]:
    """What may be edited here; secrets are not, since they are not shown."""
    known = secrets_of(request)
    return {
        path: bounds
        for path, bounds in editable_fields(request, type).items()
        if len(path) <= PATH and not is_secret(path, request.plan.secret) and _shows(request, path, known)
    }


def _shows(request: Request, path: str, known: tuple[str, ...]) -> bool:
    """Whether the value can be shown as it is: nothing in it has to be hidden."""
    value = _plain(request, path)
    return bool(mask_path(path, value) == value) and not any(secret in json.dumps(value) for secret in known)


def _plain(request: Request, path: str) -> Any:
    value = value_at(request.content, path)
    return list(value) if isinstance(value, tuple) else value


def kind_of(bounds: Bounds, present: Any) -> str:
    """The kind of input; `any` takes the kind of the present value, empty means it cannot be edited in a form."""
    if bounds.choices:
        return "choice"
    if bounds.kind != "any":
        return bounds.kind
    match present:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "text"
        case _:
            return ""


def _field(request: Request, type: RequestType, path: str, bounds: Bounds) -> Json | None:
    present = value_at(request.content, path)
    element = _element(kind_of(bounds, present), bounds, present)
    label = b.cut(LABELS.get(path) or inputs.label_of(type, path), 150)
    within = inputs.say_bounds({"minimum": bounds.minimum, "maximum": bounds.maximum})
    hint = " ".join(part for part in (phrase("Now: {value}.", value=say(present, 200).rstrip(".")), within) if part)
    return None if element is None else b.field(f"edit.{path}", label, element, optional=True, hint=hint)


def done(request: Request, type: RequestType) -> Json:
    """What became of it: each change with its value before and after, and what the new revision waits for."""
    lines = [[b.words(line, 300)] for line in _lines(request, type)[:FIELDS]]
    waits = say_waited_for(request) if request.is_open else ""
    then = phrase("It was judged again and now waits for {waits}.", waits=waits) if waits else how_it_ended(request)
    blocks = [
        parts.title(request, "edited"),
        b.rich("edited.changes", b.paragraph(b.words(phrase("Before → after"), 60, "bold")), b.bullets(lines)),
        b.section(b.plain(mask_text(then), 1_000), "edited.then"),
    ]
    return b.modal("edited", phrase("Approved with edits"), blocks)


def _lines(request: Request, type: RequestType) -> list[str]:
    """As the card says them, with the names its type gives the fields."""
    return [
        line.replace(path, inputs.label_of(type, path), 1) if line.startswith(path) else line
        for path, line in zip(sorted(request.edits), edit_lines(request), strict=True)
    ]


def _element(kind: str, bounds: Bounds, present: Any) -> Json | None:
    match kind:
        case "choice":
            return _choice([(json.dumps(choice), str(choice)) for choice in bounds.choices], json.dumps(present))
        case "boolean":
            return _choice([("true", phrase("Yes")), ("false", "No")], json.dumps(present))
        case "number" | "integer":
            return _number(kind, bounds, present)
        case "texts":
            return b.text_input("value", lines=True, initial="\n".join(present or ()), hint=phrase("One per line"))
        case "text":
            return (
                b.text_input("value", lines=True, initial=present or "")
                if len(present or "") <= b.INPUT_LENGTH
                else None
            )
        case _:
            return None


def _choice(options: list[tuple[str, str]], present: str) -> Json | None:
    offered = [b.option(text, value) for value, text in options if len(value) <= b.OPTION_VALUE]
    initial = next((option for option in offered if option["value"] == present), None)
    return b.select("value", offered, initial) if offered else None


def _number(kind: str, bounds: Bounds, present: Any) -> Json | None:
    high = bounds.maximum if bounds.maximum is not None else present
    if not isinstance(high, int | float):
        return None
    low = bounds.minimum if bounds.minimum is not None else 0
    inside = isinstance(present, int | float) and low <= present <= high
    return b.number_input(
        "value", decimals=kind == "number", initial=_say(present) if inside else "", low=_say(low), high=_say(high)
    )


def _say(number: float) -> str:
    """`48` rather than `48.0`, since Slack puts it into a sentence."""
    return str(int(number)) if abs(number) < WHOLE and number == int(number) else json.dumps(number)


MEMBER = Card(
    "edit",
    {
        "deploy": lambda: draw(samples.pending(), samples.BACKDROP, BUILT_IN_TYPES["deploy"]),
        "declared": lambda: draw(samples.editable(), samples.BACKDROP, BUILT_IN_TYPES["deploy"]),
        "refund": lambda: draw(samples.secretive(), samples.BACKDROP, samples.REFUND),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP, BUILT_IN_TYPES["custom"]),
        "done": lambda: done(samples.edited(), BUILT_IN_TYPES["deploy"]),
    },
)
