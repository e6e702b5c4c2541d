"""Given people and a request, when somebody commands, then events follow: the lifecycle without desk, store or clock.

`given(person("ada", "platform"), ..., asks=stages(one_of("@platform")))` opens a request; `story.approve("ada")` and its
like move it on and return the events; `story.refusal("ada", Approve())` returns the refusal. Facts are gathered here as
the desk gathers them, from the people of the story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import ApprovalError
from core.lifecycle import Facts, content_after, decide, fold, overdue, stored_decision
from core.lifecycle.facts import Problem
from core.model import command as c
from core.model import event as e
from core.model.organisation import BUILT_IN_TYPES, Agent, Project, RequestType, Settings
from core.model.people import Actor, Person, Proof, Role, Verb, Way, clock_actor, principals_of, verbs_of
from core.model.request import (
    Content,
    Decision,
    ExecutionStatus,
    Judgement,
    Outcome,
    Plan,
    Request,
    Requester,
    Stage,
    Status,
)
from core.model.requirement import Source
from core.requirements.approvals import Approvals
from core.rulebook.can_it_pass import what_is_missing
from core.rulebook.judge import judge, who_ask
from core.standing import Standing, stand

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PROJECT = "prj_pay"
CONTENT = Content(type="deploy", title="Deploy 4.2 to production", action="deploy 4.2")

AGENT_VERBS = frozenset({Verb.READ, Verb.ASK, Verb.EXECUTE})


def member_id(name: str) -> str:
    return f"mem_{name}"


def person(name: str, *groups: str, role: Role = Role.APPROVER, active: bool = True, pinned: bool = True) -> Person:
    """A member of the project, in these groups, with one role."""
    principals = principals_of(member_id(name), groups, [role], PROJECT)
    email = f"{name}@example.com"
    return Person(member_id(name), name.title(), email, active, pinned, frozenset({role}), principals, verbs_of([role]))


def person_with(name: str, *roles: Role) -> Person:
    """A member with several roles."""
    principals = principals_of(member_id(name), (), roles, PROJECT)
    email = f"{name}@example.com"
    return Person(member_id(name), name.title(), email, True, True, frozenset(roles), principals, verbs_of(roles))


def agent(name: str, *, acts_for: str = "never", team: str | None = None, suspended: bool = False) -> Agent:
    return Agent(f"agt_{name}", "org_acme", name, team, acts_for, (), suspended, NINE)


def project(**settings: Any) -> Project:
    return Project(PROJECT, "org_acme", "payments", Settings(**settings), NINE)


def source(name: str) -> Source:
    """`@platform`, `anyone`, `role:admin`, or a person's name."""
    if name == "anyone":
        return Source(f"anyone:{PROJECT}", "anyone who may approve")
    if name.startswith("role:"):
        return Source(f"{name}:{PROJECT}", f"any {name.removeprefix('role:')}")
    if name.startswith("@"):
        return Source(f"group:{name.removeprefix('@')}", name)
    return Source(f"member:{member_id(name)}", name.title())


Wanted = tuple[int, tuple[str, ...], bool]


def some(count: int, *names: str) -> Wanted:
    """`some(2, "@security")`: two of them."""
    return count, names, False


def one_of(*names: str) -> Wanted:
    return some(1, *names)


def all_of(*names: str) -> Wanted:
    return 1, names, True


def stage(number: int, *wanted: Wanted, name: str | None = None) -> Stage:
    requirements = tuple(
        Approvals(f"s{number}r{place}", count, tuple(map(source, names)), everybody)
        for place, (count, names, everybody) in enumerate(wanted, start=1)
    )
    return Stage(number, name or f"Stage {number}", requirements)


def stages(*each: Wanted | tuple[Wanted, ...]) -> tuple[Stage, ...]:
    """One stage per argument; a tuple of requirements shares one."""
    return tuple(
        stage(number, *(wanted if isinstance(wanted[0], tuple) else (wanted,)))
        for number, wanted in enumerate(each, start=1)
    )


def approvers(*names: str) -> tuple[Stage, ...]:
    """Named one by one; all must agree."""
    return stages(all_of(*names))


