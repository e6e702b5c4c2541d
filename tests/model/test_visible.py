"""A title of nothing to see asks for nothing."""

import pytest

from core.model.visible import says_something


@pytest.mark.parametrize("text", ["a", " ok ", "否決", "👍", "?", "42", "\u200bשלום\u200b", "❤️"])
def test_whatever_can_be_seen_says_something(text: str) -> None:
    assert says_something(text)


@pytest.mark.parametrize(
    "text", ["", "  ", "\n\t", "\u200b\u200d", "\u00a0\u2003", "\u2060\ufeff", "\u3164", "\u2800", "\ufe0f", "\u202e"]
)
def test_what_has_no_width_says_nothing(text: str) -> None:
    assert not says_something(text)
