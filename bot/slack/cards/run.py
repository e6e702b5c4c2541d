"""Run, chosen from a menu: asked back once, for an option of a menu cannot ask by itself as the card's button does."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from core.model.request import Request
from core.phrases import phrase


def draw(request: Request, backdrop: Backdrop) -> Json:
    """What was approved stands above the question, as far as there is room; Details has all."""
    said = phrase(
        "{requester} is called upon to do exactly what was approved, once.", requester=b.cut(request.requester.name, 80)
    )
    blocks = [
        parts.title(request, "run"),
        parts.eyebrow(request, backdrop, "run"),
        *parts.meaning(request, "run"),
        b.context("run.note", b.plain(said, 300)),
    ]
    metadata = str(parts.target_of(request))
    words = {"submit": phrase("Run"), "close": phrase("Not now")}
    return b.modal("run", phrase("Run it now?"), blocks, **words, metadata=metadata)


MEMBER = Card(
    "run",
    {
        "plain": lambda: draw(samples.approved(), samples.BACKDROP),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP),
    },
)
