"""What was asked outside about one revision of a request, of a policy or a check, and how far that has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.model.quick import dataclass


class Kind(StrEnum):
    POLICY = "policy"
    CHECK = "check"


class Progress(StrEnum):
    """`due`: to be asked; `told`: it has answered, and the request is still to be judged by it; `waiting`: it will report by itself."""

    DUE = "due"
    TOLD = "told"
    WAITING = "waiting"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """`about` is the id of the policy or check, `version` which of its versions was asked; `run` counts how often.

    `answer` is a policy's, as JSON. `problem` is the last trouble with asking, `attempts` how many there were in a row.
    """

    organisation: str
    request: str
    revision: int
    kind: Kind
    about: str
    state: Progress
    version: int = 1
    run: int = 1
    answer: Mapping[str, Any] | None = None
    attempts: int = 0
    next_try_at: datetime | None = None
    problem: str | None = None
