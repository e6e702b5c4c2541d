"""The client as a distribution of its own, and inside the server's: what both say of it must agree, and be true."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import countersign_client

ROOT = Path(__file__).parents[2]
HERE = ROOT / "clients" / "python"

PRELUDE = "from typing import Any\nfrom countersign_client import needs_approval\ndef deploy(**_: Any) -> None: ...\n"


def project(folder: Path) -> Any:
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]


def test_it_has_one_version_one_licence_and_the_servers_own_bounds() -> None:
    mine, servers = project(HERE), project(ROOT)
    assert mine["version"] == servers["version"] == countersign_client.__version__
    assert (HERE / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert [one for one in mine["dependencies"] if one not in servers["dependencies"]] == []
    assert mine["requires-python"] == servers["requires-python"]


def test_it_imports_nothing_but_the_standard_library_and_its_dependencies() -> None:
    extra = {"jwt"}  # `receipts`
    allowed = {"countersign_client", "h11", "rfc8785", *extra, *sys.stdlib_module_names}
    source = "\n".join(path.read_text() for path in (HERE / "countersign_client").glob("*.py"))
    imported = set(re.findall(r"^\s*(?:from|import) ([a-z_0-9]+)", source, re.MULTILINE))
    assert imported - allowed == set()


def test_what_the_readmes_show_is_well_typed(tmp_path: Path) -> None:
    for number, readme in enumerate((HERE / "README.md", ROOT / "README.md")):
        blocks = re.findall(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)
        assert blocks
        for place, block in enumerate(blocks):
            (tmp_path / f"shown_{number}_{place}.py").write_text(PRELUDE + block)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--cache-dir", ".cache", "."]
    environment = {**os.environ, "MYPYPATH": str(HERE)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0, done.stdout
