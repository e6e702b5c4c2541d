"""Every test of the desk runs on SQLite and on PostgreSQL."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from core import requirements
from core.codec import Codec
from core.collection import members
from core.ledger import chain
from core.model.request import Request
from core.ports import Derived
from core.scheduling.deadlines import next_due
from core.standing import waiting_principals
from core.store import open_store
from core.store.migrate import upgrade
from tests.desk.office import Clock, Office, furnish


@pytest.fixture(scope="session")
def postgres_schema() -> Callable[[str], None]:
    return bring_up


def bring_up(url: str) -> None:
    upgrade(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with its tables, made once."""
    path = tmp_path_factory.mktemp("desk") / "template.db"
    bring_up(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with its tables."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_database")
        return url
    template: Path = request.getfixturevalue("sqlite_template")
    return f"sqlite:///{shutil.copy(template, tmp_path / 'desk.db')}"


@pytest.fixture
async def office(database: str, anyio_backend: str) -> AsyncIterator[Office]:
    clock, codec = Clock(), Codec(members(requirements))
    async with open_store(
        database, clock=clock, codec=codec, chain=chain, derive=derive, turned=lambda: clock.turned
    ) as store:
        await store.transact(furnish)
        yield Office(store, clock)


def derive(request: Request) -> Derived:
    return Derived(waiting_principals(request), next_due(request))
