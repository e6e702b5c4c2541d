"""Who can still decide, read live: for each requirement not yet met the people who may meet it, and where one person sits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from core.lifecycle.who import named_stages, seats_of, sits_in
from core.model.people import Person, Verb
from core.model.request import Request, Stage
from core.model.requirement import Requirement, Result
from core.ports import Reader
from core.standing import StageStanding, StageState, stand

LOOKED_AT: Final = 60
"""People behind one name that are looked at; a larger group is not read out."""


@dataclass(frozen=True, slots=True)
class Able:
    """One requirement that still waits: `need` of `label`, of which `have` are there.

    `people` are the names of those who may still decide; `cannot` of those who are named and may not: nobody in Slack is
    linked to them, or they are barred. `many` where there are more than were looked at. `late` are the names of those who
    came into a mirrored group while the stage was open, and so do not count in it.
    """

    stage: str
    is_open: bool
    label: str
    need: int
    have: int
    people: tuple[str, ...]
    cannot: tuple[str, ...]
    many: bool
    late: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seat:
    """A stage in which one person has a say, and under which names."""

    stage: str
    is_open: bool
    labels: tuple[str, ...]


def who_can_still(reader: Reader, request: Request) -> tuple[Able, ...]:
    """Of the open stage and those to come; nothing once it is over, and nothing for checks."""
    if not request.is_open:
        return ()
    return tuple(able for standing in stand(request).stages for able in _of_stage(reader, request, standing))


def _of_stage(reader: Reader, request: Request, standing: StageStanding) -> Iterator[Able]:
    if standing.state not in (StageState.OPEN, StageState.WAITING):
        return
    for requirement, result in zip(standing.stage.requirements, standing.results, strict=True):
        if not result.met and requirement.sources:
            yield _able(reader, request, standing, requirement, result)


def _able(reader: Reader, request: Request, standing: StageStanding, requirement: Requirement, result: Result) -> Able:
    ids, many = _named(reader, request, requirement)
    found = [one for one in _by_name(reader.people(ids, request.project).values()) if one.active]
    asked = [one for one in found if sits_in(request, requirement, seats_of(request, one))]
    waiting = [one for one in asked if one.id not in result.by]
    able = [one for one in waiting if _may(request, one)]
    return Able(
        standing.stage.title,
        standing.state is StageState.OPEN,
        requirement.label,
        result.need,
        result.have,
        tuple(one.name for one in able),
        tuple(one.name for one in waiting if one not in able),
        many,
        tuple(one.name for one in found if one not in asked and _is_late(request, standing, requirement, one)),
    )


def _is_late(request: Request, standing: StageStanding, requirement: Requirement, person: Person) -> bool:
    """In a mirrored group that is asked, and not counted for it."""
    asked = {source.principal for source in requirement.sources}
    if standing.stage.number != request.stage or any(moved.giver == person.id for moved in request.hand_overs):
        return False
    return not request.plan.late_members and bool(asked & person.came.keys() & person.principals)


def _named(reader: Reader, request: Request, requirement: Requirement) -> tuple[set[str], bool]:
    ids: set[str] = {moved.taker for moved in request.hand_overs}
    many = False
    for source in requirement.sources:
        behind = reader.roster(source.principal, request.project, LOOKED_AT + 1)
        many |= len(behind) > LOOKED_AT
        ids |= set(sorted(behind)[:LOOKED_AT])
    return ids, many


def _may(request: Request, person: Person) -> bool:
    return person.pinned and person.may(Verb.APPROVE) and person.id not in request.plan.barred


def _by_name(people: Iterable[Person]) -> list[Person]:
    return sorted(people, key=lambda one: one.name.lower())


def where_they_sit(reader: Reader, request: Request, member: str) -> tuple[Seat, ...]:
    """The stages that ask for this member, and as what."""
    person = reader.person(member, request.project)
    if person is None:
        return ()
    seats = seats_of(request, person)
    return tuple(_seat(request, stage, seats) for stage in named_stages(request, person))


def _seat(request: Request, stage: Stage, seats: frozenset[str]) -> Seat:
    sources = (source for requirement in stage.requirements for source in requirement.sources)
    labels = dict.fromkeys(source.said for source in sources if source.principal in seats)
    return Seat(stage.title, request.is_open and stage.number == request.stage, tuple(labels))
