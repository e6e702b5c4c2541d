"""The command line `countersign`: on the host (serve, migrate, agents, members, audit, doctor) and against a server.

Commands live in files of their own and are imported when they run, so that `--help` answers at once. Refusals become one
sentence and an exit code in `ending.py`, nowhere else.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

GARBAGE: Final = (10_000, 20, 20)
"""Thresholds of the collector: neither loading modules nor a command makes many objects in circles, and each look costs."""


def main() -> None:
    """The console script."""
    gc.set_threshold(*GARBAGE)
    if sys.argv[1:] == ["serve"]:
        # Nothing is left to be parsed, and the parser would stay in the server's memory for good.
        from bot.cli.ending import ended  # noqa: PLC0415 - the package stays cheap to import
        from bot.cli.serving import serve  # noqa: PLC0415

        sys.exit(ended(serve))
    from bot.cli.app import run  # noqa: PLC0415 - likewise

    sys.exit(run(sys.argv[1:]))
