"""How far a figure is, on standard error: whoever waits for minutes wants to know what for."""

from __future__ import annotations

import sys
import time
from typing import Final

BEGAN: Final = time.monotonic()


def report(line: str) -> None:
    print(f"{time.monotonic() - BEGAN:7.1f} s  {line}", file=sys.stderr, flush=True)
