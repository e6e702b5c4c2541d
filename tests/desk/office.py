"""An office for the desk: a real store, people and groups, a clock to turn, commands by name.

Ada and Bob make up `@platform`, Sue and Sam `@security`; Rita may only ask, Root is an admin, Nick may neither read nor
decide. `ci` is an agent. Another organisation lives beside them, with Olga.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.desk import Desk, Done, Draft, DraftRequirement, DraftStage
from core.errors import ApprovalError
from core.model import command as c
from core.model.organisation import Agent, Grant, Group, Identity, Member, Organisation, Project, Settings
from core.model.people import Actor, Role, Verb, Way
from core.model.request import Content, ExecutionStatus, Request
from core.ports import Delivery, Idempotency, LedgerRow, Notice, Store, Transaction

ORG, ELSEWHERE, PROJECT = "org_acme", "org_other", "prj_default"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ROLES = {"rita": Role.REQUESTER, "nick": Role.REQUESTER, "root": Role.ADMIN}
GROUPS = {"platform": ("ada", "bob"), "security": ("sue", "sam")}
PEOPLE = ("ada", "bob", "sue", "sam", "rita", "nick", "root")
AGENT_VERBS = frozenset({Verb.READ, Verb.ASK, Verb.EXECUTE})


@dataclass
class Clock:
    """Real time plus what it was turned by: PostgreSQL keeps its own."""

    turned: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.turned


def stage(*sources: str, min: int = 1, all: bool = False) -> DraftStage:  # noqa: A002 (the draft's own words)
    return DraftStage((DraftRequirement(sources, min, all),))


@dataclass
class Office:
    store: Store
    clock: Clock
    outlets: tuple[str, ...] = ("board",)
    fresh: Callable[[], str] = field(default_factory=lambda: map("{:026d}".format, itertools.count(1)).__next__)

    @property
    def desk(self) -> Desk:
        return Desk(self.store, fresh=self.fresh, outlets=self.outlets)

    def turn(self, time: timedelta) -> None:
        self.clock.turned += time

    # Acting.

    def actor(self, name: str, **changes: Any) -> Actor:
        if name == "ci":
            machine = Actor("agent", "agt_ci", "ci", ORG, Way.KEY, team="builders", verbs=AGENT_VERBS)
            return replace(machine, **changes)
        where = ELSEWHERE if name == "olga" else ORG
        return replace(Actor("member", f"mem_{name}", name.title(), where, Way.SLACK, may_decide=True), **changes)

    async def ask(
        self,
        *stages: DraftStage,
        by: str = "rita",
        title: str = "Deploy 4.2",
        once: Idempotency | None = None,
        **said: Any,
    ) -> Request:
        draft = Draft(Content(type="deploy", title=title, action="deploy"), stages=stages, **said)
        return (await self.desk.create(self.actor(by), draft, once=once)).request

    async def do(self, who: str, request: Request, command: c.Command, once: Idempotency | None = None) -> Done:
        return await self.desk.do(self.actor(who), request.id, command, once=once)

    async def approve(self, who: str, request: Request, once: Idempotency | None = None) -> Request:
        seen = await self.stored(request)
        command = c.Approve(revision=seen.revision, stage=seen.stage)
        return (await self.do(who, request, command, once)).request

    async def claim(self, who: str, request: Request) -> Request:
        return (await self.do(who, request, c.ReportExecution(ExecutionStatus.EXECUTING))).request

    async def refusal(self, who: str, request: Request, command: c.Command, **actor: Any) -> ApprovalError:
        with pytest.raises(ApprovalError) as caught:
            await self.desk.do(self.actor(who, **actor), request.id, command)
        return caught.value

    # Looking.

    async def stored(self, request: Request) -> Request:
        """As the row says, whatever the time."""
        found = await self.store.read(lambda reader: reader.request(request.id))
        assert found is not None
        return found

    async def ledger(self, request: Request) -> Sequence[LedgerRow]:
        return await self.store.read(lambda reader: reader.ledger(request.id, after=0, limit=500))

    async def words(self, request: Request) -> list[str]:
        return [row.word for row in await self.ledger(request)]

    async def places(self, request: Request) -> list[str]:
        return sorted(d.place for d in await self.deliveries(request))

    async def deliveries(self, request: Request) -> Sequence[Delivery]:
        return await self.store.read(lambda reader: reader.deliveries(request.id))

    async def notices(self) -> list[tuple[str, str, str]]:
        """(word, place, sentence) of every notice not yet taken; they are taken by this."""
        taken = await self.store.transact(take_notices)
        return [(notice.word, notice.place, notice.sentence) for notice in taken]

    async def told(self, word: str) -> list[str]:
        """Who was told such a thing since the last look."""
        return sorted(place for said, place, _ in await self.notices() if said == word)

    async def change(self, work: Callable[[Transaction], Any]) -> None:
        await self.store.transact(work)

    async def set(self, **settings: Any) -> None:
        await self.change(lambda tx: tx.put(Project(PROJECT, ORG, "default", Settings(**settings), LONG_AGO)))


def take_notices(tx: Transaction) -> Sequence[Notice]:
    taken = tx.claim_notices([notice.id for notice in tx.due_out("board", 500).notices], "the test", 60)
    for notice in taken:
        tx.record_notice(replace(notice, state="sent"))
    piles = tx.claim_piles("board", "the test", 60, 500)
    contents = [tx.piled(pile, "the test") for pile in piles]
    for piled in contents:
        tx.end_pile(piled.ids, "the test")
    return [*taken, *(notice for piled in contents for notice in piled.notices)]


def member(name: str, organisation: str = ORG, *, active: bool = True) -> Member:
    return Member(f"mem_{name}", organisation, f"{name}@example.com", name.title(), active, LONG_AGO)


def put_member(tx: Transaction, name: str, role: Role = Role.APPROVER, organisation: str = ORG) -> None:
    tx.put(member(name, organisation))
    user = f"U{name.upper()}"
    tx.put(Identity(f"idn_{name}", organisation, "slack", "T1", user, f"mem_{name}", f"{name}@example.com", LONG_AGO))
    tx.grant(Grant(organisation, None, f"member:mem_{name}", role))


def furnish(tx: Transaction) -> None:
    tx.put(Organisation(ORG, "Acme", LONG_AGO))
    tx.put(Project(PROJECT, ORG, "default", Settings(), LONG_AGO))
    for name in PEOPLE:
        put_member(tx, name, ROLES.get(name, Role.APPROVER))
    for group, names in GROUPS.items():
        tx.put(Group(f"grp_{group}", ORG, group, None, LONG_AGO))
        tx.set_group_members(f"grp_{group}", [f"mem_{name}" for name in names])
    tx.put(Agent("agt_ci", ORG, "ci", "builders", "sometimes", (), False, LONG_AGO))
    tx.put(Organisation(ELSEWHERE, "Other", LONG_AGO))
    tx.put(Project("prj_elsewhere", ELSEWHERE, "default", Settings(), LONG_AGO))
    put_member(tx, "olga", Role.ADMIN, ELSEWHERE)
