"""How soon the command line and the Python client are there; every pipeline step and every agent pays for it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from bench.figures.base import Bench, Figure
from bench.outcome import Outcome, percentile, say

ROOT: Final = Path(__file__).parents[2]
NOBODY: Final = "http://127.0.0.1:1"
MADE: Final = f"import countersign_client as c; c.{{}}({NOBODY!r}, 'csk_1')"
COMMAND: Final = "import sys; from bot.cli.app import run; sys.exit(run({}))"

BARE: Final = "pass"
WHAT: Final[Mapping[str, tuple[str, float]]] = {
    "SDK imported, a client made": (MADE.format("Countersign"), 0.15),
    "SDK imported, an async client made": (MADE.format("AsyncCountersign"), 0.15),
    "CLI start: --help": (COMMAND.format(["--help"]), 0.3),
    "CLI start: request, up to the first call": (COMMAND.format(["request", "Deploy payments", "--wait"]), 0.3),
    "CLI start: run, up to the first call": (COMMAND.format(["run", "--", "true"]), 0.3),
    "CLI start: read, up to the first call": (COMMAND.format(["read", "--id", "1"]), 0.3),
}


def measure(bench: Bench) -> Iterable[Outcome]:
    """Without a credential a command ends just before its first call. The floor is a Python that does nothing."""
    taken: dict[str, list[float]] = {code: [] for code in (BARE, *(code for code, _ in WHAT.values()))}
    for _ in range(bench.so_many(21, 7)):
        for code, turns in taken.items():
            turns.append(start(code, bench.folder))
    floor = percentile(taken[BARE], 50)
    for what, (code, limit) in WHAT.items():
        seconds = percentile(taken[code], 50)
        note = f"{seconds / floor:.1f} × a bare Python"
        yield Outcome(what, say(seconds, "s"), say(floor, "s"), seconds, limit, note=note)


def start(code: str, folder: Path) -> float:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}
    path = f"{ROOT}{os.pathsep}{ROOT / 'clients' / 'python'}"
    environment = {**kept, "PYTHONPATH": path, "XDG_CONFIG_HOME": str(folder), "COUNTERSIGN_URL": NOBODY}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False, timeout=60)
    return time.perf_counter() - began


MEMBER = Figure("clients", measure)
