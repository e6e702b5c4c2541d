"""Regular expressions of conditions: written out by whoever makes the rule, and of bounded work.

RE2 needs at most a pattern's states times the text's length. So a pattern is never taken from a request, and its states are
counted before it is used: what anybody may then send keeps a thread busy for a fraction of a second.
"""

from __future__ import annotations

import re
from typing import Final

from core.rulebook.skeleton import patterns_in, skeleton

MOST_STATES: Final = 200
"""Of all patterns of one expression together; a UUID written out takes 36."""

MOST_JOINS: Final = 3
"""How often `+` may stand beside patterns: a text to be searched is not made longer than what was asked by much."""

_CALLED = re.compile(r"\bmatches\s*\(")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BY_NUMBER: Final = frozenset("xXuU01234567")
_WORDS: Final = {"n": "\n", "t": "\t", "r": "\r"}

_TOKEN = re.compile(
    r"(?P<flags>\(\?[a-zA-Z-]+\))|(?P<open>\((?:\?(?:P?<\w*>|[a-zA-Z-]*:))?)|(?P<close>\))"
    r"|\{(?P<least>\d+)(?:,(?P<most>\d*))?\}|(?P<mark>[*+?|^$])"
    r"|\\Q(?P<quoted>.*?)(?:\\E|$)|(?P<script>\\[pP](?:\{[^}]*\}|.))"
    r"|\\x\{[^}]*\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|.",
    re.DOTALL,
)

_OF_A_SCRIPT: Final = 40
"""A class of Unicode is many ranges of bytes."""


def not_written_out(text: str) -> int | None:
    """Where something is matched against what is no plain text in quotes, if anywhere."""
    written = {found.start() for found in patterns_in(text)}
    return next((call.start() for call in _CALLED.finditer(skeleton(text)) if call.start() not in written), None)


def joins_too_much(text: str) -> int | None:
    """Where one `+` too many stands beside a pattern."""
    joins = [place for place, letter in enumerate(skeleton(text)) if letter == "+"]
    return joins[MOST_JOINS] if len(joins) > MOST_JOINS and any(patterns_in(text)) else None


def plain(literal: str) -> str | None:
    """The text of a literal without its quotes; None where characters are written by their numbers."""
    raw = literal[0] in "rR"
    quotes = 3 if literal[raw:].startswith(('"""', "'''")) else 1
    inner = literal[raw + quotes : -quotes]
    if raw:
        return inner
    if any(escape[1] in _BY_NUMBER for escape in _ESCAPE.finditer(inner)):
        return None
    return _ESCAPE.sub(lambda escape: _WORDS.get(escape[1], escape[1]), inner)


def states_in(pattern: str) -> int:
    """About as many as RE2 needs: one for each character, and each repetition as often as it may count."""
    groups = [_Group()]
    for token in _TOKEN.finditer(pattern):
        kind, here = token.lastgroup, groups[-1]
        if kind == "open":
            groups.append(_Group())
        elif kind == "close" and len(groups) > 1:
            groups.pop()
            groups[-1].add(here.states)
        elif kind in {"least", "most"}:
            here.repeat(max(int(token["least"]), int(token["most"] or 0)))
        elif kind not in {"flags", "mark"}:
            here.add(_states_of(token))
    return sum(group.states for group in groups)


def _states_of(token: re.Match[str]) -> int:
    if token["quoted"] is not None:
        return len(token["quoted"])
    return _OF_A_SCRIPT if token["script"] else 1


class _Group:
    """The states of a group so far, and those of its last part."""

    __slots__ = ("last", "states")

    def __init__(self) -> None:
        self.states = self.last = 0

    def add(self, states: int) -> None:
        self.states += states
        self.last = states

    def repeat(self, times: int) -> None:
        self.states += self.last * max(0, times - 1)
        self.last *= max(1, times)
