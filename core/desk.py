"""The only door for change: load, read the clock, decide, fold, save, commit; then the world is told.

A command runs in one transaction. What time alone has ended is written first. A refusal is an event too: it is saved
and committed, and only then raised. Deliveries and notices are rows of the same transaction; the courier sends them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import ApprovalError, Conflict, Invalid, NotFound, TooSoon, Unavailable
from core.lifecycle import Facts, content_after, decide, fold, overdue, stored_decision
from core.lifecycle.facts import Problem
from core.lifecycle.who import may_read
from core.model import command as c
from core.model import event as e
from core.model.organisation import BUILT_IN_TYPES, Project, RequestType
from core.model.people import Actor, Person, clock_actor
from core.model.request import Content, Decision, Judgement, Plan, Request, Requester, Stage
from core.naming import Draft, DraftRequirement, DraftStage, Named, find_member, find_project, name_stages
from core.outgoing import Outgoing
from core.ports import Idempotency, KeyTaken, Reader, Remembered, StaleVersion, Store, Transaction
from core.rulebook.can_it_pass import what_is_missing
from core.rulebook.judge import judge

__all__ = ["Desk", "Done", "Draft", "DraftRequirement", "DraftStage", "Idempotency"]

ROSTER = 25
"""People looked at behind one principal when asking whether a plan can pass; enough for any bars and minimum."""

EVERYBODY = 500
"""People behind one principal of an `all` requirement."""

TRIES = 5

UNRECORDED = (Invalid, TooSoon, Unavailable)
"""Refusals that are no act of anybody: only logged and counted, never in the ledger."""

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Done:
    """The request after a command; `decision` is the one given or found, `replayed` true when nothing new happened."""

    request: Request
    decision: Decision | None = None
    replayed: bool = False
    events: tuple[e.Event, ...] = ()


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A refusal on its way out of a transaction that must commit."""

    error: ApprovalError


