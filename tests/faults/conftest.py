"""Databases with tables, and how often servers are killed: `pytest tests/faults --kills 50` by hand."""

from collections.abc import Callable

import pytest

from core.store.migrate import upgrade


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=3, help="how often each kind of kill is tried")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where the whole suite runs, this file is read too late for its option, and the default counts."""
    if "kill" in metafunc.fixturenames:
        metafunc.parametrize("kill", range(metafunc.config.getoption("--kills", 3)))


@pytest.fixture(scope="session")
def postgres_schema() -> Callable[[str], None]:
    return bring_up


def bring_up(url: str) -> None:
    upgrade(url)
