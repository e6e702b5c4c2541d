"""Calendars that could not be read the last time: who is on duty may have changed unseen."""

from __future__ import annotations

from collections.abc import Iterator

from core.cares.base import MOST, Care, CareKind, Here
from core.model.people import Actor
from core.ports import Reader


def read(reader: Reader, actor: Actor, _here: Here) -> Iterator[Care]:
    failing = [one for one in reader.schedules(actor.organisation) if one.problem]
    now = reader.now()
    for one in failing[:MOST]:
        state = "what it said last is still used" if one.is_believed(now) else "nobody is on duty by it any more"
        said = f"Its calendar cannot be read ({one.problem}) and {state}; mend its address."
        yield Care("schedules", one.name, said, "schedules")


MEMBER = CareKind("schedules", read)