@dataclass
class Story:
    """One request, the people around it and the time; it moves on by commands of named people."""

    people: dict[str, Person]
    project: Project
    agents: dict[str, Agent] = field(default_factory=dict)
    type: RequestType = BUILT_IN_TYPES["deploy"]
    now: datetime = NINE
    history: list[e.Event] = field(default_factory=list)
    drawn: int = 0
    _request: Request | None = None

    @property
    def request(self) -> Request:
        assert self._request is not None
        return self._request

    def status(self) -> Status:
        """A method, since it changes between two looks."""
        return self.request.status

    @property
    def standing(self) -> Standing:
        return stand(self.request)

    # ------------------------------------------------------------------------------------------------- acting

    def do(self, who: str, command: c.Command, **actor: Any) -> tuple[e.Event, ...]:
        """What follows when `who` commands now; the request moves on. Refusals are raised."""
        self.catch_up()
        events = decide(self._request, command, self.facts(who, command, **actor))
        self._fold(events)
        return events

    def catch_up(self) -> tuple[e.Event, ...]:
        """What time alone has ended, as the desk writes it before anything else."""
        late = overdue(self._request, self.now) if self._request is not None else ()
        self._fold(late)
        return late

    def refusal(self, who: str, command: c.Command, **actor: Any) -> ApprovalError:
        """The refusal of a command, which must leave the request as it was once overdue ends are written."""
        self.catch_up()
        before = self._request
        with pytest.raises(ApprovalError) as caught:
            self.do(who, command, **actor)
        assert self._request is before
        return caught.value

    def repeated(self, who: str, command: c.Approve | c.Reject) -> Decision | None:
        """The stored decision a repeat is answered with."""
        return stored_decision(self.request, command, self.facts(who, command))

    def happened(self, *events: e.Event) -> None:
        """What was written by a program of before, say."""
        self._fold(events)

    def _fold(self, events: tuple[e.Event, ...]) -> None:
        if not events:
            return
        before = 0 if self._request is None else self._request.version
        self._request = fold(self._request, events)
        self.history += events
        assert self._request.version == before + len(events)

    # Short forms. They name revision and stage as a card does, so that a click says what it was made on.

    def approve(self, who: str, **said: Any) -> tuple[e.Event, ...]:
        return self.do(who, c.Approve(**{**self._on_show(), **said}))

    def reject(self, who: str, **said: Any) -> tuple[e.Event, ...]:
        return self.do(who, c.Reject(**{**self._on_show(), **said}))

    def edit(self, who: str, edits: Mapping[str, Any], **said: Any) -> tuple[e.Event, ...]:
        return self.do(who, c.Approve(**{**self._on_show(), "edits": edits, **said}))

    def ask(self, who: str, question: str) -> str:
        """The id of the question."""
        self.do(who, c.Ask(question))
        return self.request.questions[-1].id

    def answer(self, who: str, text: str, question: str | None = None) -> tuple[e.Event, ...]:
        return self.do(who, c.Answer(text, question))

    def revise(self, who: str, stages: tuple[Stage, ...] | None = None, **changes: Any) -> tuple[e.Event, ...]:
        return self.do(who, c.Revise(replace(self.request.content, **changes), stages))

    def withdraw(self, who: str) -> tuple[e.Event, ...]:
        return self.do(who, c.Withdraw())

    def claim(self, who: str, **said: Any) -> tuple[e.Event, ...]:
        return self.do(who, c.ReportExecution(ExecutionStatus.EXECUTING, **said))

    def report(self, who: str, status: ExecutionStatus, **said: Any) -> tuple[e.Event, ...]:
        return self.do(who, c.ReportExecution(status, **said))

    def ring(self) -> tuple[e.Event, ...]:
        """The clock's command at the present moment."""
        events = decide(self.request, c.Ring(), self.facts("clock", c.Ring()))
        self._fold(events)
        return events

    def judged_as(self, stages: tuple[Stage, ...], outcome: Outcome = Outcome.ASK) -> tuple[e.Event, ...]:
        """Something outside has answered, and the present revision now needs these stages."""
        facts = self.facts("clock", c.Judge())
        plan = replace(self.request.plan, stages=stages)
        judgement = Judgement(outcome, plan, None if outcome is Outcome.ASK else "no_rule")
        events = decide(self.request, c.Judge(), replace(facts, judgement=judgement, rosters=self.rosters(plan)))
        self._fold(events)
        return events

    def _on_show(self) -> dict[str, int]:
        return {"revision": self.request.revision, "stage": self.request.stage}

    # -------------------------------------------------------------------------------------- time and people

    def wait(self, time: timedelta) -> Story:
        self.now += time
        return self

    def becomes(self, name: str, **changes: Any) -> None:
        """Somebody changes: `active=False`, `pinned=False` …"""
        self.people[name] = replace(self.people[name], **changes)

    def joins(self, *people: Person) -> None:
        """New people, or the same ones in other groups."""
        self.people |= named(people)

    # ------------------------------------------------------------------------------------------------- facts

    def actor(self, who: str, **changes: Any) -> Actor:
        if who == "clock":
            return clock_actor("org_acme")
        if who in self.agents:
            team = self.agents[who].team
            machine = Actor("agent", f"agt_{who}", who, "org_acme", Way.KEY, team=team, verbs=AGENT_VERBS)
            return replace(machine, **changes)
        proof = Proof(Way.SLACK, "T1", f"U_{who}", self.now)
        human = Actor("member", member_id(who), who.title(), "org_acme", Way.SLACK, may_decide=True, proof=proof)
        return replace(human, **changes)

    def facts(self, who: str, command: c.Command, **actor: Any) -> Facts:
        self.drawn += 1
        facts = Facts(
            now=self.now,
            actor=self.actor(who, **actor),
            fresh=f"{self.drawn:026}",
            project=self.project,
            type=self.type,
            person=self.people.get(who),
            agent=self.agents.get(who),
            people={p.id: p for p in self.people.values()},
            number=42,
        )
        return self._judged(command, facts)

    def _judged(self, command: c.Command, facts: Facts) -> Facts:
        proposal = content_after(self._request, command, self.type)
        if proposal is None:
            plan = self._request.plan if self._request is not None else Plan()
            return replace(facts, rosters=self.rosters(plan))
        asked = command if isinstance(command, c.Create) else self.request
        judgement = judge(
            asking=who_ask(asked.requester, asked.on_behalf_of),
            project=self.project,
            type=self.type,
            named=proposal[1],
            distinct=asked.distinct,
            notify=asked.notify,
        )
        missing = what_is_missing(judgement.plan, self._present(judgement.plan))
        problems = tuple(Problem("approvers", label) for label in missing)
        return replace(facts, judgement=judgement, rosters=self.rosters(judgement.plan), problems=problems)

    def rosters(self, plan: Plan) -> dict[str, frozenset[str]]:
        return {name: frozenset(p.id for p in people) for name, people in self._present(plan).items()}

    def _present(self, plan: Plan) -> dict[str, tuple[Person, ...]]:
        principals = {s.principal for stage in plan.stages for r in stage.requirements for s in r.sources}
        return {
            principal: tuple(p for p in self.people.values() if p.active and principal in p.principals)
            for principal in principals
        }


