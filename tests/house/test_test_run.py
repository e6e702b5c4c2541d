"""How a run of the tests behaves: a skip in CI is a failure, and times are told per folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

SKIPPED_TEST = "import pytest\n\ndef test_of_something_absent() -> None:\n    pytest.skip('no such thing here')\n"
SKIPPED_FILE = "import pytest\n\npytest.importorskip('no_such_module_anywhere')\n"


def run_in_a_folder_of_its_own(folder: Path, text: str, *, ci: bool) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (folder / "test_it.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CI": "true" if ci else ""}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("text", [SKIPPED_TEST, SKIPPED_FILE])
def test_a_skip_fails_in_ci(tmp_path: Path, text: str) -> None:
    run = run_in_a_folder_of_its_own(tmp_path, text, ci=True)
    assert run.returncode != 0
    assert "which CI forbids" in run.stdout


def test_a_skip_elsewhere_is_only_told(tmp_path: Path) -> None:
    run = run_in_a_folder_of_its_own(tmp_path, SKIPPED_TEST, ci=False)
    assert run.returncode == 0
    assert "1 skipped" in run.stdout


def test_times_are_told_per_folder(tmp_path: Path) -> None:
    run = run_in_a_folder_of_its_own(tmp_path, "def test_it() -> None:\n    pass\n", ci=True)
    assert "time per folder" in run.stdout