class Desk:
    """Takes commands from every edge alike. `fresh` gives an unused ULID, `outlets` are the words of those in use."""

    def __init__(
        self,
        store: Store,
        *,
        fresh: Callable[[], str],
        outlets: tuple[str, ...] = (),
        types: Mapping[str, RequestType] = BUILT_IN_TYPES,
    ) -> None:
        self._store = store
        self._fresh = fresh
        self._types = types
        self._outgoing = Outgoing(outlets, fresh)

    async def create(
        self, actor: Actor, draft: Draft, *, once: Idempotency | None = None, deadline: float | None = None
    ) -> Done:
        """A new request, judged; 403 before 400, as everywhere."""
        project, named, behalf = await self._store.read(lambda reader: self._look_up(reader, actor, draft))
        problems = (*named.problems, *self._type_problem(draft.content))
        command = c.Create(
            project=project.id,
            content=_with_fixed_facts(draft.content, actor),
            requester=Requester(actor.kind, actor.id, actor.name, actor.team),
            stages=named.stages,
            distinct=draft.distinct,
            notify=draft.notify,
            on_behalf_of=behalf,
            supersede_key=draft.supersede_key,
            expires_at=draft.expires_at,
        )
        number = await self._store.next_number(actor.organisation)

        def work(tx: Transaction) -> Done | _Refusal:
            return _again(tx, once) or self._create(tx, actor, command, number, problems, once)

        return await self._transact(work, deadline)

    async def revise(
        self,
        actor: Actor,
        request: str,
        draft: Draft,
        *,
        keep_people: bool,
        once: Idempotency | None = None,
        deadline: float | None = None,
    ) -> Done:
        """A new revision by the requester; with `keep_people` those named before stay named."""
        stored = await self.see(actor, request)

        def look_up(reader: Reader) -> Named:
            project = reader.project(stored.project)
            return Named((), ()) if project is None else name_stages(reader, project, draft)

        named = Named((), ()) if keep_people else await self._store.read(look_up)
        problems = (*named.problems, *self._type_problem(draft.content))
        content = _with_fixed_facts(draft.content, actor)
        command = c.Revise(content, None if keep_people else named.stages)
        return await self._command(actor, request, command, once, deadline, problems)

    async def do(
        self,
        actor: Actor,
        request: str,
        command: c.Command,
        *,
        once: Idempotency | None = None,
        deadline: float | None = None,
    ) -> Done:
        """Any other command on one request."""
        return await self._command(actor, request, command, once, deadline, ())

    async def would_refuse(self, actor: Actor, request: str, command: c.Command) -> ApprovalError | None:
        """What stands in the way of such a command now; nothing is written. For edges that say 403 before 400."""
        return await self._store.read(lambda reader: self._weigh(reader, actor, request, command))

    async def see(self, actor: Actor, request: str) -> Request:
        """The request as it stands now, if the actor may know of it; an overdue end is written first."""
        stored = await self._store.read(lambda reader: self._seen(reader, actor, request))
        if overdue(stored[0], stored[1]):
            await self.ring(request)
            stored = await self._store.read(lambda reader: self._seen(reader, actor, request))
        return stored[0]

    async def number(self, organisation: str, number: int) -> str | None:
        """The id of `#number`."""
        found = await self._store.read(lambda reader: reader.request_by_number(organisation, number))
        return None if found is None else found.id

    async def ring(self, request: str) -> None:
        """The clock's command for one request."""
        await self._store.transact(lambda tx: self._ring(tx, request))

    async def sweep(self, limit: int = 50) -> int:
        """Ring for what is due, at most `limit` requests, in one transaction behind people's; says how many."""
        due = await self._store.read(lambda reader: reader.due(reader.now(), limit))
        if due:
            await self._store.transact(lambda tx: self._ring_all(tx, due), chore=True)
        return len(due)

    # One transaction.

    async def _command(
        self,
        actor: Actor,
        request: str,
        command: c.Command,
        once: Idempotency | None,
        deadline: float | None,
        problems: tuple[Problem, ...],
    ) -> Done:
        def work(tx: Transaction) -> Done | _Refusal:
            return _again(tx, once, request) or self._apply(tx, actor, request, command, problems, once)

        return await self._transact(work, deadline)

    async def _transact(self, work: Callable[[Transaction], Done | _Refusal], deadline: float | None) -> Done:
        for _ in range(TRIES):
            try:
                outcome = await self._store.transact(work, deadline=deadline)
            except (StaleVersion, KeyTaken):
                continue
            if isinstance(outcome, _Refusal):
                raise outcome.error
            return outcome
        raise Unavailable("This request is changing faster than it can be read; try again in a moment.")

    def _create(
        self,
        tx: Transaction,
        actor: Actor,
        command: c.Create,
        number: int,
        problems: tuple[Problem, ...],
        once: Idempotency | None,
    ) -> Done:
        project = _must_exist(tx.project(command.project))
        facts = self._facts(tx, None, actor, command, project, problems)
        events = decide(None, command, replace(facts, number=number))
        request = fold(None, events)
        self._save(tx, None, request, events, actor)
        self._supersede(tx, request, facts)
        if once is not None:
            tx.remember(once.credential, once.key, Remembered(once.body, request.id, {}))
        return Done(request, events=events)

    def _apply(
        self,
        tx: Transaction,
        actor: Actor,
        id: str,
        command: c.Command,
        problems: tuple[Problem, ...],
        once: Idempotency | None,
    ) -> Done | _Refusal:
        request = self._present(tx, id)
        if request is None or request.organisation != actor.organisation:
            raise NotFound("There is no such request here; check the number.")
        project = _must_exist(tx.project(request.project))
        facts = self._facts(tx, request, actor, command, project, problems)
        try:
            events = decide(request, command, facts)
        except ApprovalError as refusal:
            if not isinstance(refusal, UNRECORDED):
                self._note(tx, request, command, refusal, facts)
            return _Refusal(refusal)
        return self._settle(tx, request, command, events, facts, once)

    def _present(self, tx: Transaction, id: str) -> Request | None:
        """The stored request, after what time alone has ended was written."""
        stored = tx.request(id)
        late = () if stored is None else overdue(stored, tx.now())
        if stored is None or not late:
            return stored
        request = fold(stored, late)
        self._save(tx, stored, request, late, clock_actor(request.organisation))
        return request

    def _settle(
        self,
        tx: Transaction,
        request: Request,
        command: c.Command,
        events: tuple[e.Event, ...],
        facts: Facts,
        once: Idempotency | None,
    ) -> Done:
        given = (event.decision for event in events if isinstance(event, e.DecisionRecorded))
        decision = next(given, None) or stored_decision(request, command, facts)
        after = fold(request, events)
        if events:
            self._save(tx, request, after, events, facts.actor)
        if once is not None:
            reply = {} if decision is None else {"decision": decision.id}
            tx.remember(once.credential, once.key, Remembered(once.body, after.id, reply))
        return Done(after, decision, replayed=not events, events=events)

    def _save(
        self, tx: Transaction, before: Request | None, after: Request, events: Iterable[e.Event], actor: Actor
    ) -> None:
        events = tuple(events)
        tx.save(before, after, [(event, actor) for event in events])
        self._outgoing.announce(tx, before, after, events)

    def _note(
        self, tx: Transaction, request: Request, command: c.Command, refusal: ApprovalError, facts: Facts
    ) -> None:
        word = _CAPITAL.sub("_", type(command).__name__).lower()
        tx.note_refusal(request, e.Refused(facts.now, word, refusal.word, refusal.sentence), facts.actor)

    def _ring(self, tx: Transaction, id: str) -> None:
        request = tx.request(id)
        if request is None:
            return
        clock = clock_actor(request.organisation)
        project = _must_exist(tx.project(request.project))
        facts = Facts(tx.now(), clock, self._fresh(), project, self._type(request.content.type))
        events = decide(request, c.Ring(), facts)
        if events:
            self._save(tx, request, fold(request, events), events, clock)

    def _ring_all(self, tx: Transaction, due: Iterable[str]) -> None:
        for request in due:
            self._ring(tx, request)

    def _supersede(self, tx: Transaction, request: Request, facts: Facts) -> None:
        """Once the new one is open or approved, older ones with its key make way."""
        if request.supersede_key is None or not (request.is_open or request.is_yes):
            return
        for id in tx.superseded_by(request):
            older = self._present(tx, id)
            if older is None:
                continue
            events = decide(older, c.Supersede(request.id, request.number), self._as_clock(facts, request))
            if events:
                self._save(tx, older, fold(older, events), events, facts.actor)

    def _as_clock(self, facts: Facts, request: Request) -> Facts:
        return replace(facts, actor=clock_actor(request.organisation), person=None, agent=None, judgement=None)

    # Facts.

    def _facts(
        self,
        tx: Transaction,
        request: Request | None,
        actor: Actor,
        command: c.Command,
        project: Project,
        problems: tuple[Problem, ...],
    ) -> Facts:
        people = tx.people(_people_needed(request, actor, command), project.id)
        type = self._type(_type_word(request, command))
        facts = Facts(
            now=tx.now(),
            actor=actor,
            fresh=self._fresh(),
            project=project,
            type=type,
            person=people.get(actor.id) if actor.is_member else None,
            agent=tx.agent(actor.id) if actor.is_agent else None,
            people=people,
            problems=problems,
        )
        if actor.is_agent and isinstance(command, c.Create):
            limit = project.settings.open_requests_per_agent
            facts = replace(facts, open_count=tx.count_open(f"agent:{actor.id}", limit))
        return self._judged(tx, request, command, facts)

    def _judged(self, tx: Transaction, request: Request | None, command: c.Command, facts: Facts) -> Facts:
        proposal = content_after(request, command, facts.type)
        if proposal is not None:
            judgement = _judgement(request, command, facts, proposal[1])
            rosters = _rosters(tx, judgement.plan, facts.project.id)
            missing = self._missing(tx, judgement.plan, rosters, facts) if not facts.problems else ()
            return replace(facts, judgement=judgement, rosters=rosters, problems=(*facts.problems, *missing))
        if isinstance(command, c.Approve | c.Withdraw) and request is not None:
            return replace(facts, rosters=_rosters(tx, _only_fixing(request.plan), facts.project.id))
        return facts

    def _missing(
        self, tx: Transaction, plan: Plan, rosters: Mapping[str, frozenset[str]], facts: Facts
    ) -> tuple[Problem, ...]:
        everybody = frozenset[str]().union(*rosters.values())
        people = tx.people(everybody, facts.project.id)
        present: dict[str, tuple[Person, ...]] = {
            principal: tuple(people[member] for member in sorted(members) if member in people)
            for principal, members in rosters.items()
        }
        short = what_is_missing(plan, present)
        sentence = "Too few people could ever approve as {}; name others."
        return tuple(Problem("approvers", sentence.format(label)) for label in short)

    def _type(self, word: str) -> RequestType:
        return self._types.get(word) or self._types["custom"]

    def _type_problem(self, content: Content) -> tuple[Problem, ...]:
        if content.type in self._types:
            return ()
        return (Problem("type", f"There is no type '{content.type}'; there are {', '.join(self._types)}."),)

    # Reading.

    def _look_up(self, reader: Reader, actor: Actor, draft: Draft) -> tuple[Project, Named, str | None]:
        project = find_project(reader, actor.organisation, draft.project)
        if project is None:
            wanted = "Name a project" if draft.project is None else f"There is no project '{draft.project}' here"
            raise NotFound(f"{wanted}; projects are listed under /v1/projects.")
        named = name_stages(reader, project, draft)
        wanted_behalf = _fixed_behalf(actor) or draft.on_behalf_of
        if wanted_behalf is None:
            return project, named, None
        member = find_member(reader, actor.organisation, wanted_behalf)
        if member is None or not member.active:
            problem = Problem("on_behalf_of", f"There is no active member '{wanted_behalf}' to act for.")
            return project, Named(named.stages, (*named.problems, problem)), None
        return project, named, member.id

    def _weigh(self, reader: Reader, actor: Actor, id: str, command: c.Command) -> ApprovalError | None:
        """Judged with something wrong in what was sent, so that no revision is ever judged here."""
        try:
            request, now = self._seen(reader, actor, id)
            project = _must_exist(reader.project(request.project))
            people = reader.people(_people_needed(request, actor, command), project.id)
            facts = Facts(
                now=now,
                actor=actor,
                fresh=self._fresh(),
                project=project,
                type=self._type(request.content.type),
                person=people.get(actor.id) if actor.is_member else None,
                agent=reader.agent(actor.id) if actor.is_agent else None,
                people=people,
                problems=(Problem("body", "What was sent cannot be understood."),),
            )
            decide(request, command, facts)
        except ApprovalError as refusal:
            return refusal
        return None

    def _seen(self, reader: Reader, actor: Actor, id: str) -> tuple[Request, Any]:
        request = reader.request(id)
        if request is not None and request.organisation == actor.organisation:
            project = _must_exist(reader.project(request.project))
            person = reader.person(actor.id, project.id) if actor.is_member else None
            agent = reader.agent(actor.id) if actor.is_agent else None
            type = self._type(request.content.type)
            now = reader.now()
            if may_read(request, Facts(now, actor, "", project, type, person=person, agent=agent)):
                return request, now
        raise NotFound("There is no such request here, or it is not yours to see; check the number.")


