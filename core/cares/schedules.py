"""Calendars that could not be read the last time: who is on duty may have changed unseen."""

from __future__ import annotations

from collections.abc import Iterator

from core.cares.base import MOST, Care, CareKind, Here
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader


def read(reader: Reader, actor: Actor, _here: Here) -> Iterator[Care]:
    failing = [one for one in reader.schedules(actor.organisation) if one.problem]
    now = reader.now()
    for one in failing[:MOST]:
        state = (
            phrase("what it said last is still used")
            if one.is_believed(now)
            else phrase("nobody is on duty by it any more")
        )
        said = phrase(
            "Its calendar cannot be read ({problem}) and {state}; mend its address.", problem=one.problem, state=state
        )
        yield Care("schedules", one.name, said, "schedules")


MEMBER = CareKind("schedules", read)
