"""Delegate: who decides for me, until when, and where."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.phrases import phrase

MOST = 90


def draw(projects: Sequence[tuple[str, str]], *, until: str = "") -> Json:
    """`projects` are ids and names, to choose one instead of all."""
    everywhere = b.option(phrase("All projects"), "all")
    options = [everywhere, *(b.option(name, id) for id, name in projects[:MOST])]
    what = phrase(
        "Somebody decides for you while you are away. You can still decide yourself, you hear what was decided for you, and "
        "between you it is one voice. Whoever it is cannot pass it on, and never decides what you asked for yourself."
    )
    blocks = [
        b.section(b.plain(what), "delegate.what"),
        b.field("to", phrase("Who decides for you"), b.users_select("user")),
        b.field(
            "until",
            phrase("Until"),
            b.text_input("text", initial=until, hint=phrase("friday"), most=60),
            hint=phrase("Like friday, tomorrow 5pm, 2026-12-24, 3d or 2 business days. A day means its end."),
        ),
        b.field(
            "starts",
            phrase("From"),
            b.text_input("text", hint=phrase("now"), most=60),
            optional=True,
            hint=phrase("Left empty: from now on."),
        ),
        b.field("project", phrase("Where"), b.select("project", options, everywhere)),
    ]
    return b.modal("delegate", phrase("Delegate"), blocks, submit=phrase("Delegate"))


MEMBER = Card(
    "delegate",
    {
        "plain": lambda: draw([("prj_1", "payments")]),
        "suggested": lambda: draw([], until="2026-11-27 18:00"),
        "hostile": lambda: draw([(f"prj_{one}", "<!channel> *x* " * 40) for one in range(200)], until="<@U1>"),
    },
)
