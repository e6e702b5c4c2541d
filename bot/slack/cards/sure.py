"""Are you sure? What will happen, before something is done that cannot be undone with a click."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json


def draw(
    callback: str, title: str, question: str, consequences: Sequence[str], *, yes: str, metadata: str = ""
) -> Json:
    """`metadata` is a reference to what it is done to; it is looked up and judged again when this is sent."""
    shown = [b.rich("sure.consequences", b.bullets([[b.words(one, 500)] for one in consequences]))] * bool(consequences)
    blocks = [b.section(b.plain(question, 1_000), "sure.question"), *shown]
    return b.modal(callback, title, blocks, submit=yes, metadata=metadata)


MEMBER = Card(
    "sure",
    {
        "group": lambda: draw(
            "groups.remove",
            "Remove a group",
            "Remove the group @platform?",
            ["3 people are in it.", "Two roles granted to it end at once."],
            yes="Remove",
            metadata="grp_1",
        ),
        "bare": lambda: draw("x", "T" * 40, "<!channel>" * 500, [], yes="Y" * 40),
    },
)
