"""What is seen while a command waits for people: a live line on a terminal, else a line per change. All on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from countersign_client import Request


class Seen(Protocol):
    """Is told of each version of a request."""

    def __call__(self, request: Request) -> None: ...


@contextmanager
def watching() -> Iterator[Seen]:
    if sys.stderr.isatty():
        with _live() as seen:
            yield seen
    else:
        yield _lines()


def gist(request: Request) -> str:
    """What it waits for, in one line."""
    asked = request.open_questions
    if asked:
        return f"#{request.number}: {asked[0].name} asks “{asked[0].text}” · countersign answer {request.number} '…'"
    if not request.is_open:
        return f"#{request.number} {request.status.replace('_', ' ')}"
    active = [one for stage in request.stages for one in stage.requirements if one.active and not one.satisfied]
    waits = ", ".join(f"{one.label}{f' ({one.approved} so far)' if one.approved else ''}" for one in active)
    people = waits or ", ".join(request.waits_for)
    return f"#{request.number} waits for {people or 'an answer'}{_until(request)}"


def _until(request: Request) -> str:
    """In the reader's own time; the day only where it is another one."""
    if request.expires_at is None:
        return ""
    at = request.expires_at.astimezone()
    is_today = at.date() == datetime.now(at.tzinfo).date()
    return f", until {at:%H:%M}" if is_today else f", until {at:%Y-%m-%d %H:%M}"


def _lines() -> Seen:
    """The same thing is not said twice."""
    last = ""

    def seen(request: Request) -> None:
        nonlocal last
        line = gist(request)
        if request.is_open and line != last:
            print(line, file=sys.stderr, flush=True)
        last = line

    return seen


@contextmanager
def _live() -> Iterator[Seen]:
    from rich.console import Console  # noqa: PLC0415 - only where there is a terminal to draw on
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as line:
        task = line.add_task("asking …", total=None)
        yield lambda request: line.update(task, description=gist(request))
