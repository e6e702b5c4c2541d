"""What a handler wants shown. `app` carries it out: in the acknowledgement where Slack wants it there, else after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Drawing
from bot.slack.look import Look
from core.phrases import phrase


@dataclass(frozen=True, slots=True)
class Whisper:
    """Something for the person alone: an ephemeral message, or a modal where there is no channel to whisper in."""

    drawing: Drawing
    title: str = phrase("Countersign")


@dataclass(frozen=True, slots=True)
class Open:
    """A new view; on top of the present one where the click came from a modal."""

    view: Json


@dataclass(frozen=True, slots=True)
class Replace:
    """The view the click or submission came from, drawn anew."""

    view: Json


@dataclass(frozen=True, slots=True)
class Redraw:
    """The private message a click came from, drawn anew: only the click's own address can still change it."""

    drawing: Drawing


@dataclass(frozen=True, slots=True)
class FieldErrors:
    """What is wrong, under the very fields; only a submission can be answered so."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Publish:
    """The person's App Home, as they now want to look at it."""

    look: Look


@dataclass(frozen=True, slots=True)
class Unfold:
    """A view that is drawn anew while more becomes known: `view` at once, then `more` in its place, the last to stay.

    From a click or submission in a modal it takes that one's place, else it is opened.
    """

    view: Json
    more: AsyncIterator[Json]


Answer = Whisper | Open | Replace | Redraw | FieldErrors | Publish | Unfold
