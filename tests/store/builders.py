"""Requests, people and stores for tests, made by hand: no lifecycle stands between a test and the store."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core import requirements
from core.codec import Codec
from core.collection import members
from core.ledger import chain
from core.model.event import Commented, Created, DecisionRecorded, Event, Refused
from core.model.organisation import Agent, Grant, Group, Identity, Member, Organisation, Project, Settings
from core.model.people import Actor, Role, Way
from core.model.request import Content, Decision, Plan, Request, Requester, Stage, Status, Verdict
from core.model.requirement import Source
from core.ports import Derived, Transaction
from core.requirements.approvals import Approvals
from core.scheduling.deadlines import next_due
from core.standing import waiting_principals
from core.store import open_store
from core.store.engine import Engine, Seal

ORG, ELSEWHERE, PROJECT, SECOND = "org_acme", "org_other", "prj_default", "prj_second"
T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CODEC = Codec(members(requirements))

ADA = Actor("member", "mem_ada", "Ada", ORG, Way.SLACK, may_decide=True)
BOB = Actor("member", "mem_bob", "Bob", ORG, Way.TOKEN, may_decide=True)

_numbers = itertools.count(1)


@dataclass
class Clock:
    """Real time plus what it was turned by."""

    turned: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.turned

    def turn(self, by: timedelta) -> None:
        self.turned += by


def derive(request: Request) -> Derived:
    return Derived(waiting_principals(request), next_due(request))


@asynccontextmanager
async def opened(url: str, clock: Clock | None = None, seal: Seal | None = None) -> AsyncIterator[Engine]:
    clock = clock or Clock()
    async with open_store(
        url, clock=clock, codec=CODEC, chain=chain, derive=derive, seal=seal, turned=lambda: clock.turned
    ) as store:
        yield store


def furnish(tx: Transaction) -> None:
    """Ada and Bob are `@platform` and may approve in the default project; Sue asks only; Olga lives elsewhere."""
    for id, name in ((ORG, "Acme"), (ELSEWHERE, "Other")):
        tx.put(Organisation(id, name, T0))
    tx.put(Project(PROJECT, ORG, "default", Settings(notify=("#deploys",)), T0))
    tx.put(Project(SECOND, ORG, "second", Settings(), T0))
    tx.put(Project("prj_other", ELSEWHERE, "default", Settings(), T0))
    for name in ("ada", "bob", "sue"):
        tx.put(Member(f"mem_{name}", ORG, f"{name}@acme.example", name.title(), active=True, created_at=T0))
    tx.put(Member("mem_olga", ELSEWHERE, "olga@other.example", "Olga", active=True, created_at=T0))
    tx.put(Identity("idn_ada", ORG, "slack", "T1", "U1", "mem_ada", "ada@acme.example", T0))
    tx.put(Group("grp_platform", ORG, "platform", None, T0))
    tx.set_group_members("grp_platform", ["mem_ada", "mem_bob"])
    tx.grant(Grant(ORG, PROJECT, "group:grp_platform", Role.APPROVER))
    tx.grant(Grant(ORG, None, "member:mem_sue", Role.REQUESTER))
    tx.put(Agent("agt_ci", ORG, "ci", "builders", "never", ("mem_ada",), suspended=False, created_at=T0))


def a_request(*principals: str, **changes: Any) -> Request:
    """Open and waiting for one of these principals (`group:grp_platform` unless said), an hour before its deadline."""
    number = changes.pop("number", None) or next(_numbers)
    people = tuple(Source(name, name) for name in principals or ("group:grp_platform",))
    stage = Stage(1, "Platform", (Approvals("s1r1", changes.pop("min", 1), people),))
    content = changes.pop("content", None) or Content(changes.pop("type", "deploy"), f"Deploy {number}")
    created = changes.pop("created_at", None) or T0 + timedelta(seconds=number)
    plain = Request(
        id=f"req_{number:010d}",
        organisation=ORG,
        project=PROJECT,
        number=number,
        requester=Requester("agent", "agt_ci", "ci", "builders"),
        content=content,
        original=content,
        revision=1,
        digest="d" * 64,
        action_digest="a" * 64,
        status=Status.PENDING,
        plan=Plan((stage,), reply_window=HOUR),
        created_at=created,
        revised_at=created,
        expires_at=created + HOUR,
        stage_opened_at=created,
        named=(stage,),
        version=1,
    )
    return replace(plain, **changes)


def created(request: Request) -> Event:
    return Created(
        at=request.created_at,
        id=request.id,
        organisation=request.organisation,
        project=request.project,
        number=request.number,
        requester=request.requester,
        content=request.content,
        digest=request.digest,
        action_digest=request.action_digest,
        on_behalf_of=None,
        supersede_key=request.supersede_key,
        named=request.named,
    )


def store_new(request: Request, actor: Actor = ADA) -> Callable[[Transaction], Request]:
    def work(tx: Transaction) -> Request:
        tx.save(None, request, [(created(request), actor)])
        return request

    return work


def remark(request: Request, text: str = "looks fine", at: datetime | None = None) -> Event:
    return Commented(at or request.created_at, "mem_ada", "Ada", text)


def commented(before: Request, tx: Transaction, text: str = "looks fine", **changes: Any) -> Request:
    """Saved with one event more and whatever else is said."""
    after = replace(before, version=before.version + 1, **changes)
    tx.save(before, after, [(remark(before, text), ADA)])
    return after


def comment_on(id: str, text: str = "looks fine", **changes: Any) -> Callable[[Transaction], Request]:
    """Load, change, save: the shape of every command."""

    def work(tx: Transaction) -> Request:
        before = tx.request(id)
        assert before is not None
        return commented(before, tx, text, **changes)

    return work


def a_decision(request: Request, actor: Actor = ADA, **changes: Any) -> Decision:
    plain = Decision(
        id=f"dec_{request.number}_{actor.id}_{request.version}",
        member=actor.id,
        name=actor.name,
        email=f"{actor.name.lower()}@acme.example",
        verdict=Verdict.APPROVED,
        revision=request.revision,
        stage=request.stage,
        at=request.created_at + timedelta(minutes=1),
        way=actor.way,
        proof=None,
        principals=frozenset({f"member:{actor.id}", "group:grp_platform"}),
    )
    return replace(plain, **changes)


def approve(id: str, actor: Actor = ADA, **changes: Any) -> Callable[[Transaction], Request]:
    """An approval, and whatever else is said to follow from it."""

    def work(tx: Transaction) -> Request:
        before = tx.request(id)
        assert before is not None
        decision = a_decision(before, actor)
        decisions = (*before.decisions, decision)
        after = replace(before, version=before.version + 1, decisions=decisions, **changes)
        tx.save(before, after, [(DecisionRecorded(decision.at, decision), actor)])
        return after

    return work


def refused(at: datetime, code: str = "own_request", command: str = "approve") -> Refused:
    return Refused(at, command, code, "It is your own request; somebody else must decide it.")
