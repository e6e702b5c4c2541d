"""Errors as people see them: an `ApprovalError` is its own sentence; a bug is one constant sentence with a reference."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from bot.slack.answer import Answer, FieldErrors, Whisper
from bot.slack.cards import whisper
from core.administration import Asked
from core.errors import ApprovalError
from core.phrases import phrase

BROKEN: Final = phrase(
    "Something went wrong on our side, and nothing was changed. Please try again; if it stays, tell an admin"
)


def refused(error: ApprovalError) -> Whisper:
    """The sentence alone, privately. All kinds are said the same way: each says itself what to do."""
    return Whisper(
        whisper.draw(error.sentence), phrase("Asked") if isinstance(error, Asked) else phrase("Nothing was changed")
    )


def refused_form(error: ApprovalError, fields: Mapping[str, str], shown: Collection[str]) -> Answer:
    """Under its field where the modal has one for it (`fields`: name in the error -> block id), else under the first.

    `shown` are the blocks the modal has; where it has none of these, the refusal takes its place.
    """
    if isinstance(error, Asked):
        return refused(error)
    wanted = fields.get(str(error.fields.get("field")))
    block = next((block for block in (wanted, *fields.values()) if block in shown), None)
    return FieldErrors({block: error.sentence}) if block is not None else refused(error)


def broken(reference: str) -> Whisper:
    return Whisper(
        whisper.draw(phrase("{broken} (reference {reference}).", broken=BROKEN, reference=reference)),
        phrase("Something went wrong"),
    )
