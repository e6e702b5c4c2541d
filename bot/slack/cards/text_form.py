"""A form for what is kept as text: YAML or JSON, in one field of many lines, with what explains it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.phrases import phrase

TEXT: Final = "text"
MOST: Final = b.INPUT_LENGTH


def draw(
    callback: str,
    title: str,
    label: str,
    *,
    initial: str = "",
    hint: str = "",
    example: str = "",
    before: Sequence[Json] = (),
    metadata: str = "",
) -> Json:
    field = b.field(TEXT, label, b.text_input("lines", lines=True, initial=initial), hint=hint)
    shown = (
        [b.rich("text.example", b.paragraph(b.words(phrase("For example:"), 40)), b.code(example))] if example else []
    )
    return b.modal(callback, title, [*before, field, *shown], submit=phrase("Continue"), metadata=metadata)


MEMBER = Card(
    "text_form",
    {
        "rule": lambda: draw(
            "rules.paste", "Paste a rule", "The rule as YAML or JSON", example="name: prod deploys\nwhen: true\n"
        ),
        "long": lambda: draw("rules.paste", "x" * 30, "l", initial="<!channel>\n" * 900, hint="h" * 3_000),
    },
)
