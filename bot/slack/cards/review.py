"""Review of broken glass: another person looks at it, says what they found, and closes it."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import alarms, parts, samples
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from core.model.emergency import Finding
from core.model.request import Request
from core.phrases import phrase


def draw(request: Request, backdrop: Backdrop) -> Json:
    options = [
        b.option(phrase("Justified"), Finding.JUSTIFIED.value, phrase("It could not wait, and it was right")),
        b.option(phrase("Not justified"), Finding.NOT_JUSTIFIED.value, phrase("It should have waited for people")),
    ]
    told = [block for block in alarms.glass(request, "review") if block["type"] == "rich_text"]
    blocks = [
        parts.title(request, "review"),
        parts.eyebrow(request, backdrop, "review"),
        *told,
        b.field("finding", phrase("What you found"), b.radio("value", options)),
        b.field(
            "remark",
            phrase("In words"),
            b.text_input("text", lines=True, hint=phrase("What you looked at, and what follows from it")),
        ),
        b.context(
            "review.note", b.plain(phrase("What was decided stays as it is. Everybody involved sees what you found."))
        ),
    ]
    return b.modal(
        "review",
        phrase("Review break-glass"),
        blocks,
        submit=phrase("Close review"),
        metadata=str(parts.target_of(request)),
    )


MEMBER = Card(
    "review",
    {
        "plain": lambda: draw(samples.broken(), samples.BACKDROP),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP),
    },
)