def _again(tx: Transaction, once: Idempotency | None, asked: str | None = None) -> Done | None:
    """The stored answer to a repeat of the same key; `asked` is the request it was sent to, if there was one."""
    entry = tx.remembered(once.credential, once.key) if once is not None else None
    if once is None or entry is None:
        return None
    if entry.body != once.body or asked not in (None, entry.request):
        raise Conflict(
            "This Idempotency-Key was used before with another body; use a new key for a new wish.",
            code="idempotency_conflict",
        )
    request = tx.request(entry.request, lock=False)
    if request is None:
        raise NotFound("The request this key made is gone.")
    decision = next((d for d in request.decisions if d.id == entry.reply.get("decision")), None)
    return Done(request, decision, replayed=True)


def _must_exist(project: Project | None) -> Project:
    if project is None:
        raise NotFound("There is no such project here.")
    return project


def _with_fixed_facts(content: Content, actor: Actor) -> Content:
    """Facts fixed by an API key stand above what the caller says."""
    fixed = {name: value for name, value in actor.facts.items() if name != "acts_for"}
    return replace(content, facts={**content.facts, **fixed}) if fixed else content


def _fixed_behalf(actor: Actor) -> str | None:
    behalf = actor.facts.get("acts_for")
    return str(behalf) if behalf else None


