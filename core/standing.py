"""How a request stands now: facts in, explained tree out. Cards, inbox, API and the lifecycle are readings of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import islice, product
from typing import Final

from core.model.in_hand import KEPT, InHand
from core.model.matching import match
from core.model.quick import dataclass
from core.model.request import Request, Stage
from core.model.requirement import NO_REPORTS, Reports, Requirement, Result, Source, Vote
from core.phrases import language_now, listed, phrase


class StageState(StrEnum):
    PASSED = "passed"
    OPEN = "open"
    WAITING = "waiting"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class StageStanding:
    """One stage explained; `results` stand in the order of its requirements."""

    stage: Stage
    state: StageState
    results: tuple[Result, ...]

    @property
    def met(self) -> bool:
        return all(result.met for result in self.results)


@dataclass(frozen=True, slots=True)
class Standing:
    """The whole request explained."""

    stages: tuple[StageStanding, ...]

    @property
    def first_unmet(self) -> int | None:
        return next((standing.stage.number for standing in self.stages if not standing.met), None)

    @property
    def waiting_on(self) -> tuple[Source, ...]:
        """Whom the open stage waits for, each once."""
        sources = (
            source
            for standing in self.stages
            if standing.state is StageState.OPEN
            for result in standing.results
            for source in result.waiting_on
        )
        return tuple(dict.fromkeys(sources))


def say_waited_for(request: Request) -> str:
    """Whom the open stage waits for; where no person is asked, which checks. Empty when it waits for nothing."""
    standing = stand(request)
    if people := people_waited_for(standing.waiting_on):
        return people
    open_now = (one for one in standing.stages if one.state is StageState.OPEN)
    labels = [result.label for one in open_now for result in one.results if not result.met]
    return listed(labels)


def stand(request: Request) -> Standing:
    """Explain the request from its decisions, and the reports of checks, alone.

    One command asks half a dozen times for the same one: for its index, its card, its notices, its answer. And whatever is
    asked alike stands alike until somebody decides.
    """
    return _stand(_AsItStands(request))


class _AsItStands:
    """Equal to another request of the same plan that stands where it does, with the same decisions, reports and glasses.

    What an explanation says is said in a language.
    """

    __slots__ = ("_known", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        these = request.decisions, request.fixed or None, request.checks or None, request.glasses
        known = InHand(request.plan, *these, language_now())
        self._known = known, request.is_open, request.stage, request.revision

    def __hash__(self) -> int:
        return hash(self._known)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _AsItStands) and self._known == other._known


@lru_cache(maxsize=KEPT)
def _stand(as_it_stands: _AsItStands) -> Standing:
    request = as_it_stands.request
    votes = {stage.number: votes_of(request, stage.number) for stage in request.plan.stages}
    chosen = _assign(request, votes) if request.plan.distinct else None
    return Standing(tuple(_explain(request, stage, votes[stage.number], chosen) for stage in request.plan.stages))


def first_unmet(request: Request) -> int | None:
    """The first stage that is not met: what deciding asks of every step, so that nothing is put into words for it."""
    if request.plan.distinct or request.glass is not None:
        return stand(request).first_unmet
    reports = reports_of(request)
    for stage in request.plan.stages:
        votes = votes_of(request, stage.number)
        for requirement in stage.requirements:
            if not requirement.is_met(votes, request.fixed.get(requirement.id), reports):
                return stage.number
    return None


def votes_of(request: Request, stage: int) -> tuple[Vote, ...]:
    """The live approvals given in this stage of the present revision, each person once."""
    counted = {
        d.member: Vote(d.member, d.signed, d.principals, d.delegated)
        for d in request.decisions
        if d.stage == stage and d.revision == request.revision and d.counts
    }
    return tuple(counted.values())


def reports_of(request: Request) -> Reports:
    """What checks have said of the present revision."""
    if not request.checks:
        return NO_REPORTS
    return {name: report for name, report in request.checks.items() if report.revision == request.revision}


def failed_checks(request: Request) -> tuple[str, ...]:
    """The checks whose last word on the present revision is no, by name."""
    return tuple(sorted(name for name, report in reports_of(request).items() if report.state == "failed"))


def waiting_principals(request: Request) -> frozenset[str]:
    """Every name the open stage waits for; those who took over a seat are waited for by their own name."""
    if not request.is_open:
        return frozenset()
    waited = frozenset([source.principal for source in stand(request).waiting_on])
    if not request.hand_overs:
        return waited
    taken: dict[str, frozenset[str]] = {}
    for seat in request.hand_overs:
        taken[seat.giver] = frozenset()
        taken[seat.taker] = taken.get(seat.taker, frozenset()) | (seat.principals & waited)
    own = waited - {f"member:{seat.giver}" for seat in request.hand_overs}
    return own | {f"member:{holder}" for holder, seats in taken.items() if seats}


NOT: Final = "not:"
"""Stands before members that a request does not wait for though one of its names is theirs, in the same index."""


def not_waited_for(request: Request) -> frozenset[str]:
    """`not:<member>` of those who may not decide it, `not:<member>:<name>` of those who gave away what they held by a name."""
    if not request.is_open:
        return frozenset()
    barred = frozenset([f"{NOT}{member}" for member in request.plan.barred])
    if not request.hand_overs:
        return barred
    given: dict[str, frozenset[str]] = {}
    for seat in request.hand_overs:
        given[seat.giver] = given.get(seat.giver, frozenset()) | seat.principals
        given[seat.taker] = given.get(seat.taker, frozenset()) - seat.principals
    called = {name for name in waiting_principals(request) if not name.startswith("member:")}
    return barred | {without(member, name) for member, names in given.items() for name in names & called}


def without(member: str, name: str) -> str:
    return f"{NOT}{member}:{name}"


LATER: Final = "later:"
"""Stands before groups that a request will ask only later, in the index of who is waited for."""


def groups_named_later(request: Request) -> frozenset[str]:
    """Groups of the stages to come and of escalations, so that requests that name them are found."""
    if not request.is_open:
        return frozenset()
    stages = (stage for stage in request.plan.stages if stage.number > request.stage)
    sources = [source for stage in stages for one in stage.requirements for source in one.sources]
    sources += [source for escalation in request.plan.escalations for source in escalation.to]
    return frozenset(f"{LATER}{one.principal}" for one in sources if one.principal.startswith("group:"))


def filled_before(request: Request) -> dict[str, int]:
    """Where people must differ: whose places, and by whose votes, are filled in stages before the open one; and in which."""
    found: dict[str, int] = {}
    if not request.plan.distinct:
        return found
    votes = {stage.number: votes_of(request, stage.number) for stage in request.plan.stages}
    for (stage, _, _), place in _assign(request, votes).items():
        if stage < request.stage:
            filled_by = (vote.member for vote in votes[stage] if place in dict(vote.places))
            found |= dict.fromkeys((place, *filled_by), stage)
    return found


Slot = tuple[int, str, int]
"""Stage number, requirement id, and which of its needed people."""


def _explain(request: Request, stage: Stage, votes: tuple[Vote, ...], chosen: dict[Slot, str] | None) -> StageStanding:
    reports = reports_of(request)
    results = tuple(
        requirement.standing(_usable(stage, requirement, votes, chosen), request.fixed.get(requirement.id), reports)
        for requirement in stage.requirements
    )
    results = _without_people(request, stage, results)
    return StageStanding(stage, _state(request, stage, results), results)


def _without_people(request: Request, stage: Stage, results: tuple[Result, ...]) -> tuple[Result, ...]:
    """Broken glass stands for the people, of this revision alone; it is nobody's approval."""
    glass = request.glass
    if glass is None:
        return results
    said = phrase("not asked, {name} broke the glass", name=glass.name)
    pairs = zip(stage.requirements, results, strict=True)
    return tuple(requirement.without_people(result, said) for requirement, result in pairs)


