"""Every way we say no ends with what to do: what comes next, or how it should have been."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
KINDS: Final = {"NotFound", "NotAllowed", "Conflict", "Invalid", "TooSoon", "Unavailable", "Problem"}
NEXT: Final = re.compile(
    r"; |: |\. [A-Z]|\bmust\b|\bat most\b|\bis one of\b|\bhas (small letters|1 to)\b|\b(is the id of|are kind)\b|\? [A-Z]"
    r"|^(Choose|Name|Say|With|Write)\b"
)
"""A second half, a second sentence, or the bounds that were not kept."""

UNHEARD: Final = {
    "There is nothing to judge.",
    "What was sent cannot be understood.",
    "This issuer calls itself otherwise.",
    "These are no keys.",
    "This is no answer of an issuer.",
}
"""Said between two parts of the program; nobody is shown them."""

HARMLESS: Final = {
    "Its window for execution has closed, so nothing is left to discard.",
}
"""There is nothing to do."""


def refusals() -> Iterator[tuple[str, str]]:
    """Where each is, and its sentence where it is written whole."""
    for top in ("core", "bot"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                    yield from ((f"{path.relative_to(ROOT)}:{node.lineno}", said) for said in _said(node))


def _said(call: ast.Call) -> Iterator[str]:
    for argument in call.args:
        phrased = isinstance(argument, ast.Call) and isinstance(argument.func, ast.Name)
        first = argument.args[0] if phrased and argument.args else argument  # type: ignore[attr-defined]
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and " " in first.value:
            yield first.value


def test_every_refusal_says_what_to_do() -> None:
    found = dict(refusals())
    assert len(found) > 300
    silent = {where: said for where, said in found.items() if not NEXT.search(said)}
    assert {where: said for where, said in silent.items() if said not in UNHEARD | HARMLESS} == {}
