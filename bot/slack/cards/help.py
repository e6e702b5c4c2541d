"""Help: every sub-command with its arguments and one line, as they describe themselves."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack import blocks as b
from bot.slack.blocks import Json
from bot.slack.cards.base import Card
from bot.slack.drawing import Drawing
from core.phrases import phrase


def draw(lines: Sequence[tuple[str, str]], note: str = "") -> Drawing:
    """`lines` are how to write each command, and what it does."""
    shown = b.bullets([_line(usage, summary) for usage, summary in lines])
    begun = [b.section(b.plain(note), "help.note")] if note else []
    intro = b.words(phrase("Ask for a yes, give one, or see how one stands. Whatever is said here, only you see."), 300)
    return Drawing(b.gist(note or phrase("Help for /countersign")), [*begun, b.rich("help", b.paragraph(intro), shown)])


def _line(usage: str, summary: str) -> list[Json]:
    return [b.words(usage, 120, "code"), b.words(f"  {summary}", 200)]


MEMBER = Card(
    "help",
    {
        "two": lambda: draw(
            [("/countersign list", "What waits for me"), ("/countersign show #n", "One request")], "Hm?"
        ).as_json()
    },
)