def _usable(
    stage: Stage, requirement: Requirement, votes: tuple[Vote, ...], chosen: dict[Slot, str] | None
) -> tuple[Vote, ...]:
    if chosen is None:
        return votes
    here = {member for slot, member in chosen.items() if slot[:2] == (stage.number, requirement.id)}
    return tuple(vote.only_for(here) for vote in votes if any(who in here for who, _ in vote.places))


def _state(request: Request, stage: Stage, results: tuple[Result, ...]) -> StageState:
    if request.is_open:
        if stage.number == request.stage:
            return StageState.OPEN
        return StageState.PASSED if stage.number < request.stage else StageState.WAITING
    return StageState.PASSED if all(result.met for result in results) else StageState.NOT_REACHED


CHOICES = 256
"""Combinations of ways through `any_of` looked at; a plan with more might wait for one vote more than it needs."""


def _assign(request: Request, votes: dict[int, tuple[Vote, ...]]) -> dict[Slot, str]:
    """Give each slot at most one person and each person at most one slot, as many as can be; earlier stages first.

    Augmenting paths never free a slot once it is filled, so that the order of clicks does not matter and a passed
    stage stays passed. Where `any_of` leaves a choice, the one that meets the earliest requirements is taken.
    """
    requirements = [(stage.number, requirement) for stage in request.plan.stages for requirement in stage.requirements]
    ways_through = product(*(requirement.ways for _, requirement in requirements))
    choices = list(islice(product(ways_through, _whose_places(votes)), CHOICES))
    best = match(_slots(request, requirements, *choices[0], votes))
    met: tuple[bool, ...] = ()
    for ways, places in choices if len(choices) > 1 else ():
        chosen = match(_slots(request, requirements, ways, places, votes))
        now_met = tuple(
            result.met for stage in request.plan.stages for result in _results(request, stage, votes, chosen)
        )
        if now_met > met:
            best, met = chosen, now_met
        if all(met):
            break
    return best


