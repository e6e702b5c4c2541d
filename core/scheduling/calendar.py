"""When somebody works: their time zone, quiet hours, working days and the holidays of their country. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.model.absence import EVERY_DAY, Preferences

UTC_ZONE: Final = ZoneInfo("UTC")
LONGEST_WAIT: Final = 60
"""Days after which somebody who never works is told all the same."""


@lru_cache(maxsize=256)
def zone_called(name: str) -> ZoneInfo | None:
    """None where there is no such time zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    import holidays  # noqa: PLC0415 - 4 MB, for those alone who tell us their country

    return holidays.list_supported_countries(include_aliases=False)


def is_country(code: str) -> bool:
    """`DE`, or with a part of it `DE-BY`."""
    country, _, part = code.partition("-")
    return country in _countries() and (not part or part in _countries()[country])


@lru_cache(maxsize=256)
def _holidays(code: str, year: int) -> Collection[date]:
    import holidays  # noqa: PLC0415 - see above

    country, _, part = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """`quiet` is from when until when by the clock on the wall, over midnight where it begins later than it ends."""

    zone: ZoneInfo = UTC_ZONE
    quiet: tuple[time, time] | None = None
    days: frozenset[int] = EVERY_DAY
    country: str | None = None

    def works_on(self, day: date) -> bool:
        if day.isoweekday() not in self.days:
            return False
        return self.country is None or day not in _holidays(self.country, day.year)

    def next_open(self, moment: datetime) -> datetime:
        """The moment itself, or the first one after it at which they may be reminded."""
        at = moment
        for _ in range(2 * LONGEST_WAIT):
            later = self._put_off(at)
            if later is None:
                return at
            at = later
        return at

    def _put_off(self, moment: datetime) -> datetime | None:
        """A later moment to look at, where this one is none of working."""
        local = moment.astimezone(self.zone)
        if not self.works_on(local.date()):
            return self._at(local.date() + timedelta(days=1), time(0))
        if self.quiet is None:
            return None
        starts, ends = self.quiet
        now = local.time()
        if starts <= ends:
            return self._at(local.date(), ends) if starts <= now < ends else None
        if now < ends:
            return self._at(local.date(), ends)
        return self._at(local.date() + timedelta(days=1), ends) if now >= starts else None

    def next_day_at(self, moment: datetime, clock: time) -> datetime:
        """The next working day's `clock`, strictly after the moment; where that is quiet, when quiet ends."""
        day = moment.astimezone(self.zone).date()
        for _ in range(LONGEST_WAIT):
            at = self._at(day, clock)
            if at > moment and self.works_on(day):
                return self.next_open(at)
            day += timedelta(days=1)
        return self._at(day, clock)

    def working_days_after(self, day: date, count: int) -> date:
        """The day that is `count` working days later."""
        for _ in range(10 * LONGEST_WAIT):
            if count <= 0:
                break
            day += timedelta(days=1)
            count -= self.works_on(day)
        return day

    def _at(self, day: date, clock: time) -> datetime:
        """In UTC, so that moments on both sides of a changed clock compare as they follow each other."""
        return datetime.combine(day, clock, self.zone).astimezone(UTC_ZONE)


def working_time(preferences: Preferences) -> WorkingTime:
    starts, ends = preferences.quiet_from, preferences.quiet_until
    quiet = None if starts is None or ends is None or starts == ends else (starts, ends)
    zone = zone_called(preferences.zone) or UTC_ZONE
    return WorkingTime(zone, quiet, preferences.working_days, preferences.country)


def next_digest(preferences: Preferences, now: datetime) -> datetime:
    """Once on each of their working days, at the hour they chose."""
    return working_time(preferences).next_day_at(now, preferences.digest_at)
