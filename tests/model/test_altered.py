"""Copies of nouns with some fields changed, held against the library's own."""

from dataclasses import replace
from typing import Any

import pytest

from core.model.altered import altered
from core.model.organisation import Settings
from core.model.requirement import Source
from tests.model.test_quick import Checked, Loose, Plain
from tests.store.builders import a_request


@pytest.mark.parametrize(
    ("noun", "changes"),
    [
        (a_request(), {"version": 9, "revision": 3}),
        (a_request(), {}),
        (Settings(), {"notify": ("#deploys",)}),
        (Source("group:grp_1", "@platform"), {"label": "@runtime"}),
        (Loose("a"), {"name": "b"}),
        (Plain("a", 1, words=["w"]), {"note": "n"}),
        (Checked(1), {"size": 2}),
    ],
)
def test_it_is_what_the_library_makes_and_leaves_the_first_as_it_was(noun: Any, changes: dict[str, Any]) -> None:
    before = replace(noun)
    made = altered(noun, **changes)
    assert made == replace(noun, **changes)
    assert (noun, type(made)) == (before, type(noun))


def test_what_a_kind_looks_at_when_it_is_made_is_looked_at() -> None:
    with pytest.raises(ValueError, match="not negative"):
        altered(Checked(1), size=-1)


@pytest.mark.parametrize("noun", [a_request(), Checked(1)])
def test_a_field_that_is_not_there_is_no_field(noun: Any) -> None:
    with pytest.raises((TypeError, AttributeError)):
        altered(noun, nothing=1)
