"""iCalendar (RFC 5545): whoever an event invites, or names by e-mail in its title, is on duty while it lasts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.rosters.base import AHEAD, BEHIND, MOST_SHIFTS, Format, Unreadable, answer
from core.model.schedule import Shift
from core.phrases import phrase

MOST_EVENTS: Final = 5_000
MOST_NAMED: Final = 20
LONGEST_TITLE: Final = 2_000

_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.ASCII)
_ELSEWHERE: Final = frozenset({"DECLINED", "DELEGATED"})

# What else goes wrong with a hostile calendar ends the process, which says enough.
# Its libraries are loaded by the process that reads: the server, which only starts that one, has no use for them.


def read(raw: bytes, now: datetime) -> list[Shift]:
    import recurring_ical_events  # noqa: PLC0415 - see above

    calendar = _calendar(raw)
    zone = _zone(calendar)
    try:
        events = recurring_ical_events.of(calendar).between(now - BEHIND, now + AHEAD)
    except (ValueError, LookupError):
        raise Unreadable(
            phrase("An event of this calendar cannot be understood; look for one with an odd date.")
        ) from None
    found = {(one.email, one.starts): one for event in events for one in _shifts(event, zone)}
    if len(found) > MOST_SHIFTS:
        raise Unreadable(
            phrase(
                "This calendar has more than {most} shifts in two weeks; use one made for duty alone.",
                most=MOST_SHIFTS,
            )
        )
    return sorted(found.values(), key=lambda one: (one.starts, one.email))


def _calendar(raw: bytes) -> Any:
    from icalendar import Calendar  # noqa: PLC0415 - see above

    if b"BEGIN:VCALENDAR" not in raw[:1_000].upper():
        raise Unreadable(
            phrase("The address does not lead to a calendar; use the feed's own address, ending in .ics mostly.")
        )
    try:
        calendar = Calendar.from_ical(raw)
    except ValueError:
        raise Unreadable(phrase("What the address answers begins like a calendar, but is none.")) from None
    if not isinstance(calendar, Calendar):
        raise Unreadable(phrase("The feed holds several calendars; use one of them."))
    if sum(1 for _ in calendar.walk("VEVENT")) > MOST_EVENTS:
        raise Unreadable(
            phrase(
                "This calendar has more than {most} events; use one made for duty alone.",
                most=MOST_EVENTS,
            )
        )
    return calendar


def _zone(calendar: Any) -> tzinfo:
    """What days and floating times mean: the calendar's own zone, else UTC. A guess would put the wrong people on duty."""
    try:
        return ZoneInfo(str(calendar.get("X-WR-TIMEZONE", "UTC")))
    except (KeyError, ValueError, OSError):
        raise Unreadable(
            phrase("The calendar names a time zone (X-WR-TIMEZONE) that is not known; name one like Europe/Berlin.")
        ) from None


def _shifts(event: Any, zone: tzinfo) -> Iterator[Shift]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    starts = _moment(event.start, zone)
    ends = _moment(event.end, zone)
    if starts < ends:
        for email in _named(event):
            yield Shift(email, starts, ends)


def _moment(said: date, zone: tzinfo) -> datetime:
    """A day begins at midnight of the calendar's zone."""
    moment = said if isinstance(said, datetime) else datetime.combine(said, time())
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def _named(event: Any) -> list[str]:
    """Those invited who have not declined; where nobody is invited, the addresses in the title."""
    invited = [_address(one) for one in _each(event.get("ATTENDEE")) if _comes(one)]
    title = str(event.get("SUMMARY", ""))[:LONGEST_TITLE]
    found = [email for email in invited if email] or _EMAIL.findall(title)
    return list(dict.fromkeys(email.lower() for email in found))[:MOST_NAMED]


def _each(said: Any) -> Iterable[Any]:
    return said if isinstance(said, list) else [] if said is None else [said]


def _comes(invited: Any) -> bool:
    state = getattr(invited, "params", {}).get("PARTSTAT", "")
    return str(state).upper() not in _ELSEWHERE


def _address(invited: Any) -> str | None:
    found = _EMAIL.fullmatch(re.sub(r"^mailto:", "", str(invited).strip(), flags=re.IGNORECASE))
    return None if found is None else found[0]


MEMBER = Format("ical", "text/calendar", "bot.rosters.ical", read)

if __name__ == "__main__":
    answer(read)
