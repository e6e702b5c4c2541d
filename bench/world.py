"""The organisation the bench decides in: members with pinned Slack users, one group, one project, agents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, TypeVar

from ulid import ULID

from bench.asks import ask
from bot.wire.asking import NewRequest
from core.desk import Desk, Draft, DraftRequirement, DraftStage
from core.model.organisation import Agent, Grant, Group, Identity, Member, Organisation, Project, Settings
from core.model.people import Actor, Proof, Role, Verb, Way
from core.model.request import Request
from core.ports import Store, Transaction

MEMBERS: Final = 50
AGENTS: Final = 200
TEAM: Final = "T0ACME0001"  # the sandbox's
CHANNEL: Final = "channel:C0DEPLOYS1"  # likewise
BEGAN: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

T = TypeVar("T")


def fresh() -> str:
    return str(ULID())


@dataclass(frozen=True, slots=True)
class World:
    """One organisation of the bench; `place` tells organisations apart."""

    place: int = 0

    @property
    def organisation(self) -> str:
        return f"org_bench{self.place}"

    @property
    def project(self) -> str:
        return f"prj_bench{self.place}"

    @property
    def group(self) -> str:
        return f"grp_platform{self.place}"

    @property
    def team(self) -> str:
        return TEAM if self.place == 0 else f"T0BENCH{self.place}"

    def member(self, number: int) -> str:
        return f"mem_{self.place}x{number % MEMBERS}"

    def user(self, number: int) -> str:
        return f"U0BENCH{number % MEMBERS:03}"

    def email(self, number: int) -> str:
        return f"member{number % MEMBERS}@bench{self.place}.example.com"

    def agent(self, number: int) -> str:
        return f"agt_{self.place}x{number % AGENTS}"

    def furnish(self, tx: Transaction, settings: Settings) -> None:
        """Write everything an admin would set up."""
        tx.put(Organisation(self.organisation, f"Bench {self.place}", BEGAN))
        tx.put(Project(self.project, self.organisation, "default", settings, BEGAN))
        tx.put(Group(self.group, self.organisation, "platform", None, BEGAN))
        for number in range(MEMBERS):
            self._put_member(tx, number)
        tx.set_group_members(self.group, [self.member(number) for number in range(MEMBERS)])
        tx.grant(Grant(self.organisation, None, f"group:{self.group}", Role.APPROVER))
        for number in range(AGENTS):
            agent = self.agent(number)
            tx.put(Agent(agent, self.organisation, f"Agent {number}", "bench", "sometimes", (), False, BEGAN))

    def _put_member(self, tx: Transaction, number: int) -> None:
        id, email = self.member(number), self.email(number)
        tx.put(Member(id, self.organisation, email, f"Member {number}", True, BEGAN))
        identity = f"idn_{self.place}x{number}"
        tx.put(Identity(identity, self.organisation, "slack", self.team, self.user(number), id, email, BEGAN))

    def approver(self, number: int) -> Actor:
        proof = Proof(Way.SLACK, self.team, self.user(number), BEGAN, "0" * 64)
        id, name = self.member(number), f"Member {number % MEMBERS}"
        return Actor("member", id, name, self.organisation, Way.SLACK, may_decide=True, proof=proof)

    def asker(self, number: int) -> Actor:
        """An agent with a key that may only ask."""
        id, name, verbs = self.agent(number), f"Agent {number % AGENTS}", frozenset({Verb.ASK})
        return Actor("agent", id, name, self.organisation, Way.KEY, team="bench", verbs=verbs)


def settings() -> Settings:
    """One card per request, in a channel, as most teams have it."""
    return replace(Settings(), notify=(CHANNEL,), open_requests_per_agent=1000)


async def furnish(store: Store, worlds: Iterable[World]) -> None:
    for world in worlds:
        await store.transact(lambda tx, world=world: world.furnish(tx, settings()))  # type: ignore[misc]


def draft(number: int) -> Draft:
    return NewRequest.model_validate(ask(number)).to_draft()


async def create(desk: Desk, world: World, count: int, *, votes: int = 1) -> list[Request]:
    """So many pending requests of many agents, each waiting for so many of the group; in the order of their commits."""
    stage = DraftStage((DraftRequirement(("@platform",), votes),))

    async def one(number: int) -> Request:
        return (await desk.create(world.asker(number), replace(draft(number), stages=(stage,)))).request

    return await at_once(64, [lambda number=number: one(number) for number in range(count)])  # type: ignore[misc]


async def at_once(many: int, work: Iterable[Callable[[], Awaitable[T]]]) -> list[T]:
    """Do all the work, at most so much of it at once; results in the order of their ends."""
    left, results = iter(work), list[T]()

    async def keep_working() -> None:
        for piece in left:
            results.append(await piece())

    async with asyncio.TaskGroup() as group:
        for _ in range(many):
            group.create_task(keep_working())
    return results
