"""What stands beside the code: locks, the commands the documents name, the manifest in the wheel."""

import re
import stat
import tomllib
from typing import Any, Final

import pytest

from tests.house.source import ROOT

LOCKS: Final = ("runtime", "build", "dev")
DOCUMENTS: Final = ("README.md", "CONTRIBUTING.md")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(name: str) -> dict[str, str]:
    """Distribution -> its whole entry, hashes included."""
    entries = re.split(r"\n(?=\S)", (ROOT / "locks" / f"{name}.txt").read_text().strip())
    return {re.split(r"[\[=<>;@ ]", entry)[0].lower(): entry for entry in entries}


def distribution(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_everything_with_hashes_and_names_no_address(name: str) -> None:
    entries = locked(name)
    assert [entry for entry in entries.values() if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert "://" not in "".join(entries.values())
    assert [entry for entry in entries if entry.startswith("-")] == []


def test_the_locks_hold_every_dependency() -> None:
    described = project()
    runtime = [distribution(requirement) for requirement in described["project"]["dependencies"]]
    groups = described["dependency-groups"]
    extra = described["project"]["optional-dependencies"]["postgres"]
    dev = [distribution(r) for r in (*groups["dev"], *groups["build"], *extra) if isinstance(r, str)]
    assert [name for name in runtime if name not in locked("runtime")] == []
    assert [name for name in (*runtime, *dev) if name not in locked("dev")] == []


def test_the_locks_agree_with_each_other() -> None:
    everything = locked("dev")
    others = locked("runtime") | locked("build")
    assert [name for name, entry in others.items() if entry.split()[0] != everything[name].split()[0]] == []


@pytest.mark.parametrize("path", ["task", ".ci/run"])
def test_commands_can_be_executed(path: str) -> None:
    assert (ROOT / path).stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if (ROOT / name).exists()])
def test_every_task_a_document_names_exists(document: str) -> None:
    named = set(re.findall(r"\./task ([a-z]+)", (ROOT / document).read_text()))
    known = set(re.findall(r"^  ([a-z]+)\) ", (ROOT / "task").read_text(), re.MULTILINE))
    assert named
    assert named - known == set()


def test_the_wheel_takes_the_manifest_along() -> None:
    included = project()["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {"manifest.yml": "bot/manifest.yml"}
