"""What a button or modal points at: request, revision and stage, as one short opaque string. Nothing else rides along."""

from __future__ import annotations

import re

from core.model.quick import dataclass

_WRITTEN = re.compile(r"(req_[0-9A-HJKMNP-TV-Z]{26})\.(\d{1,6})\.(\d{1,4})")


@dataclass(frozen=True, slots=True)
class Target:
    request: str
    revision: int
    stage: int

    def __str__(self) -> str:
        return f"{self.request}.{self.revision}.{self.stage}"


def read_target(written: str) -> Target | None:
    """The inverse of `str`; None for anything a card of ours never held."""
    match = _WRITTEN.fullmatch(written)
    return None if match is None else Target(match[1], int(match[2]), int(match[3]))
