"""A whole server that may call this machine, and a receiver that it calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.conftest import (
    Furnished,
    House,
    database,
    furnish,
    furnished,
    opened,
    running,
    settings_for,
    sqlite,
)
from tests.webhooks.receiver import Receiver, receiving

__all__ = ["database", "furnished", "sqlite"]


def allowing(url: str) -> Any:
    return settings_for(url).model_copy(update={"allow_private_addresses": _HERE})


_HERE = (
    settings_for("sqlite:///unused")
    .model_validate({**settings_for("sqlite:///unused").model_dump(), "allow_private_addresses": "127.0.0.0/8"})
    .allow_private_addresses
)


@pytest.fixture
async def house(database: str, furnished: Furnished) -> AsyncIterator[House]:
    if database.startswith("sqlite"):
        async with opened(allowing(database)) as found:
            found.credentials |= furnished.credentials
            yield found
        return
    async with running(allowing(database)) as found:
        await furnish(found)
        yield found


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found
