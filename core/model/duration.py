"""Durations as people write them: `30m`, `4h`, `2d`, `1h 30m`. A strict grammar, so that nothing is guessed."""

from __future__ import annotations

import re
from datetime import timedelta

from core.errors import Invalid
from core.phrases import phrase

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"\s*(\d{1,6})\s*([smhdw])")
LONGEST = timedelta(days=366)


def parse_duration(text: str) -> timedelta:
    """`90m` and the like; `Invalid` names the character where reading stopped."""
    seconds, position = 0, 0
    while match := _PART.match(text, position):
        seconds += int(match[1]) * _UNITS[match[2]]
        position = match.end()
    if text[position:].strip() or not seconds:
        raise Invalid(
            phrase(
                "'{text}' is not a duration (stopped at character {position}); write it like 30m, 4h or 2d.",
                text=text[:40],
                position=position + 1,
            ),
            position=position,
        )
    if seconds > LONGEST.total_seconds():
        raise Invalid(phrase("A duration can be at most 366 days; write a shorter one."))
    return timedelta(seconds=seconds)


def say_duration(duration: timedelta) -> str:
    """`1h 30m`; the inverse of `parse_duration`, down to seconds."""
    left, words = int(duration.total_seconds()), []
    for unit, size in sorted(_UNITS.items(), key=lambda item: -item[1]):
        if unit != "w" and left >= size:
            words.append(f"{left // size}{unit}")
            left %= size
    return " ".join(words) or "0s"