def _whose_places(votes: dict[int, tuple[Vote, ...]]) -> list[dict[str, str]]:
    """Every way in which delegates fill places, their own or a delegator's: one person, one place in the whole request."""
    could: dict[str, dict[str, None]] = {}
    for vote in (vote for stage in votes.values() for vote in stage if vote.delegated):
        could.setdefault(vote.member, {}).update(dict.fromkeys(who for who, _ in vote.places))
    members = sorted(could)
    every = product(*(sorted(could[member]) for member in members))
    return [dict(zip(members, places, strict=True)) for places in islice(every, CHOICES)]


def _results(
    request: Request, stage: Stage, votes: dict[int, tuple[Vote, ...]], chosen: dict[Slot, str]
) -> tuple[Result, ...]:
    return _explain(request, stage, votes[stage.number], chosen).results


def _slots(
    request: Request,
    requirements: list[tuple[int, Requirement]],
    ways: tuple[Requirement, ...],
    places: Mapping[str, str],
    votes: dict[int, tuple[Vote, ...]],
) -> dict[Slot, list[str]]:
    """Who could take each slot, if every requirement is to be met by the way chosen for it, and each delegate is so placed."""
    wanted: dict[Slot, list[str]] = {}
    for (stage, requirement), way in zip(requirements, ways, strict=True):
        fixed = request.fixed.get(requirement.id)
        filled = ((places.get(vote.member, vote.member), way.fills(vote, fixed)) for vote in votes[stage])
        fitting = [place for place, fits in filled if place in fits]
        for place in range(way.slots(fixed)):
            wanted[(stage, requirement.id, place)] = fitting
    return wanted


def people_to_fix(
    requirement: Requirement, rosters: Mapping[str, frozenset[str]], barred: frozenset[str]
) -> frozenset[str]:
    """The people an `all` requirement is fixed to when its stage opens: barred ones of a group are left out.

    A person named one by one is waited for even when away or barred: an `all` never becomes smaller.
    """
    people: frozenset[str] = frozenset()
    for source in requirement.sources:
        if source.principal.startswith("member:"):
            people |= {source.principal.removeprefix("member:")}
        else:
            people |= rosters.get(source.principal, frozenset()) - barred
    return people


def people_waited_for(sources: Iterable[Source]) -> str:
    """`@platform, Ada and anyone who may approve`, for sentences."""
    return listed(dict.fromkeys(source.said for source in sources))