def _people_needed(request: Request | None, actor: Actor, command: c.Command) -> frozenset[str]:
    needed = {actor.id} if actor.is_member else set()
    if request is not None and isinstance(command, c.Approve | c.Judge):
        needed |= {decision.member for decision in request.decisions if decision.counts}
    if isinstance(command, c.GiveSeat):
        needed.add(command.taker)
    return frozenset(needed)


def _type_word(request: Request | None, command: c.Command) -> str:
    if isinstance(command, c.Create | c.Revise):
        return command.content.type
    return request.content.type if request is not None else "custom"


def _judgement(request: Request | None, command: c.Command, facts: Facts, named: tuple[Stage, ...]) -> Judgement:
    asked = command if isinstance(command, c.Create) else request
    if asked is None:
        raise Invalid("There is nothing to judge.")
    return judge(
        requester=asked.requester,
        on_behalf_of=asked.on_behalf_of,
        project=facts.project,
        type=facts.type,
        named=named,
        distinct=asked.distinct,
        notify=asked.notify,
    )


def _only_fixing(plan: Plan) -> Plan:
    """The plan reduced to requirements whose people are fixed when their stage opens."""
    stages = (
        replace(stage, requirements=tuple(r for r in stage.requirements if r.fixes_people)) for stage in plan.stages
    )
    return replace(plan, stages=tuple(stages))


def _rosters(tx: Transaction, plan: Plan, project: str) -> dict[str, frozenset[str]]:
    """The active members behind every principal of the plan, as many as each requirement could need."""
    limits: dict[str, int] = {}
    for stage in plan.stages:
        for requirement in stage.requirements:
            limit = EVERYBODY if requirement.fixes_people else ROSTER + requirement.slots(None)
            for source in requirement.sources:
                limits[source.principal] = max(limit, limits.get(source.principal, 0))
    return {principal: tx.roster(principal, project, limit) for principal, limit in limits.items()}
