"""Break the glass: the window that says what it means, before somebody decides alone."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from core.model.duration import say_duration
from core.model.emergency import REVIEW_WITHIN
from core.model.request import Request
from core.phrases import phrase


def draw(request: Request, backdrop: Backdrop, reason: str = "") -> Json:
    """`reason` is what was said already."""
    consequences = [
        phrase("You decide this alone, now, for all who are asked. It never counts as their approval."),
        phrase("A check that failed still blocks it, and one that has not passed yet is waited for."),
        phrase("Everybody is told: who was asked, whoever asked, and all admins, with your name and your reason."),
        phrase(
            "Another person must review it within {time}; until then you cannot break the glass again.",
            time=say_duration(REVIEW_WITHIN),
        ),
    ]
    blocks = [
        parts.title(request, "break_glass"),
        parts.eyebrow(request, backdrop, "break_glass"),
        b.section(b.plain(phrase("🚨 For emergencies only.")), "break_glass.what"),
        b.rich("break_glass.consequences", b.bullets([[b.words(one, 300)] for one in consequences])),
        b.field(
            "reason",
            phrase("Why this cannot wait"),
            b.text_input("text", lines=True, initial=reason, hint=phrase("What is on fire, and why this helps")),
        ),
    ]
    return b.modal(
        "break_glass",
        phrase("Break the glass"),
        blocks,
        submit=phrase("Break it"),
        metadata=str(parts.target_of(request)),
    )


MEMBER = Card(
    "break_glass",
    {
        "plain": lambda: draw(samples.pending(), samples.BACKDROP),
        "said": lambda: draw(samples.pending(), samples.BACKDROP, "The site is down."),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP, "<!channel> " * 400),
    },
)
