"""What must be known before a command is decided: the project, who acts, whom the plan could ask. Fetched, then judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from core.desk.call import Call, Moved
from core.desk.emergencies import with_emergencies
from core.desk.offers import with_offers
from core.errors import Invalid, NotFound
from core.lifecycle import Facts, content_after, overdue
from core.lifecycle.changing import judge_change, not_from_outside
from core.lifecycle.facts import Problem
from core.lifecycle.fields import misfits
from core.lifecycle.who import holder_of
from core.model import command as c
from core.model.altered import altered
from core.model.change import is_change_type
from core.model.organisation import BUILT_IN_TYPES, Project, RequestType
from core.model.people import Actor, Person, Verb, clock_actor
from core.model.request import Content, Judgement, Plan, Request, Stage
from core.model.requirement import Source
from core.phrases import phrase
from core.ports import Transaction
from core.rulebook.can_it_pass import what_is_missing
from core.rulebook.given import NOTHING, Given
from core.rulebook.judge import can_be_spared, who_ask
from core.rulebook.judged import judged
from core.scheduling.escalations import next_escalation

ROSTER = 25
"""People looked at behind one principal when asking whether a plan can pass, beside those that it needs and that are barred."""

EVERYBODY = 500
"""People behind one principal of an `all` requirement."""

ADVANCING: Final = (c.Approve, c.BreakGlass, c.Withdraw, c.GrantLease, c.ReportCheck, c.RunCheck)
"""Commands after which another stage may open, without another plan."""

RELYING: Final = (c.Approve, c.BreakGlass, c.Judge, c.ReportCheck, c.RunCheck)
"""Commands after which approvals may no longer count: whoever gave them must still be there."""

ABOUT_A_CHECK: Final = (c.ReportCheck, c.RunCheck)

WITH_CONTENT: Final = (c.Create, c.Revise)

Types = Mapping[str, RequestType]
Counts = Callable[[str, Person], bool]
"""Whether a person counts among those behind a principal."""


def gather(tx: Transaction, request: Request | None, call: Call, *, project: Project, fresh: str) -> Facts:
    """Everything `decide` may ask for this command, as of this transaction."""
    actor, command = call.actor, call.command
    people = tx.people(people_needed(request, actor, command), project.id)
    facts = Facts(
        now=tx.now(),
        actor=actor,
        fresh=fresh,
        project=project,
        type=type_called(call.types, _type_word(request, command)),
        person=people.get(actor.id) if actor.is_member else None,
        agent=tx.agent(actor.id) if actor.is_agent else None,
        people=people,
        problems=call.problems,
        check=tx.check_called(project.organisation, command.name) if isinstance(command, ABOUT_A_CHECK) else None,
        open_count=_count_open(tx, actor, project) if isinstance(command, c.Create) else 0,
        number=call.number,
    )
    return _judged(tx, request, call, with_emergencies(tx, request, command, facts))


def _count_open(tx: Transaction, actor: Actor, project: Project) -> int:
    """As far as the limit for agents; nobody else has one."""
    return tx.count_open(actor.key, project.settings.open_requests_per_agent) if actor.is_agent else 0


def as_clock(facts: Facts, request: Request) -> Facts:
    """The same facts in the hands of the clock."""
    return altered(facts, actor=clock_actor(request.organisation), person=None, agent=None, judgement=None)


def _judged(tx: Transaction, request: Request | None, call: Call, facts: Facts) -> Facts:
    command = call.command
    if call.change is not None:
        return altered(facts, change=True, judgement=judge_change(call.change, facts.project.settings.decide_in))
    proposal = content_after(request, command, facts.type)
    if proposal is not None:
        given = _given(tx, request, call, facts, proposal[1])
        judgement = _judgement(request, command, facts, proposal[1], given)
        few = rosters(tx, judgement.plan, facts.project.id, beside=len(judgement.plan.barred))
        facts = altered(facts, judgement=judgement, rosters=few)
        return facts if facts.problems else _with_what_is_missing(tx, request, command, proposal[1], facts)
    if isinstance(command, c.Approve) and request is not None and (command.edits or request.plan.bounds):
        _must_know_newest_types(tx, call, facts)
    if isinstance(command, ADVANCING) and request is not None and _fixes_people(request.plan):
        return altered(facts, rosters=rosters(tx, _only_fixing(request.plan), facts.project.id))
    return facts


def _must_know_newest_types(tx: Transaction, call: Call, facts: Facts) -> None:
    """Where nothing is judged, nothing else would find bounds to be old: those that edits break, and those kept with an approval."""
    if tx.rulebook_version(facts.project.organisation) != call.version:
        raise Moved


def _given(tx: Transaction, request: Request | None, call: Call, facts: Facts, named: tuple[Stage, ...]) -> Given:
    """What was fetched, if it was fetched for these rules and this revision, and what may answer for the people.

    One comparison where there are no rules.
    """
    weighed = call.weighed
    if weighed is None or tx.rulebook_version(facts.project.organisation) != weighed.version:
        raise Moved
    if request is not None and weighed.revision not in (None, request.revision):
        raise Moved
    before = request.plan if request is not None and isinstance(call.command, c.Judge) else None
    given = weighed.at(facts.now, tx, before)
    if not can_be_spared(given, named):
        return given
    return with_offers(tx, given, request, call.command, facts, call.draw)


def _judgement(
    request: Request | None, command: c.Command, facts: Facts, named: tuple[Stage, ...], given: Given
) -> Judgement:
    asked = command if isinstance(command, c.Create) else request
    if asked is None:
        raise Invalid(phrase("There is nothing to judge."))
    return judged(
        asking=who_ask(asked.requester, asked.on_behalf_of),
        project=facts.project,
        type=facts.type,
        named=named,
        distinct=asked.distinct,
        notify=asked.notify,
        given=given,
    )


def _with_what_is_missing(
    tx: Transaction, request: Request | None, command: c.Command, named: tuple[Stage, ...], facts: Facts
) -> Facts:
    """Who asks for what nobody can give must name others; where rules do, the request opens and admins are told."""
    judgement = facts.judgement
    if judgement is None or not _missing(tx, judgement.plan, facts.rosters, facts.project.id):
        return facts
    short = _missing(tx, judgement.plan, rosters(tx, judgement.plan, facts.project.id), facts.project.id)
    if not short:
        return facts
    own = _judgement(request, command, facts, named, NOTHING).plan
    if own != judgement.plan:
        short_of = _missing(tx, own, rosters(tx, own, facts.project.id), facts.project.id) if named else ()
        if not short_of:
            return altered(facts, impossible=short)
        short = short_of
    return altered(facts, problems=tuple(_too_few(label) for label in short))


def _too_few(label: str) -> Problem:
    return Problem("approvers", phrase("Too few people could ever approve as {label}; name others.", label=label))


def _counts(_principal: str, _person: Person) -> bool:
    return True


def _missing(
    tx: Transaction, plan: Plan, people_behind: Mapping[str, frozenset[str]], project: str, counts: Counts = _counts
) -> tuple[str, ...]:
    if not plan.stages:
        return ()
    everybody = frozenset[str]().union(*people_behind.values())
    people = tx.people(everybody, project)
    present: dict[str, tuple[Person, ...]] = {
        principal: tuple(people[id] for id in sorted(members) if id in people and counts(principal, people[id]))
        for principal, members in people_behind.items()
    }
    return what_is_missing(plan, present)


def for_the_clock(tx: Transaction, request: Request, project: Project, fresh: str) -> Facts:
    """What a ring needs: people only where an end or an escalation is due."""
    now = tx.now()
    facts = Facts(now, clock_actor(request.organisation), fresh, project, BUILT_IN_TYPES["custom"])
    if overdue(request, now):
        return altered(facts, impossible=still_missing(tx, request))
    at = next_escalation(request)
    if at is None or now < at:
        return facts
    deciders = relied_on(request)
    to = {source.principal for escalation in request.plan.escalations for source in escalation.to}
    behind = {principal: tx.roster(principal, project.id, EVERYBODY) for principal in to}
    fixing = rosters(tx, _only_fixing(request.plan), project.id)
    return altered(facts, people=tx.people(deciders, project.id), rosters={**fixing, **behind})


def still_missing(tx: Transaction, request: Request) -> tuple[str, ...]:
    """What of the open stage and those after it too few people are left for. A seat is looked for where it was handed to."""
    if not request.is_open:
        return ()
    stages = tuple(_as_held(request, stage) for stage in request.plan.stages if stage.number >= request.stage)
    plan = altered(request.plan, stages=stages)
    gone = tuple(_gone(tx, request, stages))
    if gone:
        return gone
    held = _held(request, rosters(tx, plan, request.project, beside=ROSTER + len(request.hand_overs)))
    return _missing(tx, plan, held, request.project, _who_counts(request, stages))


def _as_held(request: Request, stage: Stage) -> Stage:
    """The stage with whoever was named one by one replaced by whoever holds their seat now."""
    if not request.hand_overs:
        return stage

    def bind(source: Source) -> tuple[Source, ...]:
        kind, _, member = source.principal.partition(":")
        held = kind == "member"
        return (altered(source, principal=f"member:{holder_of(request, member)}") if held else source,)

    return altered(stage, requirements=tuple(requirement.bound(bind) for requirement in stage.requirements))


def _held(request: Request, behind: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The people behind groups and the like, with those who took a seat over in the place of those who gave it."""
    people = dict(behind)
    for moved in request.hand_overs:
        for name in moved.principals & people.keys():
            if not name.startswith("member:"):
                people[name] = people[name] - {moved.giver} | {moved.taker}
    return people


