"""Help: every sub-command with its arguments and one line, as they describe themselves."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Drawing
from core.phrases import phrase


def draw(lines: Sequence[tuple[str, str]], note: str = "") -> Drawing:
    """`lines` are how to write each command, and what it does."""
    shown = b.bullets([_line(usage, summary) for usage, summary in lines])
    begun = [b.section(b.plain(note), "help.note")] if note else []
    intro = phrase("Ask for a yes, give one, or see how one stands. Whatever is said here, only you see.")
    whole = b.rich("help", b.paragraph(b.words(intro, 300)), shown)
    said = "; ".join(f"{usage} – {summary}" for usage, summary in lines)
    return Drawing(b.gist(f"{note or intro} {said}."), [*begun, whole])


def greeting() -> Drawing:
    """For whoever mentions the app or writes to it, where others may read along: the forms, and the way to all else."""
    said = phrase("I ask the right people for a yes, and say when it is there. Start here, or type /countersign help.")
    offered = [
        b.button(phrase("Ask for approval"), "home.ask", "new", style="primary"),
        b.button(phrase("What waits for me"), "help.list", "waiting"),
        b.button(phrase("All commands"), "home.help", "0"),
    ]
    return Drawing(b.gist(said), [b.section(b.plain(said), "greeting"), b.actions("greeting.forms", offered)])


def _line(usage: str, summary: str) -> list[Json]:
    return [b.words(usage, 120, "code"), b.words(f"  {summary}", 200)]


MEMBER = Card(
    "help",
    {
        "two": lambda: draw(
            [("/countersign list", "What waits for me"), ("/countersign show #n", "One request")], "Hm?"
        ).as_json(),
        "greeting": lambda: greeting().as_json(),
    },
)
