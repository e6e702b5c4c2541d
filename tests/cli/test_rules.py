"""`countersign rules`, run as somebody who keeps rules in Git runs it: checked and tested alone, tried and applied there."""

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import uvicorn

from bot.cli.app import run
from core.model.people import Role
from tests.api.conftest import House, running, settings_for
from tests.serving import served

RULES = """\
name: prod
when: metadata.env == "production"
effect: require
stages:
  - requirements:
      - approvals: {min: 1, from: [role:approver]}
---
name: merges
when: type == "merge"
effect: allow
"""
FIXTURES = """\
- name: production needs somebody
  request: {type: deploy, metadata: {env: production}}
  expect: {outcome: ask, asks: ["1 of any approver"], rules: [prod]}
- name: a merge passes
  request: {type: merge, metadata: {env: staging}}
  expect: {outcome: allow, rules: [merges]}
"""


class Server(threading.Thread):
    """A running server with an admin's token, on a loop of its own."""

    def __init__(self, database: str) -> None:
        super().__init__(daemon=True)
        self.database, self.ready, self.over = database, threading.Event(), asyncio.Event()
        self.url, self.token = "", ""

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        async with running(settings_for(self.database)) as house:
            await self._furnish(house)
            server = uvicorn.Server(uvicorn.Config(house.assembly.app, port=0, log_level="critical", lifespan="off"))
            async with served(server) as self.url:
                self.loop = asyncio.get_running_loop()
                self.ready.set()
                await self.over.wait()

    async def _furnish(self, house: House) -> None:
        await house.member("ada", Role.APPROVER)
        await house.agent("ci")
        for type in ("deploy", "merge"):
            await house.ask(type=type, metadata={"env": "production"})
        self.token = house.credentials["root"]

    def switch_four_eyes_on(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        for name in ("ruth", "rob"):
            body = {"email": f"{name}@example.com", "roles": ["admin"]}
            assert httpx2.post(f"{self.url}/v1/members", json=body, headers=headers).status_code == 201
        answer = httpx2.patch(f"{self.url}/v1/organisation/settings", json={"four_eyes": True}, headers=headers)
        assert answer.status_code == 200, answer.text

    def rules(self) -> dict[str, int]:
        answer = httpx2.get(f"{self.url}/v1/rules", headers={"Authorization": f"Bearer {self.token}"})
        return {rule["name"]: rule["version"] for rule in answer.json()["data"]}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    found = Server(f"sqlite:///{tmp_path / 'rules.db'}")
    found.start()
    assert found.ready.wait(30)
    monkeypatch.setenv("COUNTERSIGN_URL", found.url)
    monkeypatch.setenv("COUNTERSIGN_TOKEN", found.token)
    yield found
    found.loop.call_soon_threadsafe(found.over.set)
    found.join(30)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    return file


@pytest.fixture
def fixtures(tmp_path: Path) -> Path:
    file = tmp_path / "fixtures.yaml"
    file.write_text(FIXTURES)
    return file


def test_rules_are_read_back_in_plain_words(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "check", str(rules)]) == 0
    said = capsys.readouterr().out
    assert 'prod: when metadata.env == "production"' in said
    assert said.endswith("2 rules are well written.\n")


def test_a_mistake_is_told_with_file_line_and_column(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(RULES.replace("effect: allow", "effect: alow"))
    assert run(["rules", "check", str(rules)]) == 2
    assert f"{rules}: Line 10, column 1: effect" in capsys.readouterr().err


def test_fixtures_that_come_out_as_expected_pass(
    rules: Path, fixtures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", "test", str(rules), str(fixtures)]) == 0
    assert "2 of 2 fixtures came out as expected." in capsys.readouterr().out


def test_a_fixture_that_comes_out_otherwise_fails(
    rules: Path, fixtures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules.write_text(RULES.replace("effect: allow", "effect: deny"))
    assert run(["rules", "test", str(rules), str(fixtures)]) == 1
    said = capsys.readouterr().out
    assert "FAIL  a merge passes" in said
    assert "outcome: expected allow, but it is deny" in said


def test_rules_are_applied_after_their_difference_was_shown(
    server: Server, rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", "apply", str(rules), "--yes"]) == 0
    assert "+name: prod" in capsys.readouterr().out
    assert server.rules() == {"prod": 1, "merges": 1}
    rules.write_text(RULES.replace("effect: allow", "effect: deny"))
    assert run(["rules", "apply", str(rules), "--yes"]) == 0
    said = capsys.readouterr().out
    assert "-effect: allow\n+effect: deny\n" in said
    assert "prod" not in said
    assert server.rules() == {"prod": 1, "merges": 2}
    assert run(["rules", "apply", str(rules)]) == 0
    assert capsys.readouterr().out.endswith("Nothing is different.\n")


def test_nothing_is_applied_without_a_yes(
    server: Server, rules: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert run(["rules", "apply", str(rules)]) == 1
    assert server.rules() == {}


def test_with_four_eyes_one_change_is_asked_for_at_a_time(
    server: Server, rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.switch_four_eyes_on()
    assert run(["rules", "apply", str(rules), "--yes"]) == 0
    said = capsys.readouterr().out
    assert "Asked as #3: four eyes are on" in said
    assert said.endswith("1 change is left; run this again once #3 is agreed to.\n")
    assert server.rules() == {}


def test_what_stands_in_no_file_is_removed_only_when_asked_for(server: Server, rules: Path) -> None:
    assert run(["rules", "apply", str(rules), "--yes"]) == 0
    rules.write_text(RULES.partition("---\n")[0])
    assert run(["rules", "apply", str(rules), "--yes"]) == 0
    assert server.rules() == {"prod": 1, "merges": 1}
    assert run(["rules", "apply", str(rules), "--yes", "--prune"]) == 0
    assert server.rules() == {"prod": 1}


def test_rules_are_tried_on_the_servers_past(server: Server, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(RULES.partition("---\n")[2])
    assert run(["rules", "replay", str(rules), "--json"]) == 0
    said = capsys.readouterr().out
    tried = json.loads(said[said.index("{\n") :])  # before it stands the server's own log
    assert (tried["seen"], tried["changes"]) == (2, {"same": 1, "newly_waved_through": 1})
    assert server.rules() == {}
