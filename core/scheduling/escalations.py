"""Escalations of a plan: when one falls due, for which requirements of the open stage, and what the plan is after it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from core.model.request import Escalates, Plan, Request
from core.model.requirement import Requirement, Source
from core.standing import stand


@dataclass(frozen=True, slots=True)
class Waiting:
    """An escalation that has not yet acted on these unmet requirements; `place` is its place in the plan."""

    place: int
    escalation: Escalates
    requirements: tuple[Requirement, ...]


def key(place: int, requirement: str) -> str:
    """How it is remembered that the escalation at this place has acted on a requirement."""
    return f"{place}/{requirement}"


def waiting_escalations(request: Request) -> tuple[Waiting, ...]:
    if not request.plan.escalations or not request.is_open:
        return ()
    unmet = {
        requirement.id: requirement
        for standing in stand(request).stages
        if standing.stage.number == request.stage
        for requirement, result in zip(standing.stage.requirements, standing.results, strict=True)
        if not result.met
    }
    return tuple(_waiting(request, unmet))


def _waiting(request: Request, unmet: dict[str, Requirement]) -> Iterable[Waiting]:
    for place, escalation in enumerate(request.plan.escalations):
        left = (id for id in escalation.requirements if id in unmet and key(place, id) not in request.escalated)
        requirements = tuple(unmet[id] for id in left)
        if requirements:
            yield Waiting(place, escalation, requirements)


def next_escalation(request: Request) -> datetime | None:
    """When the next one comes, counted from the opening of the stage; none past the deadline."""
    if not request.plan.escalations or request.stage_opened_at is None:
        return None
    opened = request.stage_opened_at
    at = min((opened + one.escalation.after for one in waiting_escalations(request)), default=None)
    return at if at is not None and (request.expires_at is None or at < request.expires_at) else None


def after_escalation(plan: Plan, requirements: Iterable[str], to: tuple[Source, ...], *, reassign: bool) -> Plan:
    """The people of an `all` can be replaced; others cannot join them, for then more would be asked and not fewer."""
    chosen = frozenset(requirements)

    def widened(requirement: Requirement) -> Requirement:
        if requirement.id not in chosen or (requirement.fixes_people and not reassign):
            return requirement
        return requirement.bound(lambda source: to if reassign else (source, *to))

    stages = (
        replace(stage, requirements=tuple(widened(requirement) for requirement in stage.requirements))
        for stage in plan.stages
    )
    return replace(plan, stages=tuple(stages))


def with_escalations(plan: Plan, done: Iterable[str]) -> Plan:
    """A plan as it would be had its escalations acted as before."""
    for word in done:
        place, _, requirement = word.partition("/")
        if int(place) < len(plan.escalations):
            escalation = plan.escalations[int(place)]
            plan = after_escalation(plan, (requirement,), escalation.to, reassign=escalation.reassign)
    return plan
