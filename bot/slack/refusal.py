"""Errors as people see them: an `ApprovalError` is its own sentence; a bug is one constant sentence with a reference."""

from __future__ import annotations

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


def refused_form(error: ApprovalError, fields: dict[str, str]) -> Answer:
    """Under its field where the modal has one for it (`fields`: name in the error -> block id), else under the first."""
    if isinstance(error, Asked):
        return refused(error)
    block = fields.get(str(error.fields.get("field")), next(iter(fields.values()), ""))
    return FieldErrors({block: error.sentence}) if block else refused(error)


def broken(reference: str) -> Whisper:
    return Whisper(
        whisper.draw(phrase("{broken} (reference {reference}).", broken=BROKEN, reference=reference)),
        phrase("Something went wrong"),
    )
