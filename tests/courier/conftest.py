"""One world per test. Logs are kept, not printed: a pretty traceback takes longer than many a test."""

from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.courier.world import World, opened


@pytest.fixture(scope="module", autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    with capture_logs() as kept:
        yield kept


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with opened() as world:
        yield world
