"""What an iCalendar feed says of who is on duty: time zones, repetitions, who is meant, and what is no calendar."""

from datetime import UTC, datetime

import pytest

from bot.rosters.base import Unreadable
from bot.rosters.ical import read
from core.model.schedule import Shift

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def calendar(*events: str, zone: str = "") -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//duty//EN", *([f"X-WR-TIMEZONE:{zone}"] if zone else [])]
    body = (line for event in events for line in ("BEGIN:VEVENT", "UID:1", *event.strip().splitlines(), "END:VEVENT"))
    return "\r\n".join((*head, *(line.strip() for line in body), "END:VCALENDAR", "")).encode()


def on_duty(raw: bytes, at: datetime = NOW) -> list[str]:
    return [shift.email for shift in read(raw, NOW) if shift.starts <= at < shift.ends]


def test_whoever_is_invited_is_on_duty_while_the_event_lasts() -> None:
    raw = calendar("DTSTART:20261120T080000Z\nDTEND:20261120T160000Z\nATTENDEE;CN=Ada:MAILTO:Ada@Example.com")
    assert read(raw, NOW) == [
        Shift("ada@example.com", datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 20, 16, tzinfo=UTC))
    ]


@pytest.mark.parametrize("said", ["Primary: ada@example.com", "ada@example.com (on call)", "ADA@EXAMPLE.COM"])
def test_where_nobody_is_invited_the_title_says_who_it_is(said: str) -> None:
    assert on_duty(calendar(f"DTSTART:20261120T080000Z\nDTEND:20261120T160000Z\nSUMMARY:{said}")) == ["ada@example.com"]


def test_an_invitation_beats_the_title() -> None:
    event = (
        "DTSTART:20261120T080000Z\nDTEND:20261120T160000Z\nSUMMARY:for bob@example.com\nATTENDEE:mailto:ada@example.com"
    )
    assert on_duty(calendar(event)) == ["ada@example.com"]


def test_names_without_an_address_mean_nobody() -> None:
    assert read(calendar("DTSTART:20261120T080000Z\nDTEND:20261120T160000Z\nSUMMARY:Ada is on call"), NOW) == []


@pytest.mark.parametrize(
    "line", ["STATUS:CANCELLED\nATTENDEE:mailto:a@b.co", "ATTENDEE;PARTSTAT=DECLINED:mailto:a@b.co"]
)
def test_what_is_cancelled_or_declined_counts_for_nobody(line: str) -> None:
    assert read(calendar(f"DTSTART:20261120T080000Z\nDTEND:20261120T160000Z\n{line}"), NOW) == []


def test_a_shift_in_a_zone_keeps_its_hours_across_the_change_of_the_clocks() -> None:
    """Berlin leaves summer time on 25 October: nine o'clock is first 7, then 8 UTC."""
    event = (
        "DTSTART;TZID=Europe/Berlin:20261019T090000\nDTEND;TZID=Europe/Berlin:20261019T170000\n"
        "RRULE:FREQ=WEEKLY\nATTENDEE:mailto:ada@example.com"
    )
    shifts = read(calendar(event), datetime(2026, 10, 20, tzinfo=UTC))
    assert [shift.starts.hour for shift in shifts] == [7, 8, 8]


@pytest.mark.parametrize(("zone", "hour"), [("Europe/Berlin", 23), ("America/New_York", 5), ("", 0)])
def test_a_whole_day_begins_at_midnight_of_the_calendars_zone(zone: str, hour: int) -> None:
    raw = calendar("DTSTART;VALUE=DATE:20261120\nDTEND;VALUE=DATE:20261121\nSUMMARY:a@b.co", zone=zone)
    (shift,) = read(raw, NOW)
    assert (shift.starts.hour, (shift.ends - shift.starts).days) == (hour, 1)


def test_one_exception_of_a_rotation_is_taken_by_somebody_else() -> None:
    rota = "DTSTART:20261119T080000Z\nDTEND:20261119T160000Z\nRRULE:FREQ=DAILY\nATTENDEE:mailto:ada@example.com"
    swap = "RECURRENCE-ID:20261120T080000Z\nDTSTART:20261120T080000Z\nDTEND:20261120T160000Z\nATTENDEE:mailto:bob@b.co"
    assert on_duty(calendar(rota, swap)) == ["bob@b.co"]
    assert on_duty(calendar(rota, swap), datetime(2026, 11, 21, 9, tzinfo=UTC)) == ["ada@example.com"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>Sign in</html>",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nRRULE:FREQ=SOMETIMES\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0",
        calendar("DTSTART;VALUE=DATE:20261120\nSUMMARY:a@b.co", zone="No/Where"),
        calendar(*["DTSTART:20261120T080000Z\nSUMMARY:a@b.co"] * 5_001),
        calendar("DTSTART:20261120T080000Z\nDTEND:20261120T080001Z\nRRULE:FREQ=MINUTELY\nSUMMARY:a@b.co"),
    ],
    ids=["nothing", "a page", "odd rule", "broken off", "odd zone", "too many events", "too many shifts"],
)
def test_what_is_no_calendar_of_duty_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(Unreadable, match=r"[a-z ]+\.$"):
        read(raw, NOW)
