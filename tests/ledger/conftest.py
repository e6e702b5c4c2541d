"""The ledger on both databases, with a key to seal with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.ledger.sealer import Sealer
from core.store.engine import Engine
from tests.sqlite import fresh
from tests.store.builders import Clock, furnish, opened


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_database")
        return url
    return fresh(tmp_path / "ledger.db")


@pytest.fixture(scope="session")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(database: str, clock: Clock, key: Ed25519PrivateKey, anyio_backend: str) -> AsyncIterator[Engine]:
    async with opened(database, clock, seal=Sealer(key, "replica one")) as store:
        await store.transact(furnish)
        yield store
