"""What a kind of card is, with the examples it brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.slack.drawing.blocks import Json


@dataclass(frozen=True, slots=True)
class Card:
    """A kind of card. `examples` are messages or views as Slack would get them; tests hold them against stored JSON."""

    word: str
    examples: Mapping[str, Callable[[], Json]]
