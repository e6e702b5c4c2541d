"""Every test of the store's contract runs on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from core.store.engine import Engine
from core.store.migrate import upgrade
from tests.store.builders import Clock, furnish, opened


@pytest.fixture(scope="session")
def postgres_schema() -> Callable[[str], None]:
    return bring_up


def bring_up(url: str) -> None:
    upgrade(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with its tables, made once."""
    path = tmp_path_factory.mktemp("store") / "template.db"
    bring_up(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'store.db')}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """The address of a database with its tables."""
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(database: str, clock: Clock, anyio_backend: str) -> AsyncIterator[Engine]:
    async with opened(database, clock) as store:
        await store.transact(furnish)
        yield store
