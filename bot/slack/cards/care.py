"""All that needs an admin's care, in a modal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts
from bot.slack.drawing.blocks import Json
from core.cares.base import Care
from core.phrases import phrase

MOST: Final = 90


def draw(care: Sequence[Care]) -> Json:
    rows = [parts.care(one, f"care.{place}") for place, one in enumerate(care[:MOST])]
    nothing = [] if rows else [b.section(b.plain(phrase("Nothing needs your care.")), "care.nothing")]
    left = (
        [b.context("care.left", b.plain(phrase("{count} more.", count=len(care) - MOST)))] if len(care) > MOST else []
    )
    return b.modal("care", phrase("Needs care"), [*rows, *nothing, *left])


MEMBER = Card(
    "care",
    {
        "some": lambda: draw([Care("webhooks", "ci", "It fails and is tried again; look at it.", "webhooks")]),
        "none": lambda: draw([]),
        "hostile": lambda: draw([Care("people", "*x*" * 200, "<@U1> " * 400, "members")] * 200),
    },
)
