"""What a worker that died was doing: a fault's stacks would be far above the end of the output, or beyond what is kept."""

from __future__ import annotations

import faulthandler
import tempfile
from pathlib import Path
from typing import IO, Any, Final, Protocol

import pytest

LINES: Final = 60
"""Of each worker's stacks; the thread that crashed comes first."""

FOLDER: Final = "crashes"


class Node(Protocol):
    """A worker as the process that has it sees it."""

    workerinput: dict[str, Any]


class OfWorkers:
    """In the process that has the workers: gives them a folder for their stacks, and shows what is in it at the end."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="crashes-")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Node) -> None:
        node.workerinput[FOLDER] = self._folder.name

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for found in sorted(Path(self._folder.name).iterdir()):
            if lines := found.read_text().splitlines():
                terminalreporter.section(f"stacks of {found.name} when it crashed")
                terminalreporter.write_line("\n".join(lines[:LINES]))

    def pytest_unconfigure(self) -> None:
        self._folder.cleanup()


class OfThisWorker:
    """In a worker: a crash is written to its file."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file: IO[str] = (folder / name).open("w")
        faulthandler.enable(self._file)

    def pytest_unconfigure(self) -> None:
        faulthandler.disable()
        self._file.close()
