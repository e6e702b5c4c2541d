"""The real application on a real database, spoken to over ASGI; time is turned by hand."""

import asyncio
import base64
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bot.api.app import create_app
from bot.api.house import House as Inside
from bot.assemble import Assembly, assemble
from bot.clock import TurnableClock
from bot.settings import FixedSettings, Settings
from core.administration import operator
from core.model.people import Actor, Role, Verb, Way

SECRET = base64.b64encode(b"0" * 32).decode()


@cache
def _described() -> Sequence[tuple[str, re.Pattern[str], frozenset[str]]]:
    """Each operation's method, path and statuses; paths without parameters first."""
    nobody: Any = None
    paths = create_app(Inside(nobody, nobody, nobody, nobody, nobody, "http://test", nobody)).openapi()["paths"]
    return [
        (method.upper(), re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), frozenset(operation["responses"]))
        for path, operations in sorted(paths.items(), key=lambda one: one[0].count("{"))
        for method, operation in operations.items()
    ]


@dataclass
class House:
    """A running server with an organisation in it, and credentials for whoever a test needs."""

    assembly: Assembly
    clock: TurnableClock
    host: Actor
    credentials: dict[str, str] = field(default_factory=dict)

    @property
    def administration(self) -> Any:
        return self.assembly.rooms.administration

    def client(self, who: str | None = None) -> httpx2.AsyncClient:
        headers = {} if who is None else {"Authorization": f"Bearer {self.credentials[who]}"}
        transport = httpx2.ASGITransport(self.assembly.app, raise_app_exceptions=False)
        held = {"response": [self._as_described]}
        return httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers, event_hooks=held)

    async def _as_described(self, answer: httpx2.Response) -> None:
        """Whatever a test asks: a status the description does not name is red, but for 500, which only tests provoke."""
        if answer.status_code == 500:
            return
        for method, path, statuses in _described():
            if method == answer.request.method and path.fullmatch(answer.request.url.path):
                assert str(answer.status_code) in statuses, f"{method} {path.pattern} answered {answer.status_code}"
                return

    async def member(self, name: str, *roles: Role, may_decide: bool = True) -> str:
        """A member with a token, known by their first name."""
        member = await self.administration.members.add(self.host, f"{name}@example.com", name.title(), roles=roles)
        await self.login(name, member.id, may_decide=may_decide)
        return str(member.id)

    async def login(self, name: str, member: str, *, may_decide: bool) -> None:
        logins = self.administration.logins
        actor = Actor("member", member, name, self.host.organisation, Way.SLACK)
        code = await logins.show_code(actor, may_decide=may_decide)
        self.credentials[name] = (await logins.exchange(code, "test", origin=name)).secret

    async def agent(self, name: str, *verbs: Verb, **more: Any) -> str:
        """An agent with a key."""
        agent = await self.administration.agents.add(self.host, name)
        made = await self.administration.keys.add(self.host, agent.id, verbs=verbs or (Verb.ASK,), **more)
        self.credentials[name] = made.secret
        return str(agent.id)

    def turn(self, **by: float) -> None:
        self.clock.turn(timedelta(**by))

    async def ring(self) -> None:
        await self.assembly.rooms.desk.sweep()

    async def ask(self, who: str = "ci", **content: Any) -> Any:
        """A new request, with whatever the test cares about."""
        async with self.client(who) as client:
            answer = await client.post("/v1/requests", json={"type": "deploy", "title": "Deploy", **content})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def post(self, who: str | None, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        async with self.client(who) as client:
            return await client.post(path, json={} if body is None else body, **more)

    async def get(self, who: str | None, path: str, **more: Any) -> httpx2.Response:
        async with self.client(who) as client:
            return await client.get(path, **more)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[House]:
    """A running server on whatever is there."""
    clock = TurnableClock()
    async with assemble(settings, clock=clock) as assembly:
        organisation = await assembly.rooms.administration.organisations.first()
        assert organisation is not None
        yield House(assembly, clock, operator(organisation.id))


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[House]:
    """A running server with the admin `root`."""
    async with opened(settings) as house:
        await house.member("root", Role.ADMIN)
        yield house


def settings_for(url: str, **more: Any) -> Settings:
    return FixedSettings.model_validate(
        {"database_url": url, "encryption_keys": [SECRET], "signing_key": SECRET, "pepper": SECRET, **more}
    )


async def furnish(house: House) -> None:
    """The approvers `ada`, `ben` and `cleo`, the requester `rex`, and the agent `ci`."""
    for name in ("ada", "ben", "cleo"):
        await house.member(name, Role.APPROVER)
    await house.member("rex", Role.REQUESTER)
    await house.agent("ci")


@dataclass(frozen=True)
class Furnished:
    """A SQLite file with people in it, and their credentials; each test gets a copy."""

    path: Path
    credentials: dict[str, str]


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    path = tmp_path_factory.mktemp("database") / "template.db"

    async def make() -> dict[str, str]:
        async with running(settings_for(f"sqlite:///{path}")) as house:
            await furnish(house)
            return house.credentials

    with ThreadPoolExecutor(1) as apart:
        return Furnished(path, apart.submit(asyncio.run, make()).result())


@pytest.fixture
def sqlite(furnished: Furnished, tmp_path: Path) -> str:
    path = tmp_path / "test.db"
    shutil.copyfile(furnished.path, path)
    return f"sqlite:///{path}"


@pytest.fixture
def database(request: pytest.FixtureRequest, sqlite: str) -> str:
    """SQLite, unless a test asks for both by `both_databases`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return sqlite
    found: str = request.getfixturevalue("postgres_database")
    return found


both_databases = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
async def house(database: str, furnished: Furnished) -> AsyncIterator[House]:
    """With `root` (admin) and everybody of `furnish`."""
    if database.startswith("sqlite"):
        async with opened(settings_for(database)) as found:
            found.credentials |= furnished.credentials
            yield found
        return
    async with running(settings_for(database)) as found:
        await furnish(found)
        yield found
