"""Moments as people write them: `friday`, `tomorrow 5pm`, `2026-12-24`, `24 dec 17:00`, `3d`, `2 business days`.

A strict grammar in the writer's own time zone, so that nothing is guessed; what was understood is said back. A day without
an hour means its end.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from core.errors import Invalid
from core.model.duration import parse_duration
from core.phrases import phrase
from core.scheduling.calendar import WorkingTime

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
END_OF_DAY: Final = time(23, 59)
START_OF_DAY: Final = time(0)

_CLOCK: Final = re.compile(r"(?:at )?(\d{1,2})(?::(\d{2}))?\s*(am|pm)?")
_BUSINESS: Final = re.compile(r"(\d{1,2}) (?:business|working) days?")
_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[t ](.+))?")
_MONTH_DAY: Final = re.compile(r"(\d{1,2})\.? ([a-z]{3})[a-z]*(?: (.+))?|([a-z]{3})[a-z]* (\d{1,2})(?: (.+))?")


def parse_moment(text: str, now: datetime, working: WorkingTime, hour: time = END_OF_DAY) -> datetime:
    """In UTC, after `now`; `Invalid` says how to write one. A day that is given without its hour means this one of it."""
    found = _found(text, now, working, hour)
    if found is None:
        raise Invalid(
            phrase(
                "'{text}' is not a moment; write it like friday, tomorrow 5pm, 2026-12-24, 24 dec, 3d or 2 business days.",
                text=text[:40],
            )
        )
    if found <= now:
        raise Invalid(phrase("'{text}' is over already; write a later one.", text=text[:40]))
    return found


def _found(text: str, now: datetime, working: WorkingTime, hour: time) -> datetime | None:
    said = " ".join(text.lower().split())
    try:
        return _whole(text.strip()) or _relative(said, now, working, hour) or _on_a_day(said, now, working, hour)
    except OverflowError:  # its day is one of the calendar's, but not everywhere on earth
        return None


def _whole(text: str) -> datetime | None:
    """ISO 8601 with its own offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None


def _relative(said: str, now: datetime, working: WorkingTime, hour: time) -> datetime | None:
    if match := _BUSINESS.fullmatch(said):
        day = working.working_days_after(now.astimezone(working.zone).date(), int(match[1]))
        return _at(day, hour, working)
    if not re.fullmatch(r"[\d\ssmhdw]+", said) or not any(unit in said for unit in "smhdw"):
        return None
    return now + parse_duration(said)


def _on_a_day(said: str, now: datetime, working: WorkingTime, hour: time) -> datetime | None:
    today = now.astimezone(working.zone).date()
    found = _dated(said, today) or _named(said, today)
    if found is None:
        return None
    day, rest = found
    clock = hour if not rest else _clock(rest)
    return None if clock is None else _at(day, clock, working)


def _dated(said: str, today: date) -> tuple[date, str] | None:
    try:
        if match := _DATE.fullmatch(said):
            return date.fromisoformat(match[1]), match[2] or ""
        if match := _MONTH_DAY.fullmatch(said):
            name, number, rest = match[2] or match[4], match[1] or match[5], match[3] or match[6] or ""
            if name not in MONTHS:
                return None
            day = date(today.year, MONTHS.index(name) + 1, int(number))
            return (day if day >= today else day.replace(year=today.year + 1)), rest
    except ValueError:
        return None
    return None


def _named(said: str, today: date) -> tuple[date, str] | None:
    """A weekday is the next one that comes; today is called today."""
    word, _, rest = said.removeprefix("next ").partition(" ")
    if word in ("today", "tomorrow"):
        return today + timedelta(days=word == "tomorrow"), rest
    weekday = next((place for place, name in enumerate(WEEKDAYS) if len(word) >= 3 and name.startswith(word)), None)
    if weekday is None:
        return None
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1), rest


def _clock(said: str) -> time | None:
    """`5pm`, `17:00`; a bare number is none, for nobody knows which half of the day it means."""
    match = _CLOCK.fullmatch(said)
    if match is None or (match[2] is None and match[3] is None):
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3] is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (match[3] == "pm")
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _at(day: date, clock: time, working: WorkingTime) -> datetime:
    return datetime.combine(day, clock, working.zone).astimezone(UTC)


def say_moment(at: datetime, working: WorkingTime) -> str:
    """`Fri 27 Nov 2026, 23:59 (Europe/Berlin)`."""
    local = at.astimezone(working.zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} ({working.zone.key})"
