"""Being away and being told: who decides for whom and until when, and how each member likes to hear of things."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from typing import Final

from core.model.quick import dataclass

LONGEST_DAYS: Final = 366
"""Days a delegation may last."""

ANYONE: Final = "anyone"
SAME_GROUP: Final = "same_group"
NOBODY: Final = "none"
MAY_STAND_IN: Final = (ANYONE, SAME_GROUP, NOBODY)
"""Who may decide in the place of somebody asked, as a rule says; the last and strictest of several goes. Stored words."""

EVERY_DAY: Final = frozenset(range(1, 8))
DIGEST_AT: Final = time(9)


@dataclass(frozen=True, slots=True)
class Delegation:
    """From `starts_at` until `until`, `taker` may decide what `giver` may: in one project, or (None) in all."""

    id: str
    organisation: str
    giver: str
    taker: str
    project: str | None
    starts_at: datetime
    until: datetime
    made_at: datetime
    ended_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        return self.ended_at is not None or now >= self.until


class Telling(StrEnum):
    """How a member hears of what waits for them. Stored; no word may ever be renamed."""

    MESSAGE = "dm"
    MENTION = "mention"
    DIGEST = "digest"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a member likes to be told, and when; nothing of it ever moves a deadline.

    Between `quiet_from` and `quiet_until`, on days that are not `working_days` (ISO: Monday is 1) and on the holidays of
    `country` (`DE`, `DE-BY`) nobody is reminded. `time_zone` is what they chose; else `profile_zone`, what Slack says.
    Likewise `language` (`en`, `de`) and `profile_locale` (`de-DE`).
    `copies`: cards also as direct messages where a channel shows them. `digest_due` is when the next digest is; `away`
    remembers the status for which they were last asked who decides meanwhile.
    """

    member: str
    organisation: str
    told: Telling = Telling.MESSAGE
    quiet_from: time | None = None
    quiet_until: time | None = None
    working_days: frozenset[int] = EVERY_DAY
    time_zone: str | None = None
    profile_zone: str | None = None
    language: str | None = None
    profile_locale: str | None = None
    country: str | None = None
    digest_at: time = DIGEST_AT
    copies: bool = False
    digest_due: datetime | None = None
    away: str | None = None

    @property
    def zone(self) -> str:
        return self.time_zone or self.profile_zone or "UTC"

    @property
    def locale(self) -> str | None:
        return self.language or self.profile_locale
