"""Reject, with its reason: one rejection ends the request, so the modal says so."""

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
        parts.title(request, "reject"),
        parts.eyebrow(request, backdrop, "reject"),
        b.field(
            "comment", phrase("Reason"), b.text_input("text", lines=True, hint=phrase("Why not, and what would help"))
        ),
        b.context("reject.note", b.mrkdwn(phrase("One rejection ends the request. Whoever asked sees your reason."))),
    ]
    return b.modal("reject", phrase("Reject"), blocks, submit=phrase("Reject"), metadata=str(parts.target_of(request)))


MEMBER = Card(
    "reject",
    {
        "plain": lambda: draw(samples.pending(), samples.BACKDROP),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP),
    },
)
