"""Where a typed line went wrong: the line with a mark under the character, and what was expected there."""

from __future__ import annotations

from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.drawn import Drawing
from core.phrases import phrase

BEFORE: Final = 30
AFTER: Final = 40
"""Characters shown around the mark: a line of code in Slack holds some 75 before it wraps."""


def draw(mistake: str, line: str, position: int) -> Drawing:
    """`mistake` is what is wrong, without the place: the mark and the number say that."""
    said = phrase("{expected} (character {position}).", expected=mistake.rstrip("."), position=position + 1)
    shown = [b.rich("mistake", b.paragraph(b.words(said, 2_000)), b.code(mark(line, position)))]
    hint = b.context("mistake.note", b.plain(phrase("Nothing was saved. Mend the line and send it again."), 100))
    return Drawing(b.gist(said), [*shown, hint])


def mark(line: str, position: int) -> str:
    """A window of the line, and the mark below the character it is about."""
    flat = b.clean(line.replace("\n", " ").replace("\t", " "))
    at = max(0, min(position, len(flat)))
    start, end = max(0, at - BEFORE), at + AFTER
    lead, tail = "…" if start else "", "…" if end < len(flat) else ""
    return f"{lead}{flat[start:end]}{tail}\n{' ' * (len(lead) + at - start)}▲"


MEMBER = Card(
    "mistake",
    {
        "short": lambda: draw(
            "'metdata' is not a field of a request; did you mean 'metadata'?",
            'add "x" when metdata.env == "production" require @platform',
            13,
        ).as_json(),
        "long": lambda: draw("Here a condition is expected", "<!channel> *x* " * 200, 899).as_json(),
        "end": lambda: draw("Here require, allow or deny is expected", 'add "x" when true', 17).as_json(),
    },
)
