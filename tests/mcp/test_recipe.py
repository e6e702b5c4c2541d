"""`docs/recipes/agent-mcp.py`, as a new user would run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.clients.live import Live, Meanwhile
from tests.mcp.conftest import COMMAND, ROOT

RECIPE = ROOT / "docs" / "recipes" / "agent-mcp.py"


def run(live: Live, key: str, folder: Path, call: str) -> str:
    shim = folder / "countersign"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{COMMAND}" "$@"\n')
    shim.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}",
        "COUNTERSIGN_URL": live.url,
        "COUNTERSIGN_TOKEN": key,
    }
    told = subprocess.run(
        [sys.executable, RECIPE], input=call, env=environment, capture_output=True, text=True, timeout=50, check=True
    )
    return told.stdout.strip()


def test_the_agent_does_what_was_approved_and_nothing_after_a_no(live: Live, key: str, tmp_path: Path) -> None:
    calls = [
        {"name": "refund", "arguments": {"customer": "Erika", "amount_eur": 40}},
        {"name": "refund", "arguments": {"customer": "Max", "amount_eur": 4000}},
    ]

    def approve_then_reject(id: str) -> None:
        live.decide(id)
        second = live.soon(key, "reject", comment="Too much.")
        second.start()
        second.join(30)

    with Meanwhile(live, key, approve_then_reject):
        said = run(live, key, tmp_path, "\n".join(map(json.dumps, calls)))
    assert said.splitlines()[0] == "refunded 40 € to Erika"
    assert "Do not do it. They said: Too much." in said.splitlines()[1]