def named(people: Iterable[Person]) -> dict[str, Person]:
    return {p.name.lower(): p for p in people}


RITA = person("rita", role=Role.REQUESTER)
ROOT = person("root", role=Role.ADMIN)


def somebody(
    *people: Person, machines: tuple[Agent, ...] = (), settings: Mapping[str, Any] | None = None, **story: Any
) -> Story:
    """The people of a story, before anything is asked. Rita, who asks, and Root, an admin, are always there."""
    everybody = named((RITA, ROOT, *people))
    return Story(everybody, project(**(settings or {})), {machine.name: machine for machine in machines}, **story)


def given(
    *people: Person,
    asks: tuple[Stage, ...] = (),
    by: str = "rita",
    content: Content = CONTENT,
    machines: tuple[Agent, ...] = (),
    settings: Mapping[str, Any] | None = None,
    **said: Any,
) -> Story:
    """A request made by `by` at nine o'clock; what else `Create` takes goes by its name."""
    story = somebody(*people, machines=machines, settings=settings)
    story.do(by, creation(story, asks, by, content, **said))
    return story


def creation(
    story: Story, asks: tuple[Stage, ...] = (), by: str = "rita", content: Content = CONTENT, **said: Any
) -> c.Create:
    actor = story.actor(by)
    requester = Requester(actor.kind, actor.id, actor.name, actor.team)
    return c.Create(project=PROJECT, content=content, requester=requester, stages=asks, **said)


def words(events: Iterable[e.Event]) -> list[str]:
    """The events by their stored words, in order."""
    return [e.WORD[type(event)] for event in events]
