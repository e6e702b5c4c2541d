"""Requests in a modal, a page at a time: what somebody asked or decided, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.wording import MARKS
from core.masking import mask_text
from core.model.request import Request
from core.notices import how_it_ended
from core.phrases import phrase
from core.standing import say_waited_for
from core.veil import veil

PAGE: Final = 20
CURSOR: Final = 500


def draw(title: str, action: str, requests: Sequence[Request], cursor: str | None, *, first: bool = True) -> Json:
    """`action` is the button's that turns the page; its value is the cursor of the page after, empty for the first."""
    rows = [_row(request) for request in requests[:PAGE]]
    nothing = [] if rows else [b.section(b.plain(phrase("Nothing here.")), "archive.nothing")]
    turns = []
    if not first:
        turns.append(b.button(phrase("Newest"), f"{action}.back", ""))
    if cursor is not None and len(cursor) <= CURSOR:
        turns.append(b.button(phrase("Older"), f"{action}.more", cursor))
    return b.modal("archive", title, [*rows, *nothing, *([b.actions("archive.turn", turns)] if turns else [])])


def _row(request: Request) -> Json:
    shown = veil(request)
    title = b.cut(b.one_line(mask_text(shown.content.title)), 150)
    state = b.one_line(mask_text(how_it_ended(shown))) or phrase(
        "Waits for {say_waited_for}", say_waited_for=say_waited_for(request) or phrase("nobody")
    )
    said = f"#{request.number} {title}\n{MARKS[request.status]} · {b.cut(state, 200)}"
    button = b.button(
        phrase("Details"),
        "request.details",
        str(parts.target_of(request)),
        label=phrase("Details of {title}", title=title),
    )
    return b.section(b.plain(said, 600), f"archive.{request.id}", button)


def _many() -> list[Request]:
    return [replace(samples.hostile(), id=f"req_01JD5Z3F6Q8W9X0Y1Z2A3B{place:04}") for place in range(30)]


MEMBER = Card(
    "archive",
    {
        "some": lambda: draw("Asked by me", "home.asked", [samples.pending(), samples.twin()], "cursor"),
        "older": lambda: draw("Decided by me", "home.decided", [samples.rejected()], None, first=False),
        "none": lambda: draw("Asked by me", "home.asked", [], None),
        "hostile": lambda: draw("x" * 99, "home.asked", _many(), "c" * 400, first=False),
    },
)
