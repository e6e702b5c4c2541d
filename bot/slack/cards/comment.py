"""Comment: a remark, a question to whoever asked, or an approval with these words."""

from __future__ import annotations

from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from core.model.request import Request
from core.phrases import phrase

KINDS: Final = (
    ("comment", phrase("A remark"), phrase("Shown in the thread under the card; changes nothing")),
    ("question", phrase("A question"), phrase("Whoever asked for approval is asked to answer; the request stays open")),
    ("approve", phrase("My approval"), phrase("You approve, and this is your comment")),
)


def draw(request: Request, backdrop: Backdrop) -> Json:
    kinds = KINDS if request.is_open else KINDS[:1]
    options = [b.option(text, word, description) for word, text, description in kinds]
    blocks = [
        parts.title(request, "comment"),
        parts.eyebrow(request, backdrop, "comment"),
        b.field("text", phrase("Your comment"), b.text_input("text", lines=True)),
        b.field("kind", phrase("Send it as"), b.radio("kind", options)),
    ]
    return b.modal("comment", phrase("Comment"), blocks, submit=phrase("Send"), metadata=str(parts.target_of(request)))


MEMBER = Card(
    "comment",
    {
        "open": lambda: draw(samples.pending(), samples.BACKDROP),
        "over": lambda: draw(samples.rejected(), samples.BACKDROP),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP),
    },
)
