"""Freeze: nothing is executed in a project, or anywhere; the window says what that means and asks why, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.phrases import phrase

EVERYWHERE: Final = "*"
REASON: Final = 500


def draw(projects: Sequence[tuple[str, str]], chosen: str = EVERYWHERE, reason: str = "", until: str = "") -> Json:
    """`projects` are ids and names; what is `chosen` is one of the ids, or everything."""
    everything = b.option(phrase("Everything, in all projects"), EVERYWHERE)
    options = [everything, *(b.option(name, id) for id, name in projects[: b.SELECT_OPTIONS - 1])]
    initial = next((option for option in options if option["value"] == chosen), everything)
    consequences = [
        phrase("What was approved is not executed: claims are refused, and whoever waits for them hears why."),
        phrase("Requests can still be asked and decided. What is being executed already goes on."),
        phrase("It holds at once. Lifting it early is asked of another admin where four eyes are on."),
    ]
    blocks = [
        b.rich("freeze.consequences", b.bullets([[b.words(one, 300)] for one in consequences])),
        b.field("project", phrase("What"), b.select("project", options, initial)),
        b.field("reason", phrase("Why"), b.text_input("text", initial=reason, most=REASON)),
        b.field(
            "until",
            phrase("For how long"),
            b.text_input("text", initial=until, most=60),
            optional=True,
            hint=phrase("Like 4h, tomorrow 8am, friday or 2026-12-24. Empty: until somebody lifts it."),
        ),
    ]
    return b.modal("freeze", phrase("Freeze"), blocks, submit=phrase("Freeze"))


MEMBER = Card(
    "freeze",
    {
        "bare": lambda: draw([]),
        "said": lambda: draw([("prj_1", "payments"), ("prj_2", "deploys")], "prj_1", "Black Friday", "2d"),
        "hostile": lambda: draw(
            [(f"prj_{n}", "<!channel> " * 20) for n in range(200)], "prj_1", "<@U1>" * 300, "x" * 90
        ),
    },
)
