"""The two digests: what they cover, that anybody can recompute them, what they refuse."""

import hashlib
import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.model.digest import LARGEST_INTEGER, action_digest, content_json, digest_of, request_digest
from core.model.request import Content, Cost, Link, Requester, Subject

CONTENT = Content(
    type="deploy",
    title="Deploy",
    subject=Subject("run", "run-8f2", "https://ci.example.com/8f2"),
    description="All of it",
    action="deploy 4.2",
    params={"replicas": 3},
    reasoning="The old one leaks",
    cost=Cost(3.5, 900),
    side_effects=("restarts",),
    if_denied="wait",
    facts={"destroyed": 0},
    metadata={"pr": 812},
    links=(Link("Diff", "https://git.example.com/812"),),
    editable={"params.replicas": {"minimum": 1}},
)
CHANGED: dict[str, Any] = {
    "type": "merge",
    "title": "Deploy!",
    "subject": Subject("run", "run-8f3"),
    "description": None,
    "action": "deploy 4.3",
    "params": {"replicas": 4},
    "reasoning": "It does not",
    "cost": Cost(3.5, 901),
    "side_effects": (),
    "if_denied": "re-plan",
    "facts": {"destroyed": 1},
    "metadata": {"pr": 813},
    "links": (),
    "editable": {},
}
RITA = Requester("member", "mem_rita", "Rita")


def digest(content: Content = CONTENT, **said: Any) -> str:
    known: dict[str, Any] = {
        "organisation": "org_1",
        "project": "prj_1",
        "requester": RITA,
        "on_behalf_of": None,
        "revision": 1,
    }
    return request_digest(content, **{**known, **said})


def test_it_is_the_sha256_of_canonical_json_anybody_can_write() -> None:
    value = {"b": [1, "é", None, True], "a": {"z": 1, "y": 2}}
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert digest_of(value) == hashlib.sha256(text.encode()).hexdigest()


def test_every_field_of_the_content_has_a_changed_value_here() -> None:
    assert set(CHANGED) == {field.name for field in fields(Content)} == set(content_json(CONTENT))


@pytest.mark.parametrize("name", CHANGED)
def test_the_digest_covers_everything_an_approver_is_shown(name: str) -> None:
    assert digest(replace(CONTENT, **{name: CHANGED[name]})) != digest()


@pytest.mark.parametrize(
    "said",
    [
        {"organisation": "org_2"},
        {"project": "prj_2"},
        {"requester": Requester("agent", "mem_rita", "Rita")},
        {"on_behalf_of": "mem_ada"},
        {"revision": 2},
    ],
)
def test_the_digest_covers_who_asks_where_and_which_revision(said: dict[str, Any]) -> None:
    assert digest(**said) != digest()


@pytest.mark.parametrize("name", CHANGED)
def test_the_action_digest_covers_only_what_will_be_done(name: str) -> None:
    changed = action_digest(replace(CONTENT, **{name: CHANGED[name]}), project="prj_1")
    assert (changed != action_digest(CONTENT, project="prj_1")) == (name in {"subject", "type", "action", "params"})


def test_the_order_of_keys_makes_no_difference() -> None:
    one, other = {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}
    assert digest(replace(CONTENT, metadata=one)) == digest(replace(CONTENT, metadata=other))


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), LARGEST_INTEGER + 1, -LARGEST_INTEGER - 1, "\ud800", "a\x00b", {"\x00": 1}],
)
def test_what_canonical_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(Invalid):
        digest(replace(CONTENT, metadata={"x": value}))


@pytest.mark.parametrize(
    "value", [LARGEST_INTEGER, -LARGEST_INTEGER, 0.1, "\\u0000", "\\\\u0000", "𝄞", "\u200f\u0645\u0644\u0641"]
)
def test_what_canonical_json_holds_is_taken(value: Any) -> None:
    assert len(digest(replace(CONTENT, metadata={"x": value}))) == 64


@given(st.text())
def test_any_text_has_a_digest_or_is_refused(text: str) -> None:
    try:
        assert len(digest_of({"x": text})) == 64
        assert "\x00" not in text
    except Invalid:
        assert "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
