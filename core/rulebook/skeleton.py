"""An expression's skeleton: the same text, character for character, with its strings and comments blanked.

What is looked for in an expression (a keyword, an `&&`, a field) is looked for there, so that no text in quotes is taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_QUOTED = r'"""(?:\\.|[^\\])*?"""|' + r"'''(?:\\.|[^\\])*?'''|" + r'"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'"
_RAW = r'"""[\s\S]*?"""|' + r"'''[\s\S]*?'''|" + r'"[^"\n]*"|' + r"'[^'\n]*'"
_PARTS = re.compile(
    rf"(?P<string>(?<!\w)(?:[rR][bB]?|[bB][rR])(?:{_RAW})|(?:(?<!\w)[bB])?(?:{_QUOTED}))|(?P<comment>//[^\n]*)",
    re.DOTALL,
)
_HINGE = re.compile(r"&&|\|\||[?(){}\[\]]")


def skeleton(text: str) -> str:
    """Strings become NULs, comments spaces."""
    return _PARTS.sub(lambda part: ("\0" if part["string"] else " ") * len(part[0]), text)


def without_comments(text: str) -> str:
    return _PARTS.sub(lambda part: part[0] if part["string"] else " " * len(part[0]), text)


def conjuncts(text: str) -> tuple[str, ...]:
    """The parts that must all hold; the whole text where it is no plain chain of `&&`."""
    cuts, bare = [0], without_comments(text)
    for found, start, end in _top_level(skeleton(text)):
        if found != "&&":
            return (bare,)
        cuts += [start, end]
    ends = [*cuts[1::2], len(text)]
    return tuple(bare[start:end] for start, end in zip(cuts[::2], ends, strict=True))


def _top_level(bones: str) -> Iterator[tuple[str, int, int]]:
    """The hinges `&&`, `||` and `?` that no bracket holds."""
    depth = 0
    for hinge in _HINGE.finditer(bones):
        if hinge[0] in "([{":
            depth += 1
        elif hinge[0] in ")]}":
            depth -= 1
        elif depth == 0:
            yield hinge[0], hinge.start(), hinge.end()


_MATCHES = re.compile(rf"\bmatches\s*\(\s*((?:[rR])?(?:{_QUOTED}))\s*\)", re.DOTALL)


def patterns_in(text: str) -> Iterator[re.Match[str]]:
    """The regular expressions written as plain texts; group 1 is the text with its quotes."""
    bones = skeleton(text)
    return (found for found in _MATCHES.finditer(text) if bones[found.start()] == text[found.start()])


_TEXT = r"""(?:"[^"\\]*"|'[^'\\]*')"""
_IS_TYPE = re.compile(rf"\s*(?:type\s*==\s*({_TEXT})|({_TEXT})\s*==\s*type)\s*")
_AMONG_TYPES = re.compile(rf"\s*type\s+in\s*\[((?:\s*{_TEXT}\s*,?)+)\]\s*")


def types_in(text: str) -> frozenset[str] | None:
    """The types for which the expression can be anything but false; None where it does not say."""
    said = [types for types in map(_types_of, conjuncts(text)) if types is not None]
    return frozenset.intersection(*said) if said else None


def _types_of(conjunct: str) -> frozenset[str] | None:
    if one := _IS_TYPE.fullmatch(conjunct):
        return frozenset({(one[1] or one[2])[1:-1]})
    if several := _AMONG_TYPES.fullmatch(conjunct):
        return frozenset(text[1:-1] for text in re.findall(_TEXT, several[1]))
    return None
