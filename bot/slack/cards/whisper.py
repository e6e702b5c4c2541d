"""What one person alone is told: a refusal, a confirmation, a note. As an ephemeral message or, in a view, a modal."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Drawing


def draw(sentence: str) -> Drawing:
    return Drawing(b.gist(sentence, 2_500), [b.section(b.plain(sentence, 2_900), "whisper")])


def modal(title: str, drawing: Drawing) -> Json:
    """The same where there is no channel to whisper in."""
    return b.modal("whisper", title, drawing.blocks)


MEMBER = Card(
    "whisper",
    {
        "refusal": lambda: draw("Request #1042 was already approved by Bob Baker; nothing was changed.").as_json(),
        "modal": lambda: modal("Nothing was changed", draw("It is not your turn yet; you will be told when it comes.")),
        "hostile": lambda: draw("<!channel> *x* & " * 400).as_json(),
        "empty": lambda: draw("").as_json(),
    },
)
