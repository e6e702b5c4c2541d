"""What a condition answers of one revision: true, false or *cannot tell*, and why not."""

from __future__ import annotations

from enum import StrEnum

from core.model.quick import dataclass


class Truth(StrEnum):
    TRUE = "true"
    FALSE = "false"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Answer:
    """`why` names the missing field, or the trouble, where nothing could be told."""

    truth: Truth
    why: str | None = None


YES = Answer(Truth.TRUE)
NO = Answer(Truth.FALSE)
