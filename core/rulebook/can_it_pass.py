"""Can this ever pass? The same matching as at the vote, over the people who could still say yes."""

from __future__ import annotations

from collections.abc import Mapping

from core.model.people import Person, Verb
from core.model.request import Plan
from core.model.requirement import Requirement
from core.standing import Slot, match, people_to_fix


def what_is_missing(plan: Plan, rosters: Mapping[str, tuple[Person, ...]]) -> tuple[str, ...]:
    """The labels of requirements that too few people could ever meet; empty when all can be. `rosters` by principal."""
    wanted: dict[Slot, list[str]] = {}
    short: dict[tuple[int, str], str] = {}
    for stage in plan.stages:
        for requirement in stage.requirements:
            able = _able(plan, requirement, rosters)
            fixed = people_to_fix(requirement, _members(rosters), plan.barred) if requirement.fixes_people else None
            slots = requirement.slots(fixed)
            if not slots or (fixed is not None and fixed - set(able)):
                short[(stage.number, requirement.id)] = requirement.label
            for place in range(slots):
                wanted[(stage.number, requirement.id, place)] = able
    filled = match(wanted) if plan.distinct else _each_alone(wanted)
    unfilled = {slot[:2] for slot in wanted if slot not in filled}
    return tuple(r.label for s in plan.stages for r in s.requirements if (s.number, r.id) in unfilled | short.keys())


def _members(rosters: Mapping[str, tuple[Person, ...]]) -> dict[str, frozenset[str]]:
    return {principal: frozenset(person.id for person in people) for principal, people in rosters.items()}


def _able(plan: Plan, requirement: Requirement, rosters: Mapping[str, tuple[Person, ...]]) -> list[str]:
    """Active, entitled, not barred, and with a way in that may decide here."""
    people = (person for source in requirement.sources for person in rosters.get(source.principal, ()))
    return sorted({p.id for p in people if p.may(Verb.APPROVE) and p.id not in plan.barred and _has_a_way(plan, p)})


def _has_a_way(plan: Plan, person: Person) -> bool:
    """Slack and single sign-on know a person by a pinned identity; a personal token needs none."""
    return person.pinned or "token" in plan.decide_in


def _each_alone(wanted: dict[Slot, list[str]]) -> dict[Slot, str]:
    """Without `distinct` a person may fill a slot of every requirement, but only one of each."""
    filled: dict[Slot, str] = {}
    for key in dict.fromkeys(slot[:2] for slot in wanted):
        filled |= match({slot: able for slot, able in wanted.items() if slot[:2] == key})
    return filled
