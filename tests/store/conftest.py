"""Every test of the store's contract runs on SQLite and on a real PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.store.engine import Engine
from tests.sqlite import fresh
from tests.store.builders import Clock, furnish, opened


@pytest.fixture
def sqlite_database(tmp_path: Path) -> str:
    return fresh(tmp_path / "store.db")


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
