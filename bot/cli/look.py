"""How requests look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import humanize
from rich.console import Console
from rich.table import Table
from rich.text import Text

from countersign_client import Request, Summary


def show(request: Request) -> None:
    console = Console(highlight=False)
    console.print(Text(f"#{request.number} {request.title}", "bold"), Text(request.id, "dim"))
    lines = {
        "status": status_of(request),
        "asked by": request.requester.name,
        "action": request.action,
        "waits for": ", ".join(request.waits_for) or None,
        "expires": when(request.expires_at) if request.is_open else None,
        "revision": str(request.revision) if request.revision > 1 else None,
    }
    for name, value in lines.items():
        if value:
            console.print(Text(f"{name:>10}  ", "dim") + Text(value))
    for decision in request.decisions:
        said = f": {decision.comment}" if decision.comment else ""
        console.print(Text(f"{decision.decision:>10}  ", "dim") + Text(f"{decision.name}{said}"))
    for question in request.open_questions:
        console.print(Text(f"{'asks':>10}  ", "dim") + Text(f"{question.name}: {question.text}"))


def status_of(request: Summary) -> str:
    parts = [request.status.replace("_", " ")]
    if request.cause:
        parts.append(f"({request.cause})")
    if request.execution_status:
        parts.append(f"· execution {request.execution_status}")
    return " ".join(parts)


def when(moment: datetime | None) -> str | None:
    return None if moment is None else humanize.naturaltime(moment, when=datetime.now(UTC))


def table(requests: Iterable[Summary]) -> None:
    found = Table(box=None, pad_edge=False)
    for heading in ("#", "title", "status", "asked by", "waits for", "expires"):
        found.add_column(heading)
    for one in requests:
        open_until = when(one.expires_at) if one.is_open else None
        waits = ", ".join(one.waits_for)
        row = (str(one.number), one.title, status_of(one), one.requester.name, waits, open_until or "")
        found.add_row(*map(Text, row))
    Console(highlight=False).print(found if found.rows else "Nothing here.")