def _who_counts(request: Request, stages: tuple[Stage, ...]) -> Counts:
    """Whoever came late into a mirrored group that only the open stage asks does not count there."""
    opened = request.late_after
    if opened is None:
        return _counts
    after = (requirement for stage in stages if stage.number > request.stage for requirement in stage.requirements)
    later = {source.principal for requirement in after for source in requirement.sources}
    taken = {(name, moved.taker) for moved in request.hand_overs for name in moved.principals}

    def counts(principal: str, person: Person) -> bool:
        return principal in later or (principal, person.id) in taken or person.came.get(principal, opened) <= opened

    return counts


def _gone(tx: Transaction, request: Request, stages: tuple[Stage, ...]) -> Iterator[str]:
    """Requirements whose people were fixed and are no longer all there."""
    if not request.fixed:
        return
    holders = {member: holder_of(request, member) for member in frozenset[str]().union(*request.fixed.values())}
    people = tx.people(frozenset(holders.values()), request.project)
    for requirement in (requirement for stage in stages for requirement in stage.requirements):
        fixed = [holders[member] for member in request.fixed.get(requirement.id, ())]
        if any(member not in people or not people[member].may(Verb.APPROVE) for member in fixed):
            yield requirement.label


def people_needed(request: Request | None, actor: Actor, command: c.Command) -> frozenset[str]:
    needed = {actor.id} if actor.is_member else set()
    if request is not None and request.decisions and isinstance(command, RELYING):
        needed |= relied_on(request)
    if isinstance(command, c.GiveSeat):
        needed.add(command.taker)
    return frozenset(needed)


