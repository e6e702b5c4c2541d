"""Whether a text says anything: somebody who is asked must see more than white space."""

from __future__ import annotations

import unicodedata
from typing import Final

BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol by Unicode's books, and yet nothing to see: fillers of Hangul, the empty cell of Braille."""


def says_something(text: str) -> bool:
    """Letters, numbers, marks of punctuation or symbols; not white space, and not what has no width."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in BLANK for char in text)
