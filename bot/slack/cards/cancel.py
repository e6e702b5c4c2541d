"""Cancel: asked back once, with room for a reason."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from core.model.request import Request
from core.phrases import phrase


def draw(request: Request, backdrop: Backdrop) -> Json:
    blocks = [
        parts.title(request, "cancel"),
        parts.eyebrow(request, backdrop, "cancel"),
        b.field("comment", phrase("Reason"), b.text_input("text", lines=True), optional=True),
        b.context("cancel.note", b.mrkdwn(phrase("Nobody will be asked any more. This cannot be undone."))),
    ]
    metadata = str(parts.target_of(request))
    words = {"submit": phrase("Cancel the request"), "close": phrase("Keep it")}
    return b.modal("cancel", phrase("Cancel the request"), blocks, **words, metadata=metadata)


MEMBER = Card(
    "cancel",
    {
        "plain": lambda: draw(samples.pending(), samples.BACKDROP),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP),
    },
)
