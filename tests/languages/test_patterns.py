"""Patterns are written in the code, where nobody from outside can write one: a pattern reaches into what fills it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLES = {"bot/slack/roll/announcing.py": "UNLINKED.get(reason, OTHERWISE_UNLINKED)"}
"""Files that choose among patterns written elsewhere in the code, and how."""


def patterns(path: Path) -> Iterator[ast.expr]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"phrase", "phrases"}:
            yield from node.args[: 1 if node.func.id == "phrase" else 2]


def test_every_pattern_is_a_literal() -> None:
    strange = []
    for path in (path for top in ("core", "bot") for path in (ROOT / top).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        for pattern in patterns(path):
            written = isinstance(pattern, ast.Constant) and isinstance(pattern.value, str)
            if not written and TABLES.get(name) != ast.unparse(pattern):
                strange.append(f"{name}: {ast.unparse(pattern)}")
    assert strange == []


def test_no_pattern_reaches_into_what_fills_it() -> None:
    """`{name.attribute}` and `{name[0]}` would be read from values that a translation has no business with."""
    deep = [
        pattern.value
        for path in (ROOT / "core", ROOT / "bot")
        for file in path.rglob("*.py")
        for pattern in patterns(file)
        if isinstance(pattern, ast.Constant)
        and any(mark in name for name in _names(str(pattern.value)) for mark in ".[")
    ]
    assert deep == []


def _names(pattern: str) -> list[str]:
    return [part.split("}")[0].split(":")[0].split("!")[0] for part in pattern.replace("{{", "").split("{")[1:]]
