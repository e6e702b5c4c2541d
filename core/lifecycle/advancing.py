"""From stage to stage: opening one, what follows from the votes as they are, approvals that lapse, the yes."""

from __future__ import annotations

from core.lifecycle import who
from core.lifecycle.evolve import fold
from core.lifecycle.facts import Facts
from core.model import event as e
from core.model.altered import altered
from core.model.emergency import CAUSE
from core.model.people import Absent, Person, Verb, Way
from core.model.request import Decision, Request, Status
from core.phrases import phrase
from core.scheduling.deadlines import handed_over
from core.standing import first_unmet, people_to_fix, reports_of


def open_stage(request: Request, number: int, facts: Facts) -> e.StageOpened:
    """Opening fixes the people of `all` requirements; opening again leaves them as they were."""
    stage = request.plan.stage(number)
    fixed = {
        requirement.id: request.fixed.get(requirement.id)
        or people_to_fix(requirement, facts.rosters, request.plan.barred)
        for requirement in (stage.requirements if stage else ())
        if requirement.fixes_people
    }
    return e.StageOpened(facts.now, number, fixed)


def enter(request: Request, facts: Facts) -> tuple[e.Event, ...]:
    """Opens the first stage that is not met, and goes on from there. For a plan that has just been judged."""
    first = first_unmet(request)
    opened = open_stage(request, request.plan.stages[-1].number if first is None else first, facts)
    return (opened, *advance(fold(request, (opened,)), facts))


def advance(request: Request, facts: Facts) -> tuple[e.Event, ...]:
    """What follows from the votes as they are: lapses, passed stages, the next stage, the end.

    A stage may be met the moment it opens, by approvals given before an earlier one opened again.
    """
    first, after = first_unmet(request), request
    if first == request.stage:
        return ()
    lapsed = _lapses(request, facts)
    if lapsed:
        after = fold(request, lapsed)
        first = first_unmet(after)
    if first is None:
        return (*lapsed, *_passed(after, after.plan.stages[-1].number + 1, facts), approved(after, facts))
    if first == request.stage:
        return lapsed
    opened = open_stage(after, first, facts)
    return (*lapsed, *_passed(after, first, facts), opened, *advance(fold(after, (opened,)), facts))


def _passed(request: Request, reached: int, facts: Facts) -> tuple[e.StagePassed, ...]:
    numbers = [stage.number for stage in request.plan.stages if request.stage <= stage.number < reached]
    return tuple([e.StagePassed(facts.now, number) for number in numbers])


def approved(request: Request, facts: Facts) -> e.Ended:
    """The yes of people, or of broken glass; where nobody had to be asked, of what allowed it once the checks had passed."""
    execution = handed_over(request.plan, facts.now)
    if request.glass is not None:
        status = Status.APPROVED_WITH_EDITS if request.edits else Status.APPROVED
        return e.Ended(facts.now, status, CAUSE, None, execution)
    if not any(d.counts and d.revision == request.revision for d in request.decisions):
        return e.Ended(facts.now, Status.AUTO_APPROVED, _unasked(request), None, execution)
    status = Status.APPROVED_WITH_EDITS if request.edits else Status.APPROVED
    return e.Ended(facts.now, status, "people", None, execution)


def _unasked(request: Request) -> str:
    passed = (name for name, report in sorted(reports_of(request).items()) if report.state == "passed")
    return request.plan.allowed_by or f"check:{next(passed, '')}"


def recount(request: Request, facts: Facts) -> tuple[e.Event, ...]:
    """Without the approvals of people who left; a stage that had passed by one of them is open again."""
    lapsed = _lapses(request, facts)
    if not lapsed:
        return ()
    after = fold(request, lapsed)
    first = first_unmet(after)
    if first is None or first >= request.stage:
        return lapsed
    return (*lapsed, open_stage(after, first, facts))


def _lapses(request: Request, facts: Facts) -> tuple[e.ApprovalLapsed, ...]:
    """Everybody counted must still be there and entitled."""
    counted = [d for d in request.decisions if d.counts and d.revision == request.revision and d.member in facts.people]
    reasons = [(d.id, _why_lapsed(d, request, facts)) for d in counted]
    return tuple([e.ApprovalLapsed(facts.now, id, why) for id, why in reasons if why])


def _why_lapsed(decision: Decision, request: Request, facts: Facts) -> str | None:
    """A yes given on duty outlasts the shift, one given in somebody's place the delegation, but not whom it was given for."""
    person = facts.people[decision.member]
    if not person.active:
        return phrase("{name} is no longer active here", name=decision.name)
    if decision.way is not Way.TOKEN and not person.pinned:
        return phrase("{name}'s account is no longer linked", name=decision.name)
    if not person.may(Verb.APPROVE):
        return phrase("{name} may no longer approve", name=decision.name)
    then = _as_then(decision, person, facts)
    if decision.delegated and (gone := _delegator_gone(decision, request, then)) is not None:
        return gone
    if not any(stage.number == decision.stage for stage in who.named_stages(request, then)):
        return phrase("{name} is no longer among those asked", name=decision.name)
    return None


def _as_then(decision: Decision, person: Person, facts: Facts) -> Person:
    """Whoever gave it, on duty as they were then, and in the place of those it was given for alone."""
    on_duty = {name for name in decision.principals - person.principals if name.startswith("oncall:")}
    if not on_duty and not decision.delegated and not person.stands_in_for:
        return person
    return altered(person, principals=person.principals | on_duty, stands_in_for=_stood_in_for(decision, person, facts))


def _stood_in_for(decision: Decision, giver: Person, facts: Facts) -> tuple[Absent, ...]:
    """Those in whose place it was given, as they are now; who has just decided brings theirs along."""
    known = {**{absent.person.id: absent.person for absent in giver.stands_in_for}, **facts.people}
    return tuple(Absent(known[one.delegator], one.delegation) for one in decision.delegated if one.delegator in known)


def _delegator_gone(decision: Decision, request: Request, giver: Person) -> str | None:
    """Why one of those in whose place it was given has that place no longer."""
    there = {absent.person.id for absent in giver.stands_in_for if absent.person.active}
    may = {one.delegator for one in who.delegated_to(request, giver)}
    for one in decision.delegated:
        if one.delegator not in there:
            return phrase(
                "{delegator}, for whom {name} decided, is no longer active here", delegator=one.name, name=decision.name
            )
        if one.delegator not in may:
            return phrase(
                "{delegator}, for whom {name} decided, may no longer approve", delegator=one.name, name=decision.name
            )
    return None