def relied_on(request: Request) -> frozenset[str]:
    """Everybody who must still be there for the approvals to count: who gave them, and in whose place."""
    return frozenset().union(*[decision.relies_on for decision in request.decisions if decision.counts])


def type_called(types: Types, word: str) -> RequestType:
    return types.get(word) or types["custom"]


def type_problem(types: Types, content: Content) -> tuple[Problem, ...]:
    if content.type in types:
        return misfits(types[content.type], content)
    if is_change_type(content.type):
        return (Problem("type", not_from_outside(content.type)),)
    return (
        Problem(
            "type", phrase("There is no type '{type}'; there are {types}.", type=content.type, types=", ".join(types))
        ),
    )


def _type_word(request: Request | None, command: c.Command) -> str:
    if isinstance(command, WITH_CONTENT):
        return command.content.type
    return request.content.type if request is not None else "custom"


def must_exist(project: Project | None) -> Project:
    if project is None:
        raise NotFound(phrase("There is no such project here; look at the list of projects."))
    return project


def with_fixed_facts(content: Content, actor: Actor) -> Content:
    """Facts fixed by an API key stand above what the caller says."""
    fixed = {name: value for name, value in actor.facts.items() if name != "acts_for"}
    return altered(content, facts={**content.facts, **fixed}) if fixed else content


def _fixes_people(plan: Plan) -> bool:
    return any(requirement.fixes_people for stage in plan.stages for requirement in stage.requirements)


def _only_fixing(plan: Plan) -> Plan:
    """The plan reduced to requirements whose people are fixed when their stage opens."""
    stages = (
        altered(stage, requirements=tuple(r for r in stage.requirements if r.fixes_people)) for stage in plan.stages
    )
    return altered(plan, stages=tuple(stages))


def rosters(tx: Transaction, plan: Plan, project: str, *, beside: int = ROSTER) -> dict[str, frozenset[str]]:
    """The active members behind every principal of the plan: as many as it could need in all, and so many `beside`."""
    requirements = [requirement for stage in plan.stages for requirement in stage.requirements]
    enough = beside + sum(requirement.slots(None) for requirement in requirements)
    limits: dict[str, int] = {}
    for stage in plan.stages:
        for requirement in stage.requirements:
            limit = EVERYBODY if requirement.fixes_people else enough
            for source in requirement.sources:
                limits[source.principal] = max(limit, limits.get(source.principal, 0))
    return {principal: tx.roster(principal, project, limit) for principal, limit in limits.items()}
