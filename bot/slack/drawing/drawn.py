"""What a card is drawn against, and the drawing that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.slack.drawing.blocks import Json
from core.model.change import PREFIX, is_change_type
from core.model.emergency import Freeze
from core.model.organisation import BUILT_IN_TYPES
from core.model.request import Content
from core.phrases import phrase


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

    The project's name, people's names by member id, the content of the revision before this one, where there was one, and
    what its type is called. `freeze` holds claims there now; `suspended` is whether the agent that asked is.
    """

    project: str
    names: Mapping[str, str] = field(default_factory=dict)
    previous: Content | None = None
    type_title: str | None = None
    freeze: Freeze | None = None
    suspended: bool = False

    def title_of(self, type: str) -> str:
        """What people call this type of request."""
        if is_change_type(type):
            return phrase("Change of {topic}", topic=type.removeprefix(PREFIX))
        known = BUILT_IN_TYPES.get(type)
        return self.type_title or (known.title if known is not None else type)

    def name(self, member: str) -> str:
        return self.names.get(member, "a member")
