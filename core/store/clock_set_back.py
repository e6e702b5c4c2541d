"""After the clock was set back: what waits waits on for as long as it had to, not until the clock is where it was.

That it was is told by a lease, which outlives its holder and never ends later than so many seconds from now.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, Table, TextClause, Update, bindparam, select, update

from core.store.columns import FAR_FUTURE, UtcDateTime
from core.store.driver import Session
from core.store.tables import leases

MOST_ADRIFT: Final = timedelta(seconds=5)
"""What transactions that waited for each other may read differently; a clock set back by less is soon where it was."""

_MOMENT: Final = UtcDateTime()
_UNTIL: Final = select(leases.c.until).where(leases.c.name == bindparam("name")).with_for_update()
"""Locked, so that of two who notice it one moves the rows."""


def set_back_by(db: Session, lease: str, lasts: timedelta) -> timedelta:
    """By so much at the least; what the lease had lasted already is not known."""
    row = db.row(_UNTIL, {"name": lease}, clock=True)
    return timedelta(0) if row is None else row[0] - db.now() - lasts


def bring_back(
    db: Session,
    queue: tuple[Table, TextClause],
    outlet: str,
    set_back: timedelta,
    claim: timedelta,
    most: timedelta | None = None,
) -> None:
    """What waits from a claim's length to `most` from now; anything nearer may be on its way out since the clock was set.

    A claim is cut to its whole length from now: what it was made for may be on its way out, too.
    """
    now = db.now()
    far = now + claim
    db.run(_cut(*queue), {"b_outlet": outlet, "far": far, "until": far})
    here = {"outlet": outlet, "far": far, "farthest": FAR_FUTURE if most is None else now + most}
    moved = [{"b_id": id, "b_was": was, "next_try_at": was - set_back} for id, was in db.rows(_ahead(*queue), here)]
    db.send(_move(queue[0]), moved)


@lru_cache(maxsize=8)
def _cut(table: Table, waits: TextClause) -> Update:
    return (
        update(table)
        .where(table.c.outlet == bindparam("b_outlet"), waits, table.c.claimed_until > bindparam("far", type_=_MOMENT))
        .values(claimed_until=bindparam("until", type_=_MOMENT))
    )


@lru_cache(maxsize=8)
def _ahead(table: Table, waits: TextClause) -> Select[Any]:
    return select(table.c.id, table.c.next_try_at).where(
        table.c.outlet == bindparam("outlet"),
        waits,
        table.c.next_try_at > bindparam("far", type_=_MOMENT),
        table.c.next_try_at <= bindparam("farthest", type_=_MOMENT),
    )


@lru_cache(maxsize=2)
def _move(table: Table) -> Update:
    """Where it waits still as it did when it was seen."""
    return (
        update(table)
        .where(table.c.id == bindparam("b_id"), table.c.next_try_at == bindparam("b_was", type_=_MOMENT))
        .values(next_try_at=bindparam("next_try_at", type_=_MOMENT))
    )
