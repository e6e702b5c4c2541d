"""Hand over: give one's own seat in this request to somebody else."""

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
        parts.title(request, "hand_over"),
        parts.eyebrow(request, backdrop, "hand_over"),
        b.field(
            "to",
            phrase("To whom"),
            b.users_select("user"),
            hint=phrase("Somebody of your organisation who may approve here"),
        ),
        b.field("comment", phrase("A word to them"), b.text_input("text", lines=True), optional=True),
    ]
    return b.modal(
        "hand_over", phrase("Hand over"), blocks, submit=phrase("Hand over"), metadata=str(parts.target_of(request))
    )


MEMBER = Card(
    "hand_over",
    {
        "plain": lambda: draw(samples.pending(), samples.BACKDROP),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP),
    },
)
