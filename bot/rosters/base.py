"""What a format of calendars is, and how a process that reads one answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from core.model.schedule import Shift

AHEAD: Final = timedelta(days=14)
BEHIND: Final = timedelta(days=1)
MOST_SHIFTS: Final = 5_000

SECONDS: Final = 10
MEMORY: Final = 512 << 20
"""Bounds of the reading process itself; whoever started it waits less long."""

Read = Callable[[bytes, datetime], Sequence[Shift]]
"""The shifts between a day before this moment and two weeks after it; `Unreadable` says why there are none."""


class Unreadable(Exception):
    """The feed holds no calendar we understand; the message is the sentence for admins."""


@dataclass(frozen=True, slots=True)
class Format:
    """`module` is what the reading process runs, `accept` what is asked for over HTTP."""

    word: str
    accept: str
    module: str
    read: Read


def answer(read: Read) -> None:
    """The reading process: a moment and a calendar on standard input, shifts or a problem as JSON on standard output."""
    _bound()
    moment, _, raw = sys.stdin.buffer.read().partition(b"\n")
    try:
        shifts = read(raw, datetime.fromisoformat(moment.decode()))
    except Unreadable as problem:
        said: object = {"problem": str(problem)}
    else:
        said = {"shifts": [[one.email, one.starts.isoformat(), one.ends.isoformat()] for one in shifts[:MOST_SHIFTS]]}
    sys.stdout.write(json.dumps(said))


def understood(said: bytes) -> tuple[Shift, ...]:
    """What the reading process answered."""
    found = json.loads(said)
    if "problem" in found:
        raise Unreadable(found["problem"])
    return tuple(Shift(email, _moment(starts), _moment(ends)) for email, starts, ends in found["shifts"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _bound() -> None:
    """Where the system knows such limits."""
    with suppress(ImportError):
        import resource  # noqa: PLC0415 (not on every system)

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
