"""What is said after a change: that it is made, or, with four eyes, that the other admins are asked for it first."""

from __future__ import annotations

from bot.slack.answer import Whisper
from bot.slack.cards import whisper


def number_of(done: object) -> int | None:
    """The request by which the other admins are asked; None where the change is made."""
    asked = getattr(done, "asked", None)
    return asked if isinstance(asked, int) else None


def outcome(done: object, made: str) -> str:
    asked = number_of(done)
    return made if asked is None else f"The other admins are asked in #{asked}; nothing has changed yet."


def said(done: object, made: str, title: str = "Done") -> Whisper:
    return Whisper(whisper.draw(outcome(done, made)), title)
