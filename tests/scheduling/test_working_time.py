"""When somebody may be reminded, and moments as people type them: their zone, quiet hours, days off, holidays."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.model.absence import Preferences
from core.scheduling.calendar import WorkingTime, is_country, next_digest, working_time
from core.scheduling.moments import START_OF_DAY, parse_moment

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = frozenset(range(1, 6))
OFFICE = WorkingTime(BERLIN, (time(18), time(8)), WEEK, "DE-BY")
FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=BERLIN)


def berlin(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (berlin(2026, 11, 20, 15), berlin(2026, 11, 20, 15)),
        (berlin(2026, 11, 20, 7, 59), berlin(2026, 11, 20, 8)),
        (berlin(2026, 11, 20, 18), berlin(2026, 11, 23, 8)),
        (berlin(2026, 11, 21, 12), berlin(2026, 11, 23, 8)),
        (berlin(2026, 12, 24, 19), berlin(2026, 12, 28, 8)),
        (berlin(2026, 1, 5, 19), berlin(2026, 1, 7, 8)),
    ],
)
def test_reminders_wait_for_the_next_hour_of_work(moment: datetime, told: datetime) -> None:
    assert OFFICE.next_open(moment.astimezone(UTC)) == told


@given(
    st.integers(1_767_000_000, 1_830_000_000),
    st.times(),
    st.times(),
    st.frozensets(st.integers(1, 7), min_size=1),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_whoever_ever_works_is_told_at_an_hour_of_work_and_never_early(
    second: int, starts: time, ends: time, days: frozenset[int], zone: str
) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    quiet = None if starts == ends else (starts, ends)
    working = WorkingTime(ZoneInfo(zone), quiet, days)
    told = working.next_open(moment)
    assert told >= moment
    assert working.next_open(told) == told
    assert told - moment <= timedelta(days=9)


def test_the_digest_comes_once_on_each_working_day() -> None:
    chosen = Preferences("mem_1", "org_1", working_days=WEEK, time_zone="Europe/Berlin", digest_at=time(9))
    first = next_digest(chosen, FRIDAY)
    assert first == berlin(2026, 11, 23, 9)
    assert next_digest(chosen, first) == berlin(2026, 11, 24, 9)


def test_where_the_clock_is_changed_the_hour_on_the_wall_stays() -> None:
    chosen = Preferences("mem_1", "org_1", time_zone="Europe/Berlin", digest_at=time(9))
    before = next_digest(chosen, berlin(2026, 10, 24, 8).astimezone(UTC))
    after = next_digest(chosen, before)
    assert (before.hour, after.hour) == (7, 8)


def test_ones_own_zone_goes_before_the_profiles() -> None:
    profile = Preferences("mem_1", "org_1", profile_zone="America/New_York")
    assert working_time(profile).zone.key == "America/New_York"
    assert working_time(replace(profile, time_zone="Europe/Berlin")).zone.key == "Europe/Berlin"


def test_countries_and_their_parts_are_known() -> None:
    assert is_country("DE")
    assert is_country("DE-BY")
    assert not is_country("DE-XX")
    assert not is_country("XX")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("today", berlin(2026, 11, 20, 23, 59)),
        ("tomorrow 5pm", berlin(2026, 11, 21, 17)),
        ("monday", berlin(2026, 11, 23, 23, 59)),
        ("next friday 12am", berlin(2026, 11, 27, 0)),
        ("friday", berlin(2026, 11, 27, 23, 59)),
        ("tue 09:30", berlin(2026, 11, 24, 9, 30)),
        ("2026-12-24", berlin(2026, 12, 24, 23, 59)),
        ("2026-12-24 18:00", berlin(2026, 12, 24, 18)),
        ("24 dec", berlin(2026, 12, 24, 23, 59)),
        ("Jan 5 at 9am", berlin(2027, 1, 5, 9)),
        ("3d", berlin(2026, 11, 23, 15)),
        ("2 business days", berlin(2026, 11, 24, 23, 59)),
        ("2026-12-24T18:00:00Z", datetime(2026, 12, 24, 18, tzinfo=UTC)),
    ],
)
def test_a_moment_is_understood_in_the_writers_own_zone(typed: str, meant: datetime) -> None:
    assert parse_moment(typed, FRIDAY.astimezone(UTC), OFFICE) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "soon", "friday 5", "32 dec", "2026-13-01", "tomorrow 25:00", "5pm", "13pm", "f", "0001-01-01T00:00+14:00"],
)
def test_what_could_be_meant_in_two_ways_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="is not a moment"):
        parse_moment(typed, FRIDAY.astimezone(UTC), OFFICE)


def test_the_calendars_last_day_is_no_moment_where_it_would_end_after_the_calendar() -> None:
    far_west = WorkingTime(zone=ZoneInfo("Pacific/Honolulu"))
    with pytest.raises(Invalid, match="is not a moment"):
        parse_moment("9999-12-31", FRIDAY.astimezone(UTC), far_west)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("monday", berlin(2026, 11, 23, 0)),
        ("24 dec", berlin(2026, 12, 24, 0)),
        ("monday 9am", berlin(2026, 11, 23, 9)),
        ("2 business days", berlin(2026, 11, 24, 0)),
    ],
)
def test_a_day_to_begin_on_begins_with_it(typed: str, meant: datetime) -> None:
    assert parse_moment(typed, FRIDAY.astimezone(UTC), OFFICE, START_OF_DAY) == meant


def test_what_is_over_is_refused() -> None:
    with pytest.raises(Invalid, match="is over already"):
        parse_moment("2026-11-01", FRIDAY.astimezone(UTC), OFFICE)
