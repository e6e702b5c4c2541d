"""Holds `tests/sources.md` and the docstrings of the tests together: `python -m tests.house.sources` rewrites the list.

A test shows a line of the source systems by naming it in its docstring (`A-36`). Ids, words and who owes a line stand in
the list and are kept; only its last column is written.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.house.source import ROOT

LIST: Final = ROOT / "tests" / "sources.md"
ROW: Final = re.compile(r"^\| (?P<line>[A-E]-\d\d) \| (?P<what>[^|]+) \| (?P<owed>\w+) \|.*\|$")
NAMED: Final = re.compile(r"\b[A-E]-\d\d\b")
NOBODY: Final = "—"
HERE: Final = "main"
"""Who owes a line: `main`, the main job, which must show all of its own; `rules` and `askers` are later works."""


def listed(text: str) -> dict[str, str]:
    """Line -> which work owes it."""
    rows = (ROW.match(row) for row in text.splitlines())
    return {row["line"]: row["owed"] for row in rows if row}


def shown(folder: Path = ROOT / "tests") -> dict[str, list[str]]:
    """Line -> the tests that name it, as `path::name`."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for name, docstring in docstrings_in(ast.parse(path.read_text(), str(path))):
            for line in dict.fromkeys(NAMED.findall(docstring)):
                found[line].append(f"{path.relative_to(ROOT)}::{name}")
    return dict(found)


def docstrings_in(module: ast.Module) -> Iterator[tuple[str, str]]:
    """(name, docstring) of every test function that has one."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def written(text: str, tests: dict[str, list[str]]) -> str:
    """The list with its last column as the docstrings say."""
    return "".join(f"{_row(row, tests)}\n" for row in text.splitlines())


def _row(row: str, tests: dict[str, list[str]]) -> str:
    parts = ROW.match(row)
    if parts is None:
        return row
    names = "<br>".join(f"`{name}`" for name in tests.get(parts["line"], ())) or NOBODY
    return f"| {parts['line']} | {parts['what']} | {parts['owed']} | {names} |"


if __name__ == "__main__":
    LIST.write_text(written(LIST.read_text(), shown()))
