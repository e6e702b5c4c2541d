"""More time: a later deadline for one request."""

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
        parts.title(request, "extend"),
        parts.eyebrow(request, backdrop, "extend"),
        *parts.deadline(request, "extend"),
        b.field(
            "expires_at",
            phrase("It shall wait until"),
            b.text_input("text", hint=phrase("tomorrow 5pm"), most=60),
            hint=phrase("Like friday, tomorrow 5pm, 2026-12-24 or 4h. A day means its end."),
        ),
    ]
    target = str(parts.target_of(request))
    return b.modal("extend", phrase("More time"), blocks, submit=phrase("Extend"), metadata=target)


MEMBER = Card(
    "extend",
    {
        "plain": lambda: draw(samples.pending(), samples.BACKDROP),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP),
    },
)
