"""A list of requests, privately: one line each, with a button to look closer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Drawing
from bot.slack.drawing.wording import MARKS
from core.masking import mask_text
from core.model.request import Request
from core.notices import how_it_ended
from core.phrases import phrase
from core.standing import say_waited_for
from core.veil import veil

MOST: Final = 15


def draw(title: str, requests: Sequence[Request], note: str) -> Drawing:
    rows = [_row(request) for request in requests[:MOST]]
    listed = "; ".join(f"#{r.number} {b.one_line(mask_text(veil(r).content.title))}" for r in requests[:MOST])
    text = f"{title} {listed}." if listed else title
    end = [b.context("list.note", b.plain(note))] if note else []
    return Drawing(b.gist(text), [b.section(b.plain(title), "list.title"), *rows, *end])


def _row(request: Request) -> Json:
    request = veil(request)
    state = how_it_ended(request) or phrase(
        "Waits for {say_waited_for}", say_waited_for=say_waited_for(request) or phrase("nobody")
    )
    first = f"#{request.number} {b.cut(b.one_line(mask_text(request.content.title)), 150)}"
    said = f"{first}\n{MARKS[request.status]} · {b.cut(b.one_line(mask_text(state)), 200)}"
    return b.section(b.plain(said, 500), f"list.{request.id}", _details(request))


def _details(request: Request) -> Json:
    return b.button(phrase("Details"), "request.details", str(parts.target_of(request)))


MEMBER = Card(
    "listing",
    {
        "some": lambda: draw(
            "2 requests wait for you.", [samples.pending(), samples.twin()], "Older ones exist."
        ).as_json(),
        "none": lambda: draw("Nothing waits for you.", [], "").as_json(),
    },
)
