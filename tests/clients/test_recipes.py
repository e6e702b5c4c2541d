"""`docs/recipes/`, as a new user would take them: their very steps, run against a real server, with fake tools to act on."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.app import run
from countersign_client import Countersign
from tests.clients.live import Live

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "docs" / "recipes"
PLAN = Path(__file__).with_name("plan.json")


@dataclass
class Machine:
    """Where a recipe runs: an empty folder, the command line, and tools that write down how they were called."""

    folder: Path
    environment: dict[str, str]
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    def tool(self, name: str, script: str = "") -> None:
        """In the folder and in the PATH."""
        path = self.folder / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >>"{self.folder}/calls"\n{script}\n')
        path.chmod(0o755)

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def run(self, *command: str, **more: str) -> "subprocess.CompletedProcess[str]":
        environment = {**self.environment, **more}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=50, check=False
        )


@pytest.fixture
def machine(live: Live, key: str, tmp_path: Path) -> Machine:
    path = tmp_path / "bin"
    path.mkdir()
    shim = path / "countersign"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from bot.cli import main; main()" "$@"\n')
    shim.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    environment = {
        "PATH": f"{folder}:{path}:{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}",
        "HOME": str(tmp_path),
        "COUNTERSIGN_URL": live.url,
        "COUNTERSIGN_TOKEN": key,
    }
    return Machine(folder, environment)


def newest(client: Countersign) -> Any:
    return client.requests.get(next(iter(client.requests.each(requester="me"))).id)


def recipe(name: str) -> Any:
    return yaml.safe_load((RECIPES / name).read_text())


def test_every_recipe_is_told_of_and_has_a_test() -> None:
    files = sorted(path.name for path in RECIPES.iterdir() if path.name != "README.md")
    told = sorted(set(re.findall(r"\]\(([\w.-]+\.(?:yml|yaml|sh|py))\)", (RECIPES / "README.md").read_text())))
    assert told == files
    here_too = Path(__file__).with_name("test_short_tokens.py")
    tests = (Path(__file__), here_too, ROOT / "tests" / "mcp" / "test_recipe.py")
    here = "".join(path.read_text() for path in tests)
    assert [name for name in files if f'"{name}"' not in here] == []


# ------------------------------------------------------------------------------------------------------------- pipelines

GITHUB = {
    "GITHUB_RUN_ID": "77",
    "GITHUB_SERVER_URL": "https://github.example.com",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_SHA": "0123abc",
    "GITHUB_ACTOR": "grace",
}


def github_step(name: str, file: str = "github-actions.yml") -> Any:
    steps = recipe(file)["jobs"]["deploy"]["steps"]
    return next(step for step in steps if step.get("name") == name)


def test_a_github_job_deploys_after_the_yes(live: Live, key: str, client: Countersign, machine: Machine) -> None:
    """B-74"""
    step = github_step("Deploy, once people have said yes")
    assert step["env"] == {"VERSION": "${{ inputs.version }}"}
    machine.tool("deploy.sh")
    evil = '4.2"; touch pwned; "'
    with live.soon(key):
        done = machine.run("bash", "-e", "-c", step["run"], **GITHUB, VERSION=evil)
    assert done.returncode == 0, done.stderr
    assert machine.calls() == [f"deploy.sh payments {evil}"]
    assert not (machine.folder / "pwned").exists()
    asked = newest(client)
    assert (asked.status, asked.execution_status, asked.facts) == ("approved", "success", {"env": "production"})
    assert asked.subject.url == "https://github.example.com/acme/payments/actions/runs/77"


def test_a_github_job_that_is_rejected_fails_and_deploys_nothing(live: Live, key: str, machine: Machine) -> None:
    machine.tool("deploy.sh")
    with live.soon(key, "reject", comment="Not during the sale."):
        step = github_step("Deploy, once people have said yes")
        done = machine.run("bash", "-e", "-c", step["run"], **GITHUB, VERSION="4.2")
    assert (done.returncode, machine.calls()) == (3, [])
    assert "Not during the sale." in done.stdout


@pytest.mark.parametrize("file", ["github-actions.yml", "github-actions-keyless.yml"])
def test_nothing_typed_by_somebody_becomes_part_of_a_script(file: str) -> None:
    steps = recipe(file)["jobs"]["deploy"]["steps"]
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []


def test_a_gitlab_job_merges_after_the_yes(live: Live, key: str, client: Countersign, machine: Machine) -> None:
    """B-74"""
    script = "\n".join(recipe("gitlab-ci.yml")["merge"]["script"])
    machine.tool("merge.sh")
    variables = {
        "CI_MERGE_REQUEST_TITLE": "Retry failed payouts",
        "CI_MERGE_REQUEST_IID": "12",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.example.com/acme/payments",
        "CI_COMMIT_SHA": "0123abc",
    }
    with live.soon(key):
        done = machine.run("sh", "-e", "-c", script, **variables)
    assert done.returncode == 0, done.stderr
    assert machine.calls() == ["merge.sh 12 0123abc"]
    asked = newest(client)
    assert (asked.type, asked.title) == ("merge", "Merge “Retry failed payouts” into main")
    assert asked.execution_status == "success"


def container(name: str, found: dict[str, Any], values: Callable[[str], str]) -> tuple[list[str], dict[str, str]]:
    """Command and variables of a container; what comes from the cluster, as `values` says."""
    environment = {one["name"]: values(one["value"]) for one in found["env"] if "value" in one}
    environment.pop("COUNTERSIGN_URL")
    words = [*found["command"], *found["args"]]
    known = {**environment, "POD_NAME": name}
    return [re.sub(r"\$\((\w+)\)", lambda seen: known[seen[1]], word) for word in words], environment


def test_a_kubernetes_job_runs_its_command_after_the_yes(
    live: Live, key: str, client: Countersign, machine: Machine
) -> None:
    found = recipe("kubernetes-job.yaml")["spec"]["template"]["spec"]["containers"][0]
    command, environment = container("migrate-billing-x7", found, str)
    machine.tool("migrate")
    with live.soon(key):
        done = machine.run(*command, **environment)
    assert done.returncode == 0, done.stderr
    assert machine.calls() == ["migrate --to 17"]
    assert newest(client).subject.id == "migrate-billing-x7"


def test_an_argo_workflow_asks_in_one_step_and_acts_in_another(
    live: Live, key: str, client: Countersign, machine: Machine
) -> None:
    """C-06 C-10"""
    templates = {one["name"]: one for one in recipe("argo-workflow.yaml")["spec"]["templates"]}
    known = {"{{workflow.parameters.version}}": "4.2", "{{workflow.uid}}": "wf-1"}
    machine.tool("deploy.sh")
    ask, variables = container("pod", templates["ask"]["container"], lambda value: known.get(value, value))
    with live.soon(key):
        done = machine.run(*ask, **variables)
    assert done.returncode == 0, done.stderr
    deploy, variables = container("pod", templates["deploy"]["container"], lambda value: known.get(value, value))
    other = machine.run(*deploy, **{**variables, "VERSION": "6.6.6"})
    assert (other.returncode, machine.calls()) == (1, []), "another version than the approved one"
    done = machine.run(*deploy, **variables)
    assert done.returncode == 0, done.stderr
    assert machine.calls() == ["deploy.sh payments 4.2"]
    assert newest(client).execution_status == "success"
    assert machine.run(*deploy, **variables).returncode == 1, "it is done once"
    assert len(machine.calls()) == 1


# ------------------------------------------------------------------------------------------------------------- terraform

FAKE_TERRAFORM = f"""
case "$1 $2" in
  "plan -input=false") cp "${{PLAN:-{PLAN}}}" plan.tfplan ;;
  "show -json") cat plan.tfplan ;;
  "show -no-color") echo "Plan: 2 to add, 1 to change, 2 to destroy." ;;
