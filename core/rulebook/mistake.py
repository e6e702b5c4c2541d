"""What is wrong in a rule somebody wrote, and where: two things, so that every edge can say the place in its own way."""

from __future__ import annotations

from typing import Any, Final

from core.errors import Invalid
from core.phrases import again, phrase

AROUND: Final = 12
"""Characters quoted on each side of the place."""


class Mistake(Invalid):
    """Something in a text cannot stand there. The sentence says what and where, `mistake` what alone.

    `fields` hold where: the `path`, and the `position` (from 0) where there is a character to point at.
    """

    def __init__(self, sentence: str, mistake: str, **fields: Any) -> None:
        super().__init__(sentence, **fields)
        self.mistake = mistake


def said_alone(error: Invalid) -> str:
    """What is wrong, without the place."""
    return again(error.mistake if isinstance(error, Mistake) else error.sentence)


def pointing(mistake: str, text: str, position: int, **fields: Any) -> Mistake:
    """At a character of a text, with what stands around it."""
    around = f"…{text[max(0, position - AROUND) : position]}▸{text[position : position + AROUND]}…"
    sentence = phrase(
        "{mistake} (character {position}: {around}).",
        mistake=again(mistake).rstrip("."),
        position=position + 1,
        around=around,
    )
    return Mistake(sentence, mistake, position=position, **fields)
