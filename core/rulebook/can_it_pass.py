"""Can this ever pass? The same matching as at the vote, over the people who could still say yes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import chain, islice, product

from core.model.in_hand import KEPT, InHand
from core.model.matching import match
from core.model.organisation import Project
from core.model.people import Person, Verb
from core.model.request import Plan
from core.model.requirement import Requirement
from core.model.rule import Rule
from core.phrases import language_now
from core.rulebook.binding import bind_stages, binder, is_unbound
from core.standing import CHOICES, Slot, people_to_fix


def what_is_missing(plan: Plan, rosters: Mapping[str, tuple[Person, ...]]) -> tuple[str, ...]:
    """The labels of requirements that too few people could ever meet; empty when all can be. `rosters` by principal.

    Most of what is asked is asked of the same people by the same plan, and is not worked out again.
    """
    everybody = chain.from_iterable(rosters.values())
    sizes = tuple([(principal, len(people)) for principal, people in rosters.items()])
    return _missing(InHand(plan, language_now(), *everybody), sizes)


@lru_cache(maxsize=KEPT)
def _missing(known: InHand, sizes: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    plan, _, *everybody = known.held
    people = iter(everybody)
    rosters: dict[str, tuple[Person, ...]] = {principal: tuple(islice(people, size)) for principal, size in sizes}
    asked = [(stage.number, requirement) for stage in plan.stages for requirement in stage.requirements]
    groups = [asked] if plan.distinct else [[one] for one in asked]
    short = frozenset[tuple[int, str]]().union(*(_shortest(plan, group, rosters) for group in groups))
    return tuple(requirement.label for stage, requirement in asked if (stage, requirement.id) in short)


def what_a_rule_lacks(rule: Rule, project: Project, rosters: Mapping[str, tuple[Person, ...]]) -> tuple[str, ...]:
    """The labels of what nobody in this project could ever meet, were this the only rule.

    Fields and schedules stand for people only once there is a request: requirements that name one are left out.
    """
    bound = bind_stages(rule.stages, binder(project.id, {}))
    stages = (
        replace(stage, requirements=tuple(r for r in stage.requirements if not any(map(is_unbound, r.sources))))
        for stage in bound
    )
    plan = Plan(stages=tuple(stages), distinct=rule.distinct, decide_in=project.settings.decide_in)
    return what_is_missing(plan, rosters)


Asked = list[tuple[int, Requirement]]
Short = frozenset[tuple[int, str]]


def _shortest(plan: Plan, asked: Asked, rosters: Mapping[str, tuple[Person, ...]]) -> Short:
    """What is short by the best choice among the ways of every `any_of`."""
    choices = islice(product(*(requirement.ways for _, requirement in asked)), CHOICES)
    shorts = (_short(plan, asked, ways, rosters) for ways in choices)
    return min(_until_none(shorts), key=len, default=frozenset())


def _until_none(shorts: Iterator[Short]) -> Iterator[Short]:
    for short in shorts:
        yield short
        if not short:
            return


def _short(plan: Plan, asked: Asked, ways: tuple[Requirement, ...], rosters: Mapping[str, tuple[Person, ...]]) -> Short:
    wanted: dict[Slot, list[str]] = {}
    short: set[tuple[int, str]] = set()
    for (stage, requirement), way in zip(asked, ways, strict=True):
        able = _able(plan, way, rosters)
        fixed = people_to_fix(way, _members(rosters), plan.barred) if way.fixes_people else None
        slots = way.slots(fixed)
        if (not slots and way.sources) or (fixed is not None and fixed - set(able)):
            short.add((stage, requirement.id))
        wanted |= {(stage, requirement.id, place): able for place in range(slots)}
    filled = match(wanted)
    return frozenset(short | {slot[:2] for slot in wanted if slot not in filled})


def _members(rosters: Mapping[str, tuple[Person, ...]]) -> dict[str, frozenset[str]]:
    return {principal: frozenset(person.id for person in people) for principal, people in rosters.items()}


def _able(plan: Plan, requirement: Requirement, rosters: Mapping[str, tuple[Person, ...]]) -> list[str]:
    """Active, entitled, not barred, and with a way in that may decide here."""
    people = (person for source in requirement.sources for person in rosters.get(source.principal, ()))
    return sorted({p.id for p in people if p.may(Verb.APPROVE) and p.id not in plan.barred and _has_a_way(plan, p)})


def _has_a_way(plan: Plan, person: Person) -> bool:
    """Slack and single sign-on know a person by a pinned identity; a personal token needs none."""
    return person.pinned or "token" in plan.decide_in
