"""Servers under measurement: each a process of its own that prints one line once it is ready, and ends with us."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ENDING: Final = 10.0


@dataclass(frozen=True)
class Server:
    """A running server: what it said when it was ready, and what the system knows of it."""

    process: subprocess.Popen[bytes]
    told: dict[str, Any]

    @property
    def port(self) -> int:
        return int(self.told["port"])

    def ask(self) -> dict[str, Any]:
        """What a server that knows this signal says when it is asked."""
        self.process.send_signal(signal.SIGUSR1)
        return first_line(self.process, ["a server"])

    def memory(self) -> float:
        """Resident memory in MB."""
        return memory_of(self.process.pid)

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


@contextlib.contextmanager
def serving(module: str, *arguments: str, variables: Mapping[str, str] | None = None) -> Iterator[Server]:
    """`python -m module arguments …`, from its first line until the end of the block."""
    environment = {**os.environ, **(variables or {})}
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, env=environment)
    try:
        yield Server(process, first_line(process, [module, *arguments]))
    finally:
        end(process)


def first_line(process: subprocess.Popen[bytes], command: Sequence[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{' '.join(command)} ended before it was ready")
    told: dict[str, Any] = json.loads(line)
    return told


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(ENDING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
