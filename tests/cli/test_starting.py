"""What a server loads and makes ready at its start: nothing that only some servers ever use."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from core.store.migrate import upgrade

ROOT: Final = Path(__file__).parents[2]

SELDOM: Final = {
    "alembic": "a schema that is behind",
    "babel": "somebody who reads another language",
    "cel_expr_python": "the first rule",
    "click": "nobody",
    "cyclopts": "a command with words to parse",
    "greenlet": "nobody",
    "holidays": "somebody who tells their country",
    "icalendar": "a calendar, in a process of its own",
    "jwt": "the first receipt, or a company's token",
    "mcp": "the first MCP call",
    "psycopg": "a database that is PostgreSQL's",
    "recurring_ical_events": "a calendar, in a process of its own",
    "rich": "a terminal",
    "yaml": "the first rule brought as YAML",
}
"""What is wanted by whom; together a third of a server's memory."""

START: Final = """
import asyncio, json, sys
import bot.cli.serving
from bot.api.routes.base import Answered
from bot.assemble import assemble
from bot.settings import FixedSettings
from bot.slack import commands, flows
from bot.wire.showing import RequestView
from core.collection import members

async def start():
    async with assemble(FixedSettings(database_url=sys.argv[1])) as assembly:
        found = [*members(commands), *members(flows)]
        fields = [route.path for route in assembly.app.routes if getattr(route, "response_fields", None)]
        told = {"modules": sorted(sys.modules), "parts": len(found), "fields": fields}
        print(json.dumps({**told, "ready": RequestView.__pydantic_complete__}))

asyncio.run(start())
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    url = f"sqlite:///{tmp_path_factory.mktemp('start') / 'test.db'}"
    upgrade(url)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "SLACK_"))}
    environment = {**kept, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'clients' / 'python'}"}
    done = subprocess.run(
        [sys.executable, "-c", START, url], env=environment, capture_output=True, text=True, check=False, timeout=50
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_server_loads_nothing_that_few_servers_ever_use(started: dict[str, Any]) -> None:
    assert {name: SELDOM[name] for name in started["modules"] if name in SELDOM} == {}
    assert started["parts"] > 50


def test_what_routes_take_and_answer_is_made_ready_when_it_is_first_wanted(started: dict[str, Any]) -> None:
    assert started["fields"] == []
    assert started["ready"] is False
