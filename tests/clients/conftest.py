"""One live server for all tests of a folder's run; each test has agents of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from countersign_client import Countersign, Patience
from tests.clients.live import Live

QUICK = Patience(seconds=5, first=0.01, longest=0.05)


def drop(*_: Any) -> Any:
    raise structlog.DropEvent


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """The server's log does not mix with what commands print."""
    structlog.configure(processors=[drop])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    found = Live(f"sqlite:///{tmp_path_factory.mktemp('live') / 'live.db'}").open()
    yield found
    found.close()


@pytest.fixture
def key(live: Live) -> str:
    """Of a fresh agent."""
    return live.agent()


@pytest.fixture
def client(live: Live, key: str) -> Iterator[Countersign]:
    with Countersign(live.url, key, patience=QUICK) as found:
        yield found


@pytest.fixture
def ada(live: Live) -> Iterator[Countersign]:
    """A person who may decide."""
    with Countersign(live.url, live.token("ada"), patience=QUICK) as found:
        yield found
