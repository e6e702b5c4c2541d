"""A list of what is set up, in a modal: one thing per row with its button, paged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.phrases import phrase

PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Row:
    """`name` is what it is called, `says` the line below; the button opens `value` with `action`.

    `text` is shown as it is written, where there is no button.
    """

    name: str
    says: str
    action: str = ""
    value: str = ""
    label: str = phrase("Show")
    text: str = ""


def draw(
    title: str, heading: str, rows: Sequence[Row], *, turn: str = "", start: int = 0, total: int = 0, note: str = ""
) -> Json:
    """`rows` are those of this page; with `turn` (`turn.back`, `turn.more`: their value is where a page starts) there may be others."""
    shown = [_row(row, place) for place, row in enumerate(rows[:PAGE])]
    turns = _turns(turn, start, total) if turn else []
    end = [b.context("rows.note", b.plain(note, 1_000))] if note else []
    return b.modal("rows", title, [b.section(b.plain(heading, 500), "rows.heading"), *shown, *turns, *end])


def _row(row: Row, place: int) -> Json:
    button = b.button(row.label, row.action, row.value, label=f"{row.label} {row.name}") if row.action else None
    if button is None:
        said = [b.words(f"\n{row.says}", 500)] if row.says else []
        code = [b.code(row.text, 1_000)] if row.text else []
        return b.rich(f"rows.{place}", b.paragraph(b.words(row.name, 200, "bold"), *said), *code)
    return b.section(b.plain(f"{b.cut(row.name, 200)}\n{b.cut(row.says, 500)}", 800), f"rows.{place}", button)


def _turns(action: str, start: int, total: int) -> list[Json]:
    """Two actions, since Slack wants each name once in a block."""
    buttons = [b.button(phrase("Back"), f"{action}.back", str(max(0, start - PAGE)))] if start else []
    if start + PAGE < total:
        buttons.append(b.button(phrase("More"), f"{action}.more", str(start + PAGE)))
    return [b.actions("rows.turn", buttons)] if buttons else []


MEMBER = Card(
    "rows",
    {
        "some": lambda: draw(
            "Rules",
            "2 rules, oldest first.",
            [
                Row("prod deploys", "requires · on · version 3 · used 12 times", "rules.show", "rul_1"),
                Row("small things", "allows · in shadow · version 1", "rules.show", "rul_2"),
            ],
            note="Add one with /countersign rules add.",
        ),
        "middle": lambda: draw("Members", "60 members.", [Row("Ada", "admin")], turn="members", start=20, total=60),
        "text": lambda: draw(
            "History", "2 versions.", [Row("Version 2", "", text="- min: 1\n+ min: 2"), Row("Version 1", "Added.")]
        ),
        "none": lambda: draw("Rules", "There are no rules yet.", []),
        "hostile": lambda: draw(
            "x" * 60, "<!channel>" * 99, [Row("*b*" * 200, "<@U1> " * 300, "rules.show", "rul_1")] * 120
        ),
    },
)
