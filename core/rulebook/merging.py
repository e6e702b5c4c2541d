"""Merging what rules, policies, the project and the request ask for into one row of stages.

Each asker's requirements are put under keys; under one key the larger minimum and the later stage win. Taking the larger
is idempotent, commutative and associative, so neither the order of the askers nor repeating one of them matters, and
nothing that one of them asks for is lost. An asker's own repetition (two different people of one group, one after the other)
is counted from its last, so that it stays as it was.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from functools import reduce

from core.model.explanation import Because
from core.model.quick import dataclass
from core.model.request import Stage, unnamed
from core.model.requirement import Requirement

BEFORE = 0
"""The stage that stands before all people: checks, and policies that have not answered."""


@dataclass(frozen=True, slots=True)
class Asker:
    """`id` is a cause (`rule:…`, `policy:…`) or a word; `name` is how the explanation calls it (`rule prod deploys`)."""

    id: str
    name: str
    stages: tuple[Stage, ...]


_Key = tuple[Hashable, int]


@dataclass(frozen=True, slots=True)
class _Wanted:
    requirement: Requirement
    stage: int
    askers: tuple[Asker, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """`because` says who asked for each requirement; `ids` maps an asker's id to the ids of its requirements."""

    stages: tuple[Stage, ...]
    because: tuple[Because, ...]
    ids: Mapping[str, tuple[str, ...]]


def merge(askers: Iterable[Asker]) -> Merged:
    askers = tuple(askers)
    if not askers:
        return Merged((), (), {})
    wants: defaultdict[_Key, list[_Wanted]] = defaultdict(list)
    for asker in askers:
        for key, want in _wants(asker).items():
            wants[key].append(want)
    return _number([_joined(alike) for alike in wants.values()], _names(askers))


def _wants(asker: Asker) -> dict[_Key, _Wanted]:
    seen: dict[Hashable, int] = {}
    wants: list[tuple[_Key, _Wanted]] = []
    for stage in sorted(asker.stages, key=lambda stage: -stage.number):
        for requirement in reversed(stage.requirements):
            called = requirement.key
            seen[called] = seen.get(called, 0) + 1
            key = (called, seen[called])
            wants.append((key, _Wanted(requirement, stage.number, (asker,))))
    return dict(reversed(wants))


def _joined(alike: list[_Wanted]) -> _Wanted:
    """All that is wanted under one key, each asker once."""
    if len(alike) == 1:
        return alike[0]
    requirement = reduce(lambda one, other: one.joined(other), (want.requirement for want in alike))
    askers = (asker for want in alike for asker in want.askers)
    return _Wanted(requirement, max(want.stage for want in alike), tuple(askers))


_NUMBERED = re.compile(r"Stage \d+")


def _names(askers: tuple[Asker, ...]) -> dict[int, tuple[str, ...]]:
    """The names given to each stage, mere numbers left out."""
    names: dict[int, tuple[str, ...]] = {}
    for asker in askers:
        for stage in asker.stages:
            if not _NUMBERED.fullmatch(stage.name):
                names[stage.number] = tuple(dict.fromkeys((*names.get(stage.number, ()), stage.name)))
    return names


def _number(wanted: list[_Wanted], names: Mapping[int, tuple[str, ...]]) -> Merged:
    """Stages from 1 on without gaps, whatever merging left empty; the stage before all people stays 0."""
    held = sorted({want.stage for want in wanted})
    first = BEFORE if held[:1] == [BEFORE] else 1
    stages: list[Stage] = []
    because: list[Because] = []
    ids: dict[str, tuple[str, ...]] = {}
    for number, old in enumerate(held, start=first):
        here = [want for want in wanted if want.stage == old]
        called = [want.requirement.called(f"s{number}r{place}") for place, want in enumerate(here, start=1)]
        stages.append(Stage(number, ", ".join(names.get(old, ())) or unnamed(number), tuple(called)))
        for want, requirement in zip(here, called, strict=True):
            names_of = tuple(dict.fromkeys(asker.name for asker in want.askers))
            because.append(Because(requirement.id, requirement.label, number, names_of))
            for asker in want.askers:
                ids[asker.id] = (*ids.get(asker.id, ()), requirement.id)
    return Merged(tuple(stages), tuple(because), ids)
