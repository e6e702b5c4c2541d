"""Finds the members of a collection: every file of a plural folder but `base.py` exports one `MEMBER` with a `word`."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any


class TwoMembersWithOneWord(Exception):
    """Two files of a collection claim the same word; the program must not start."""


def members(package: ModuleType) -> dict[str, Any]:
    """Word to member, in the order of file names."""
    found: dict[str, Any] = {}
    for name in sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.name != "base"):
        member = importlib.import_module(f"{package.__name__}.{name}").MEMBER
        if member.word in found:
            raise TwoMembersWithOneWord(f"{package.__name__}: '{member.word}' is exported twice, again by {name}.py")
        found[member.word] = member
    return found
