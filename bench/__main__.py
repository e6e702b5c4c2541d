"""`python -m bench [name …] [--quick]`: measure all figures, or those named, and print one table."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import bench.figures
from bench.figures.base import Bench, Figure
from bench.outcome import Outcome, table
from bench.progress import report
from bot.cli import GARBAGE
from core.collection import members
from tests.postgres import Server, running


def main() -> None:
    figures: dict[str, Figure] = members(bench.figures)
    asked = arguments(list(figures))
    gc.set_threshold(*GARBAGE)  # as the product's first line does; for the floors in this process, too
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, contextlib.ExitStack() as stack:
        databases = Postgres(stack)
        for word in asked.names or figures:
            print(f"measuring {word} …", file=sys.stderr, flush=True)
            place = Path(folder) / word
            place.mkdir()
            for outcome in figures[word].measure(Bench(asked.quick, place, databases)):
                report(f"{outcome.figure}: {outcome.ours}, {outcome.ratio:.2f} where {outcome.target} is promised")
                outcomes.append(outcome)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print(table(outcomes))


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The figures we promise, on this machine.")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(words))
    parser.add_argument("--quick", action="store_true", help="shorter and smaller; good for a look, not for a record")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in words]
    if unknown:
        parser.error(f"there is no figure {', '.join(unknown)}; there are {', '.join(words)}")
    return asked


class Postgres:
    """A server that commits to the disk, started when the first database is asked for."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._server: Server | None = None

    def fresh(self) -> str:
        return self._made("template1")

    def copied(self, url: str) -> str:
        return self._made(urlsplit(url).path.lstrip("/"))

    def _made(self, template: str) -> str:
        self._server = self._server or self._stack.enter_context(running(fsync=True))
        return self._server.url(self._server.create(template))


if __name__ == "__main__":
    main()
