"""Who is on duty: schedules and their shifts, as their feeds last said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.errors import Conflict
from core.model.schedule import KEPT, Schedule, Shift
from core.store.driver import Params, Session
from core.store.tables import schedules, shifts

_SCHEDULE: Final = select(*schedules.c).where(
    schedules.c.organisation == bindparam("organisation"), schedules.c.name == bindparam("name")
)
_ALL: Final = select(*schedules.c).order_by(schedules.c.name, schedules.c.id)
_SCHEDULES: Final = _ALL.where(schedules.c.organisation == bindparam("organisation"))
_new = upsert(schedules)
_PUT: Final = _new.on_conflict_do_update(
    index_elements=[schedules.c.id],
    set_={name: _new.excluded[name] for name in ("name", "sealed_url", "host", "tried_at", "fetched_at", "problem")},
    where=schedules.c.organisation == _new.excluded.organisation,
)
_DROP: Final = delete(schedules).where(schedules.c.id == bindparam("id"))
_SHIFTS: Final = (
    select(shifts.c.email, shifts.c.starts, shifts.c.ends)
    .where(shifts.c.schedule == bindparam("schedule"))
    .order_by(shifts.c.starts, shifts.c.email)
)
_CLEAR: Final = delete(shifts).where(shifts.c.schedule == bindparam("schedule"))
_ADD: Final = upsert(shifts).on_conflict_do_nothing()


def on_duty(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Ids of schedules whose feed is still believed and by which somebody is on duty now (`moments`)."""
    return (
        select(schedules.c.id)
        .join(shifts, shifts.c.schedule == schedules.c.id)
        .where(
            *conditions,
            shifts.c.starts <= bindparam("moment", type_=shifts.c.starts.type),
            shifts.c.ends > bindparam("moment", type_=shifts.c.starts.type),
            schedules.c.fetched_at > bindparam("believed", type_=schedules.c.fetched_at.type),
        )
    )


def moments(now: datetime) -> Params:
    return {"moment": now, "believed": now - KEPT}


class DutyReads:
    """The reads of `Reader` and `Transaction` about schedules."""

    _db: Session

    def schedule(self, organisation: str, name: str) -> Schedule | None:
        row = self._db.row(_SCHEDULE, {"organisation": organisation, "name": name})
        return None if row is None else Schedule(*row)

    def schedules(self, organisation: str | None) -> Sequence[Schedule]:
        if organisation is None:
            return [Schedule(*row) for row in self._db.rows(_ALL)]
        return [Schedule(*row) for row in self._db.rows(_SCHEDULES, {"organisation": organisation})]

    def shifts(self, schedule: str) -> Sequence[Shift]:
        return [Shift(*row) for row in self._db.rows(_SHIFTS, {"schedule": schedule})]


class Duties(DutyReads):
    """The part of a transaction that keeps them."""

    def put_schedule(self, schedule: Schedule) -> None:
        values = {name: getattr(schedule, name) for name in Schedule.__dataclass_fields__}
        if self._db.run(_PUT, values) != 1:
            raise Conflict("This id belongs to another organisation; nothing was changed.")

    def drop_schedule(self, schedule: Schedule) -> None:
        self._db.run(_CLEAR, {"schedule": schedule.id})
        self._db.run(_DROP, {"id": schedule.id})

    def set_shifts(self, schedule: str, shifts: Iterable[Shift]) -> None:
        self._db.run(_CLEAR, {"schedule": schedule})
        rows = [{"schedule": schedule, "email": one.email, "starts": one.starts, "ends": one.ends} for one in shifts]
        self._db.send(_ADD, rows)
