"""RFC 8785 canonical JSON, as digests and the ledger need it; some twenty times quicker wherever that is safe.

orjson writes the very bytes of the reference wherever keys are ASCII, whole numbers are exact and fractions need no
exponent (`tests/model/test_canonical.py`); for anything else the reference itself is asked.
"""

from __future__ import annotations

from types import NoneType
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
    """One list of all there is, which grows by what is found in it: a call for each would take twice as long."""
    todo = [value]
    for part in todo:
        kind = type(part)
        if kind is str or kind is NoneType or kind is bool:
            continue
        if kind is dict:
            for key in part:
                if type(key) is not str or not key.isascii():
                    return False
            todo += part.values()
        elif kind is list or kind is tuple:
            todo += part
        elif not _is_plain(part):
            return False
    return True


def _is_plain(part: Any) -> bool:
    kind = type(part)
    if kind is int:
        return abs(int(part)) <= _LARGEST
    if kind is float:
        return not float(part).is_integer() and _LEAST_PLAIN <= abs(float(part)) < _MOST_PLAIN
    return isinstance(part, str)
