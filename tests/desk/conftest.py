"""Every test of the desk runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

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
from tests.desk.office import Clock, Office, furnish
from tests.sqlite import fresh

CODEC: Final = Codec(members(requirements))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with its tables."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_database")
        return url
    return fresh(tmp_path / "desk.db")


@pytest.fixture
async def office(database: str, anyio_backend: str) -> AsyncIterator[Office]:
    clock = Clock()
    async with open_store(
        database, clock=clock, codec=CODEC, chain=chain, derive=derive, turned=lambda: clock.turned
    ) as store:
        await store.transact(furnish)
        yield Office(store, clock)


def derive(request: Request) -> Derived:
    return Derived(waiting_principals(request), next_due(request))