esac
"""


def test_a_terraform_plan_is_counted_shown_and_applied_as_it_was_shown(
    live: Live, key: str, client: Countersign, machine: Machine
) -> None:
    """A-33"""
    machine.tool("terraform", FAKE_TERRAFORM)
    with live.soon(key):
        done = machine.run("sh", str(RECIPES / "terraform.sh"), WORKSPACE="production")
    assert done.returncode == 0, done.stderr
    assert machine.calls()[-1] == "terraform apply -input=false plan.tfplan"
    asked = newest(client)
    assert (asked.title, asked.execution_status) == ("Apply the plan for production", "success")
    assert {name: asked.facts[name] for name in ("added", "changed", "destroyed", "replaced")} == {
        "added": 2,
        "changed": 1,
        "destroyed": 2,
        "replaced": 1,
    }
    assert asked.params["files"]["plan.tfplan"].startswith("sha256:")
    assert "2 to destroy" in asked.description


def test_a_plan_that_changes_while_people_look_is_not_applied(live: Live, key: str, machine: Machine) -> None:
    machine.tool("terraform", FAKE_TERRAFORM)
    with live.soon(key, first=lambda: (machine.folder / "plan.tfplan").write_text("destroy everything")):
        done = machine.run("sh", str(RECIPES / "terraform.sh"))
    assert done.returncode == 1
    assert "plan.tfplan has changed since it was shown" in done.stderr
    assert [call for call in machine.calls() if call.startswith("terraform apply")] == []


def test_rules_decide_by_the_facts_of_a_plan(live: Live, key: str, machine: Machine, tmp_path: Path) -> None:
    """A plan that only adds passes by itself; one that destroys waits for people."""
    stages = [{"requirements": [{"approvals": {"min": 1, "from": ["ada@example.com"]}}]}]
    passes = {"name": "only adds", "when": 'type == "terraform" && facts.destroyed == 0', "effect": "allow"}
    asks = {
        "name": "destroys",
        "when": 'type == "terraform" && facts.destroyed > 0',
        "effect": "require",
        "stages": stages,
    }
    with Countersign(live.url, live.token("root")) as admin:
        admin.call("PUT", "types", "terraform", body={"title": "Terraform"})
        for rule in (passes, asks):
            admin.call("POST", "rules", body={"rule": rule})
    adds = tmp_path / "adds.json"
    adds.write_text(json.dumps(planned("aws_s3_bucket.logs", ["create"])))
    script = (RECIPES / "terraform.sh").read_text().replace("--type deploy", "--type terraform --timeout 1s")
    machine.tool("terraform", FAKE_TERRAFORM)
    assert machine.run("sh", "-c", script, PLAN=str(adds)).returncode == 0
    assert machine.run("sh", "-c", script).returncode == 7


def planned(address: str, actions: list[str]) -> dict[str, Any]:
    change = {"actions": actions}
    return {"format_version": "1.2", "resource_changes": [{"address": address, "type": "t", "change": change}]}


@pytest.mark.parametrize(
    ("actions", "counted"),
    [
        (["no-op"], (0, 0, 0, 0)),
        (["read"], (0, 0, 0, 0)),
        (["create"], (1, 0, 0, 0)),
        (["update"], (0, 1, 0, 0)),
        (["delete"], (0, 0, 1, 0)),
        (["forget"], (0, 0, 0, 0)),
        (["delete", "create"], (1, 0, 1, 1)),
        (["create", "delete"], (1, 0, 1, 1)),
    ],
)
def test_what_a_plan_does_is_counted_as_terraform_counts(
    actions: list[str], counted: tuple[int, ...], tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(planned("a.b", actions)))
    assert run(["facts", "terraform", str(tmp_path / "plan.json")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert tuple(found[name] for name in ("added", "changed", "destroyed", "replaced")) == counted
    assert found["destroys"] == (["a.b"] if "delete" in actions else [])


@pytest.mark.parametrize(
    "text",
    [
        '{"terraform_version": "1.9"}',
        "[]",
        "no",
        '{"resource_changes": [{"address": "a"}]}',
        '{"resource_changes": [1]}',
        '{"resource_changes": [{"address": "a", "change": {"actions": null}}]}',
    ],
)
def test_what_is_no_plan_is_refused_and_never_counted_as_nothing(text: str, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "plan.json").write_text(text)
    assert run(["facts", "terraform", str(tmp_path / "plan.json")]) == 2
    assert capsys.readouterr().out == ""


# ----------------------------------------------------------------------------------------------------------- shell, agent


def test_several_steps_are_done_under_one_claim_and_reported(
    live: Live, key: str, client: Countersign, machine: Machine
) -> None:
    machine.tool("billing")
    with live.soon(key):
        done = machine.run("sh", str(RECIPES / "several-steps.sh"), RUN_ID="run-1")
    assert done.returncode == 0, done.stderr
    assert machine.calls() == ["billing stop", "billing upgrade", "billing start"]
    assert newest(client).execution_status == "success"
    again = machine.run("sh", str(RECIPES / "several-steps.sh"), RUN_ID="run-1")
    assert again.returncode == 1, "the same run finds the same request, and it was done"
    assert len(machine.calls()) == 3


def test_a_step_that_fails_is_reported_as_failed(live: Live, key: str, client: Countersign, machine: Machine) -> None:
    machine.tool("billing", '[ "$1" != upgrade ]')
    with live.soon(key):
        done = machine.run("sh", str(RECIPES / "several-steps.sh"), RUN_ID="run-1")
    assert done.returncode == 1
    assert machine.calls() == ["billing stop", "billing upgrade"]
    assert newest(client).execution.detail == "Not all steps were done."


def test_a_no_stops_the_script(live: Live, key: str, machine: Machine) -> None:
    machine.tool("billing")
    with live.soon(key, "reject", comment="No."):
        done = machine.run("sh", str(RECIPES / "several-steps.sh"), RUN_ID="run-1")
    assert (done.returncode, machine.calls()) == (1, [])
    assert "People said no." in done.stderr


@pytest.fixture
def agent(machine: Machine) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, str(RECIPES / "agent.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=machine.folder,
        env=machine.environment,
    )
    yield process
    process.communicate(timeout=20)


def call(agent: "subprocess.Popen[str]", name: str, **arguments: Any) -> Any:
    assert agent.stdin is not None
    assert agent.stdout is not None
    agent.stdin.write(json.dumps({"name": name, "arguments": arguments}) + "\n")
    agent.stdin.flush()
    return json.loads(agent.stdout.readline())


def test_an_agents_tools_act_after_a_yes_and_tell_the_model_of_a_no(
    live: Live, key: str, agent: "subprocess.Popen[str]"
) -> None:
    """Run as `agent.py`."""
    with live.soon(key, edits={"params.amount_eur": 20}) as somebody:
        done = call(agent, "refund", customer="C-7", amount_eur=50, reason="late")
    assert done == {"refunded_eur": 20, "customer": "C-7", "reason": "late"}
    assert somebody.decided is not None
    assert somebody.decided["request"]["facts"] == {"amount_eur": 50}
    with live.soon(key, "reject", comment="Keep it."):
        done = call(agent, "drop_table", table="users")
    assert done["said"] == "Keep it."
    assert "may not run" in done["not_done"]
