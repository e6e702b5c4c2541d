"""Durations as people write them: a strict grammar, and back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.model.duration import parse_duration, say_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("30m", 1800), ("4h", 14_400), ("2d", 172_800), ("1w", 604_800), ("1h 30m", 5400), (" 90m ", 5400)],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: int) -> None:
    """D-30"""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "character"),
    [("", 1), ("4", 1), ("4 hours", 4), ("h", 1), ("0m", 3), ("4h x", 3), ("-4h", 1), ("1.5h", 1)],
)
def test_what_is_no_duration_is_refused_at_its_character(text: str, character: int) -> None:
    with pytest.raises(Invalid) as caught:
        parse_duration(text)
    assert f"stopped at character {character}" in caught.value.sentence


def test_a_duration_of_years_is_refused() -> None:
    with pytest.raises(Invalid):
        parse_duration("367d")


@given(st.integers(1, 366 * 86_400))
def test_what_is_said_reads_back_the_same(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(say_duration(duration)) == duration


def test_nothing_is_said_as_no_seconds() -> None:
    assert say_duration(timedelta(0)) == "0s"
