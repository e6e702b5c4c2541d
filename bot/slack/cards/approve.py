"""Approve with a comment: the present revision once more in short, and the button that confirms."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from core.model.request import Request
from core.phrases import phrase


def draw(request: Request, backdrop: Backdrop, comment: str = "") -> Json:
    blocks = [
        parts.title(request, "approve"),
        parts.eyebrow(request, backdrop, "approve"),
        parts.lead(request, backdrop, "approve", 700),
        *parts.changed(request, backdrop, "approve"),
        *parts.meaning(request, "approve"),
        *parts.stages(request, "approve"),
        *parts.deadline(request, "approve"),
        b.field("comment", phrase("Comment"), b.text_input("text", lines=True, initial=comment), optional=True),
    ]
    return b.modal(
        "approve", phrase("Approve"), blocks, submit=phrase("Approve"), metadata=str(parts.target_of(request))
    )


MEMBER = Card(
    "approve",
    {
        "plain": lambda: draw(samples.pending(), samples.BACKDROP),
        "with_comment": lambda: draw(samples.revised(), samples.REVISED_BACKDROP, "Looks good."),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP, "x" * 9_000),
    },
)
