"""A schedule: who is on duty when, by an iCalendar feed kept elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from core.model.quick import dataclass
from core.phrases import phrase

KEPT: Final = timedelta(hours=24)
"""How long what a feed last said is believed while the feed cannot be read; then it stands for nobody."""


@dataclass(frozen=True, slots=True)
class Shift:
    """From when until when (UTC) the person with this e-mail address (lower case) is on duty."""

    email: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """A feed by the name rules use (`oncall:<name>`).

    `sealed_url` is its address, encrypted, since whoever knows it can read the calendar; `host` is all of it that is shown.
    `fetched_at` is when it was last read whole, `tried_at` when that was last tried, `problem` what went wrong then.
    """

    id: str
    organisation: str
    name: str
    sealed_url: str
    host: str
    created_at: datetime
    tried_at: datetime | None = None
    fetched_at: datetime | None = None
    problem: str | None = None

    @property
    def principal(self) -> str:
        return f"oncall:{self.id}"

    @property
    def label(self) -> str:
        return phrase("on duty for {name}", name=self.name)

    def is_believed(self, now: datetime) -> bool:
        return self.fetched_at is not None and now < self.fetched_at + KEPT
