"""A suggestion to somebody whose status in Slack says that they are away: let somebody decide meanwhile."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.drawn import Drawing
from core.phrases import phrase


def draw(status: str, until: str) -> Drawing:
    """`until` is when the status ends, as a moment can be typed; empty where it does not say."""
    said = phrase(
        "Your status says “{status}”. While you are away somebody else can decide what waits for you; you can still decide "
        "yourself, and hear what was decided for you.",
        status=b.cut(b.clean(status), 100),
    )
    buttons = [
        b.button(phrase("Delegate…"), "delegate.form", until or "none", style="primary"),
        b.button(phrase("How I am told…"), "preferences.form", "away"),
    ]
    return Drawing(b.gist(said), [b.section(b.plain(said, 500), "away.said"), b.actions("away.buttons", buttons)])


MEMBER = Card(
    "away",
    {
        "vacation": lambda: draw("Vacationing", "2026-11-27 18:00").as_json(),
        "hostile": lambda: draw("<!channel> *x* " * 30, "").as_json(),
    },
)
