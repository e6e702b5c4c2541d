"""RFC 8785 canonical JSON, as digests and the ledger need it; some twenty times quicker wherever that is safe.

orjson writes the very bytes of the reference wherever keys are ASCII, whole numbers are exact and fractions need no
exponent (`tests/model/test_canonical.py`); for anything else the reference itself is asked.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
import rfc8785

_LARGEST: Final = 2**53 - 1
_LEAST_PLAIN: Final = 1e-4
_MOST_PLAIN: Final = 1e15


def canonical(value: Any) -> bytes:
    """The value's only text in UTF-8; raises what `rfc8785` raises for a value that has none."""
    if _both_write_alike(value):
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:
            pass  # half a surrogate pair: the reference says so in its own words
    return rfc8785.dumps(value)


def canonical_words(facts: dict[str, str | int]) -> bytes:
    """The same for an object known to hold nothing but texts and counts under ASCII names: nothing to look for."""
    return orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)


def _both_write_alike(value: Any) -> bool:
    """Texts are most of what there is, so they are told apart without a call of their own."""
    kind = type(value)
    if kind is dict:
        for key, part in value.items():
            if type(key) is not str or not key.isascii() or not (type(part) is str or _both_write_alike(part)):
                return False
        return True
    if kind is list or kind is tuple:
        return all(type(part) is str or _both_write_alike(part) for part in value)
    if kind is int:
        return abs(int(value)) <= _LARGEST
    if kind is float:
        return not float(value).is_integer() and _LEAST_PLAIN <= abs(float(value)) < _MOST_PLAIN
    return value is None or kind is bool or isinstance(value, str)
