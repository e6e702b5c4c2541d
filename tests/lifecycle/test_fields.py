"""The fields of a type: a strict part of JSON Schema, and what does not fit it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from core.errors import Invalid
from core.lifecycle.fields import misfits, must_be_fields
from core.model.organisation import RequestType
from core.model.request import Content

REFUND = {
    "type": "object",
    "properties": {
        "usd": {"type": "number", "minimum": 0, "exclusiveMaximum": 1000},
        "reason": {"enum": ["broken", "late"]},
        "lines": {"type": "array", "maxItems": 2, "items": {"type": "integer"}},
        "note": {"type": "string", "minLength": 2, "maxLength": 5},
    },
    "required": ["usd"],
    "additionalProperties": False,
}


def found(params: dict[str, Any], **facts: Any) -> list[str]:
    type = RequestType("refund", "Refund", fields=REFUND, required_facts=("customer.id",))
    facts = facts or {"customer": {"id": 7}}
    return [problem.field for problem in misfits(type, Content("refund", "Refund", params=params, facts=facts))]


def test_what_fits_has_no_problems() -> None:
    assert found({"usd": 12.5, "reason": "late", "lines": [1, 2], "note": "fine"}) == []


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "params.usd"),
        ({"usd": "12"}, "params.usd"),
        ({"usd": True}, "params.usd"),
        ({"usd": -1}, "params.usd"),
        ({"usd": 1000}, "params.usd"),
        ({"usd": 1, "reason": "bored"}, "params.reason"),
        ({"usd": 1, "lines": [1, 2, 3]}, "params.lines"),
        ({"usd": 1, "lines": [1, "2"]}, "params.lines[1]"),
        ({"usd": 1, "note": "x"}, "params.note"),
        ({"usd": 1, "note": "too long"}, "params.note"),
        ({"usd": 1, "other": 1}, "params.other"),
    ],
)
def test_what_does_not_fit_is_named(params: dict[str, Any], field: str) -> None:
    assert found(params) == [field]


@pytest.mark.parametrize("facts", [{"customer": {}}, {"customer": {"id": None}}, {"other": 1}])
def test_a_required_fact_must_be_there(facts: dict[str, Any]) -> None:
    assert found({"usd": 1}, **facts) == ["facts.customer.id"]


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"tpye": "object"}, "did you mean 'type'"),
        ({"pattern": "(a+)+$"}, "'pattern' is not taken"),
        ({"$ref": "http://elsewhere"}, "is not taken"),
        ({"properties": {"usd": {"type": "money"}}}, "fields.properties.usd.type"),
        ({"properties": {"usd": {"minimum": "1"}}}, "fields.properties.usd.minimum"),
        ({"required": "usd"}, "fields.required"),
        ({"items": []}, "fields.items"),
        ({"enum": []}, "fields.enum"),
        ({"type": ["string", "null"]}, "fields.type"),
    ],
)
def test_what_is_no_such_schema_is_refused(schema: Any, place: str) -> None:
    with pytest.raises(Invalid) as caught:
        must_be_fields(schema)
    assert place in caught.value.sentence


def test_a_schema_may_not_be_nested_without_end() -> None:
    schema: dict[str, Any] = {}
    for _ in range(20):
        schema = {"properties": {"inner": schema}}
    with pytest.raises(Invalid, match="deep"):
        must_be_fields(schema)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "number", "boolean", "object", "array", "null"]),
            "minimum": st.integers(-2, 2),
            "exclusiveMaximum": st.integers(-2, 4),
            "minLength": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "enum": st.lists(st.booleans() | st.integers(0, 1) | st.text(max_size=1), min_size=1, max_size=3),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {"properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2)},
        optional={
            "items": inner,
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "additionalProperties": st.booleans(),
        },
    ),
    max_leaves=4,
)


@given(SCHEMAS, st.dictionaries(st.sampled_from("abc"), JSON, max_size=3))
def test_it_means_what_json_schema_means(schema: dict[str, Any], params: dict[str, Any]) -> None:
    must_be_fields(schema)
    ours = misfits(RequestType("t", "T", fields=schema), Content("t", "T", params=params))
    assert (not ours) is Draft202012Validator(schema).is_valid(params)
