"""One world per test."""

from collections.abc import AsyncIterator

import pytest

from tests.courier.world import World, opened


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with opened() as world:
        yield world
