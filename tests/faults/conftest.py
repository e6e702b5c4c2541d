"""How often servers are killed: `pytest tests/faults --kills 50` by hand."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=3, help="how often each kind of kill is tried")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where the whole suite runs, this file is read too late for its option, and the default counts."""
    if "kill" in metafunc.fixturenames:
        metafunc.parametrize("kill", range(metafunc.config.getoption("--kills", 3)))
