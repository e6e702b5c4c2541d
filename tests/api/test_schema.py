"""The description of the API held against a running server: schemathesis sends what it allows, and worse."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from bot.api.app import create_app
from bot.api.house import House as Inside
from bot.api.routes.events import STREAMS
from core.model.people import Role, Verb
from tests.api.conftest import House, running, settings_for
from tests.serving import served

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
NOBODY: Any = None
load_all_checks()
schema = schemathesis.openapi.from_dict(
    create_app(Inside(NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, "http://test", NOBODY)).openapi()
)


class Running(threading.Thread):
    """A server on a loop and a thread of its own, for a client that knows no loops."""

    def __init__(self, database: str) -> None:
        super().__init__(daemon=True)
        self.database, self.ready, self.over = database, threading.Event(), asyncio.Event()
        self.url, self.credentials = "", dict[str, str]()

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        async with running(settings_for(self.database, rate_limit=0)) as house:
            await self._furnish(house)
            config = uvicorn.Config(house.assembly.app, port=0, log_level="critical", lifespan="off")
            async with served(uvicorn.Server(config)) as self.url:
                self.loop = asyncio.get_running_loop()
                self.ready.set()
                await self.over.wait()

    async def _furnish(self, house: House) -> None:
        await house.member("ada", Role.APPROVER)
        await house.agent("ci", Verb.READ, Verb.ASK)
        await house.ask(approvers=["ada@example.com"])
        self.credentials = house.credentials


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    path: Path = tmp_path_factory.mktemp("schema") / "test.db"
    found = Running(f"sqlite:///{path}")
    found.start()
    assert found.ready.wait(30)
    yield found
    found.loop.call_soon_threadsafe(found.over.set)
    found.join(20)


@schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
@pytest.mark.slow
def test_the_server_answers_as_it_says_it_does(case: Any, server: Running) -> None:
    """B-11 B-46"""
    if "wait" in (case.query or {}):
        case.query["wait"] = "1s" if case.query["wait"] else ""
    for who in ("root", "ci"):
        answer = case.call(base_url=server.url, headers={"Authorization": f"Bearer {server.credentials[who]}"})
        checks = [check for check in CHECKS if who == "root" or check is not negative_data_rejection]
        case.validate_response(answer, checks=checks)


@pytest.mark.parametrize("shape", ["Extension", "DelegationIn"])
def test_of_a_moment_that_no_example_can_hold_for_good_it_is_said_that_it_is_to_be_set(shape: str) -> None:
    assert "is yours to set" in schema.raw_schema["components"]["schemas"][shape]["description"]


def test_the_limit_of_event_streams_is_the_one_that_is_written_down() -> None:
    limits = (Path(__file__).parents[2] / "docs" / "limits.md").read_text("utf-8")
    assert f"| open event streams of one credential | {STREAMS} |" in limits
