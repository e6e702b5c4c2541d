"""Canonical JSON: the quick writer and the reference agree to the byte, whatever the value."""

from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from core.model.canonical import canonical

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


class Word(StrEnum):
    YES = "yes"


@given(values)
@example({"é": 1, "z": 2, "\U0001f600": 3, "\ufb33": 4})
@example({"b": [12.0, 12.5, 1e-5, 1e16, 1e22, -0.0, 0.1 + 0.2], "a": '\x00\x1f\x7f\u2028/"\\'})
def test_a_value_is_written_as_the_reference_writes_it(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_a_word_of_ours_is_written_as_its_text() -> None:
    assert canonical({"verdict": Word.YES}) == b'{"verdict":"yes"}'


@pytest.mark.parametrize("value", [2**53, float("nan"), float("inf")])
def test_a_number_without_canonical_text_is_refused(value: float) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical({"number": value})


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises((UnicodeError, rfc8785.CanonicalizationError)):
        canonical(["\ud800"])
