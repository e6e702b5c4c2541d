"""Each story has a town of its own: on SQLite, and where it says so on PostgreSQL too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sqlite import fresh
from tests.stories.town import Town, peopled
from tests.stories.town import town as begun


@pytest.fixture
def sqlite_database(tmp_path: Path) -> str:
    return fresh(tmp_path / "story.db")


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a story asks for both with `both_databases`."""
    found: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_database")
    return found


@pytest.fixture(params=["http", "sockets"])
async def town_both_ways(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[Town]:
    """The same story over signed HTTP and over Socket Mode."""
    async with begun(database, tmp_path, sockets=request.param == "sockets") as empty:
        yield await peopled(empty)


@pytest.fixture
async def town(database: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Town]:
    async with begun(database, tmp_path) as empty:
        yield await peopled(empty)
