"""Can this ever pass? The same matching as at the vote, over the people who could still say yes."""

from __future__ import annotations

from collections.abc import Mapping

from core.model.people import Person, Verb
from core.model.request import Plan
from core.standing import Slot, match


def what_is_missing(plan: Plan, rosters: Mapping[str, tuple[Person, ...]]) -> tuple[str, ...]:
    """The labels of requirements that too few people could ever meet; empty when all can be. `rosters` by principal."""
    wanted: dict[Slot, list[str]] = {}
    labels: dict[tuple[int, str], str] = {}
    for stage in plan.stages:
        for requirement in stage.requirements:
            able = _able(plan, [p for source in requirement.sources for p in rosters.get(source.principal, ())])
            labels[(stage.number, requirement.id)] = requirement.label
            for place in range(requirement.slots(None)):
                wanted[(stage.number, requirement.id, place)] = able
    filled = match(wanted) if plan.distinct else _each_alone(wanted)
    short = dict.fromkeys(slot[:2] for slot in wanted if slot not in filled)
    return tuple(labels[key] for key in short)


def _able(plan: Plan, people: list[Person]) -> list[str]:
    return sorted({p.id for p in people if p.may(Verb.APPROVE) and p.id not in plan.barred})


def _each_alone(wanted: dict[Slot, list[str]]) -> dict[Slot, str]:
    """Without `distinct` a person may fill a slot of every requirement, but only one of each."""
    filled: dict[Slot, str] = {}
    for key in dict.fromkeys(slot[:2] for slot in wanted):
        filled |= match({slot: able for slot, able in wanted.items() if slot[:2] == key})
    return filled
