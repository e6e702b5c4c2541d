"""docs/policies.md: every example on it is run."""

import json
import re
import urllib.request
from pathlib import Path
from typing import Any, Final

import pytest

from bot.checks.http import Reply
from bot.policies.opa import Result
from bot.wire.judging import CheckIn, CheckReport, PolicyIn
from bot.wire.strict import read
from core.desk.gathering import data_of
from core.desk.weighing import Revision
from core.errors import Invalid
from core.model.organisation import Project, Settings
from core.model.request import Requester
from core.model.requirement import Source
from core.rulebook.judges import read_check, read_policy, write_check, write_policy
from core.rulebook.source import AsWritten
from tests.opa import opa
from tests.rulebook.kit import CONDITIONS, NINE, content

PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "policies.md").read_text()
FOUND: Final = re.findall(r"^```([\w-]+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
BLOCKS: Final[dict[str, str]] = dict(FOUND)


NOBODY: Any = None


def block(kind: str) -> Any:
    return json.loads(BLOCKS[kind])


def test_every_block_of_the_page_is_of_a_kind_that_is_run() -> None:
    assert [kind for kind, _ in FOUND] == [
        "policy", "rego", "input", "result", "check", "call", "answer", "report",
    ]  # fmt: skip


def test_the_policy_of_the_page_can_be_sent_and_shows_the_defaults() -> None:
    said = block("policy")
    assert read(PolicyIn, said).written() == said
    policy = read_policy(said, AsWritten(), CONDITIONS, ("opa",))
    bare = read_policy({"name": said["name"], "url": said["url"]}, AsWritten(), CONDITIONS, ("opa",))
    assert {**write_policy(policy), "scope": {}} == write_policy(bare)


def test_the_decision_of_the_page_is_what_real_rego_comes_to() -> None:
    """D-43"""
    with opa(BLOCKS["rego"]) as running:
        sent = json.dumps({"input": block("input")}).encode()
        asked = urllib.request.Request(running.url("deploys/decision"), data=sent)
        with urllib.request.urlopen(asked) as answer:
            said = json.loads(answer.read())
    assert said == {"result": block("result")}
    assert read(Result, said["result"]).allow is False


def test_the_page_names_everything_a_policy_hears() -> None:
    project = Project("prj_1", "org_acme", "default", Settings(), NINE)
    revision = Revision(content(), Requester("agent", "agt_ci", "ci"), project)
    heard = data_of(NOBODY, revision, (), 1)
    listed = PAGE.partition("as `input`:")[2].partition("What was not declared")[0]
    names = re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", listed))
    assert sorted(names) == sorted(heard)


def test_the_check_of_the_page_can_be_sent() -> None:
    said = block("check")
    assert read(CheckIn, said).written() == said
    check = read_check(said, AsWritten(), CONDITIONS, lambda word: Source("agent:agt_1", word))
    assert write_check(check) == said


def test_what_a_check_answers_and_reports_on_the_page_is_understood() -> None:
    assert read(Reply, block("answer")).status == "passed"
    assert read(CheckReport, block("report")).to_command("change-window").state == "failed"


@pytest.mark.parametrize("wrong", [{"status": "passed", "extra": 1}, {"status": "yes"}])
def test_nothing_else_is(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read(Reply, wrong)
