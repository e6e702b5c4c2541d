"""What a card is drawn against, and the drawing that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.slack.blocks import Json
from core.model.request import Content


@dataclass(frozen=True, slots=True)
class Drawing:
    """A message: `text` is its whole gist for notifications and screen readers."""

    text: str
    blocks: list[Json]

    def as_json(self) -> Json:
        return {"text": self.text, "blocks": self.blocks}


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What a card shows of the world around its request.

    The project's name, people's names by member id, and the content of the revision before this one, where there was one.
    """

    project: str
    names: Mapping[str, str] = field(default_factory=dict)
    previous: Content | None = None

    def name(self, member: str) -> str:
        return self.names.get(member, "a member")
