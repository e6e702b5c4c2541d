"""What importing the client and making one loads: nothing that only a call, or some programs, ever use."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import countersign_client

HERE: Final = Path(__file__).parents[2] / "clients" / "python"
INIT: Final = HERE / "countersign_client" / "__init__.py"
NOBODY: Final = "http://127.0.0.1:1"

LATER: Final = {
    "asyncio": "whoever awaits, who has it already",
    "countersign_client.digest": "the first claim",
    "countersign_client.exchange": "the first call",
    "countersign_client.github": "a job of GitHub's",
    "countersign_client.guard": "a guarded function",
    "countersign_client.models": "the first answer",
    "countersign_client.outcomes": "the first answer",
    "countersign_client.receipts": "a receipt",
    "countersign_client.requests": "the first request",
    "countersign_client.sockets": "the first call that blocks",
    "countersign_client.streams": "the first call that is awaited",
    "h11": "the first call",
    "hashlib": "the first claim",
    "jwt": "a receipt",
    "logging": "nobody",
    "rfc8785": "the first claim",
    "socket": "the first call",
    "ssl": "a server on another machine",
    "tomllib": "somebody who has logged in",
}
"""What is wanted by whom; together half of what a start cost."""


def said(code: str, tmp_path: Path) -> Any:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}
    environment = {**kept, "PYTHONPATH": str(HERE), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=50
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["Countersign", "AsyncCountersign"])
@pytest.mark.parametrize("given", [f"{NOBODY!r}, 'csk_1'", f"{NOBODY!r}"])
def test_a_client_is_made_without_what_only_calls_need(name: str, given: str, tmp_path: Path) -> None:
    code = f"import sys, json, countersign_client as c; c.{name}({given}); print(json.dumps(sorted(sys.modules)))"
    loaded = said(code, tmp_path)
    assert {module: LATER[module] for module in loaded if module in LATER} == {}
    assert "countersign_client.client" in loaded


def test_closing_a_client_that_never_called_loads_nothing_more(tmp_path: Path) -> None:
    code = (
        f"import sys, json, countersign_client as c\nwith c.Countersign({NOBODY!r}, 'csk_1') as client: client.remote\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    assert {module for module in said(code, tmp_path) if module in LATER} == set()


def test_what_is_typed_is_what_is_found_and_both_are_promised() -> None:
    typed = {
        name.asname or name.name
        for node in ast.walk(ast.parse(INIT.read_text()))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("countersign_client.")
        for name in node.names
    }
    promised = set(countersign_client.__all__)
    assert promised - {"__version__"} == typed - {"VERSION"}
    found = {name: getattr(countersign_client, name) for name in promised}
    assert {name for name, value in found.items() if value is None} == set()
    assert promised <= set(dir(countersign_client))
    with pytest.raises(AttributeError, match="Requests"):
        _ = countersign_client.Requests  # type: ignore[attr-defined]


def test_its_parts_are_found_by_whoever_imports_only_the_whole(tmp_path: Path) -> None:
    code = "import json, countersign_client as c; print(json.dumps([c.receipts.verify.__name__, c.models.Request.__name__]))"
    assert said(code, tmp_path) == ["verify", "Request"]
