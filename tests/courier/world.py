"""A small world for the courier: a real SQLite store, the desk, four people, an outlet with faults, a clock turned by hand.

`ada` and `bob` make up `@team`, `cleo` is `@ops`, `rita` asks. Member ids are their names.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from core.courier import Courier, Patience
from core.desk import Desk, Draft, DraftRequirement, DraftStage
from core.model.command import Command
from core.model.organisation import Grant, Group, Identity, Member, Organisation, Project, Settings
from core.model.people import Actor, Role, Way
from core.model.request import Content, Request
from core.ports import Delivery, Store, Transaction
from tests.courier.outlet import Board
from tests.courier.stores import open_sqlite

ORG, PROJECT = "org_acme", "prj_default"
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GROUPS = {"team": ("ada", "bob"), "ops": ("cleo",)}
PEOPLE = ("ada", "bob", "cleo", "rita")
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (a folder of our own in it)
"""Files that never reach a disk, where there are such: a courier writes often, and the disk is not what is tested."""

PATIENCE = Patience(linger=0.0, parting=0.2, card_tries=10)
"""Nothing is waited for in real time: what must wait is put back, and the clock is turned."""


@dataclass
class HandClock:
    moment: datetime = NINE

    def now(self) -> datetime:
        return self.moment

    def seconds(self) -> float:
        return self.moment.timestamp()

    def turn(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class World:
    store: Store
    clock: HandClock
    boards: list[Board] = field(default_factory=lambda: [Board()])
    fresh: Callable[[], str] = field(default_factory=lambda: map("{:026d}".format, itertools.count(1)).__next__)

    @property
    def board(self) -> Board:
        return self.boards[0]

    def another_outlet(self, word: str) -> Board:
        self.boards.append(Board(word))
        return self.boards[-1]

    def courier(self, owner: str = "one", linger: float = 0.0) -> Courier:
        """One more process."""
        for board in self.boards:
            board.revive()
        return Courier(
            self.store, self.boards, owner=owner, patience=replace(PATIENCE, linger=linger), seconds=self.clock.seconds
        )

    async def killed(self, courier: Courier) -> None:
        """Let it go until nothing is left to do, or it dies."""
        await courier.drain()

    async def turn(self, seconds: float, courier: Courier) -> None:
        self.clock.turn(seconds)
        await courier.drain()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():  # noqa: ASYNC110 (what is waited for is a state of the outlet)
                await asyncio.sleep(0.002)

    # Asking and deciding.

    @property
    def desk(self) -> Desk:
        return Desk(self.store, fresh=self.fresh, outlets=tuple(board.word for board in self.boards))

    async def ask(self, approvers: tuple[str, ...] = ("@team",), notify: tuple[str, ...] = ("#deploys",)) -> Request:
        stage = DraftStage((DraftRequirement(tuple(map(called, approvers)), min=len(approvers)),))
        return await self._create((stage,), notify)

    async def ask_in_stages(self, *stages: tuple[str, ...]) -> Request:
        return await self._create(
            tuple(DraftStage((DraftRequirement(tuple(map(called, names))),)) for names in stages), ("#deploys",)
        )

    async def _create(self, stages: tuple[DraftStage, ...], notify: tuple[str, ...]) -> Request:
        draft = Draft(Content(type="custom", title="Restart the printer"), stages=stages, notify=notify)
        return (await self.desk.create(self.actor("rita"), draft)).request

    async def do(self, who: str, request: Request, command: Command) -> Request:
        return (await self.desk.do(self.actor(who), request.id, command)).request

    def actor(self, name: str) -> Actor:
        return Actor("member", name, name.title(), ORG, Way.SLACK, may_decide=True)

    # Looking.

    async def claim(self, owner: str) -> Sequence[Delivery]:
        """Another process claims every card that is due."""
        return await self.store.transact(
            lambda tx: tx.claim_deliveries([card.id for card in tx.due_out("board", 10).deliveries], owner, 60)
        )

    async def cards(self, request: Request) -> list[Delivery]:
        return list(await self.store.read(lambda reader: reader.deliveries(request.id)))

    async def version(self, request: Request) -> int:
        versions = await self.store.read(lambda reader: reader.versions([request.id]))
        return versions[request.id]

    async def request_of(self, delivery: str, asked: list[Request]) -> str:
        of: Mapping[str, str] = {card.id: card.request for each in asked for card in await self.cards(each)}
        return of[delivery]


def called(name: str) -> str:
    """As people write it."""
    return name if name.startswith("@") else f"{name}@example.com"


def people(tx: Transaction) -> None:
    tx.put(Organisation(ORG, "Acme", NINE))
    tx.put(Project(PROJECT, ORG, "default", Settings(), NINE))
    for name in PEOPLE:
        email = f"{name}@example.com"
        tx.put(Member(name, ORG, email, name.title(), active=True, created_at=NINE))
        tx.put(Identity(f"idn_{name}", ORG, "slack", "T1", f"U{name.upper()}", name, email, NINE))
        tx.grant(Grant(ORG, None, f"member:{name}", Role.APPROVER))
    for group, members in GROUPS.items():
        tx.put(Group(f"grp_{group}", ORG, group, None, NINE))
        tx.set_group_members(f"grp_{group}", members)


@asynccontextmanager
async def opened() -> AsyncIterator[World]:
    clock = HandClock()
    with TemporaryDirectory(dir=MEMORY) as folder:
        async with open_sqlite(Path(folder) / "courier.db", clock) as store:
            await store.transact(people)
            yield World(store, clock)
