"""Rules as YAML and JSON of one schema."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from core.errors import Invalid
from core.model.rule import Effect, Mode
from core.rulebook.document import read_rule, write_rule
from core.rulebook.load import documents, load_rules, to_yaml
from core.rulebook.part import Part
from core.rulebook.schema import RULE_SCHEMA
from core.rulebook.source import AsWritten
from tests.rulebook.kit import CONDITIONS, HOUR
from tests.rulebook.strategies import some_rules

SCHEMA = jsonschema.Draft202012Validator(RULE_SCHEMA)

FULL = """
name: prod deploys
scope: {project: payments}                 # or agents / teams
when: type == "deploy" && metadata.env == "production" && facts.destroyed > 0
effect: require
stages:
  - {name: Platform, requirements: [{approvals: {min: 1, from: ["@platform"]}}]}
  - {name: Security, requirements: [{approvals: {min: 2, from: ["@security"]}}, {check: {name: change-window}}]}
not_from: [metadata.author]
reply_window: 4h
remind: [30m, 1h, 2h]
escalate: {after: 3h, to: ["@managers"], action: add}
notify: ["#deploys", "on_duty"]
mode: on
"""


def load(text: str) -> Any:
    return load_rules(text, AsWritten(), CONDITIONS)


def complaint(text: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        load(text)
    return caught.value


def test_the_rule_of_the_design_is_read() -> None:
    """A-01"""
    (rule,) = load(FULL)
    assert (rule.name, rule.effect, rule.mode) == ("prod deploys", Effect.REQUIRE, Mode.ON)
    assert [stage.name for stage in rule.stages] == ["Platform", "Security"]
    assert [r.label for r in rule.stages[1].requirements] == ["2 of @security", "check change-window"]
    assert [source.principal for source in rule.not_from] == ["field:metadata.author"]
    assert rule.remind == (HOUR / 2, HOUR, 2 * HOUR)
    assert rule.escalate is not None
    assert rule.escalate.after == 3 * HOUR
    assert (rule.notify, [source.label for source in rule.tell]) == (("#deploys",), ["@on_duty"])


def test_json_is_the_same_document() -> None:
    (rule,) = load(FULL)
    assert load(json.dumps(write_rule(rule))) == (rule,)
    assert read_rule(Part(write_rule(rule)), AsWritten(), CONDITIONS) == rule


def test_several_rules_stand_in_a_list_or_in_documents() -> None:
    one = "name: one\nwhen: true\neffect: deny"
    assert len(load(f"{one}\n---\n{one}")) == 2
    assert len(load("- {name: a, when: 'true', effect: deny}\n- {name: b, when: 'true', effect: allow}")) == 2


def test_a_short_form_stands_where_a_condition_does() -> None:
    """A-02, E-66"""
    (rule,) = load('name: small\nwhen: {"cost.usd.max": 5, "sideEffects.none": true}\neffect: allow')
    assert rule.when == "cost.usd <= 5 && size(side_effects) == 0"


def test_scopes_are_agents_teams_and_projects() -> None:
    """E-73"""
    (rule,) = load("name: x\nscope: {agents: [a, b], team: data}\nwhen: true\neffect: allow")
    assert [place.id for place in rule.scope.agents] == ["a", "b"]
    assert rule.scope.narrowness == 3


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("name: x\nwhen: true\neffect: alow", 3, 1, "did you mean 'allow'?"),
        ("name: x\nwhen: metdata.x == 1\neffect: allow", 2, 1, "did you mean 'metadata'?"),
        ("name: x\nwhen: true\neffect: allow\nuse: 3", 4, 1, "did you mean 'uses'?"),
        ("name: x\neffect: allow", 1, 1, "'when' is missing"),
        ("name: x\nname: y", 2, 1, "written twice"),
        ("name: x\nwhen: {cost.usd.mx: 5}\neffect: allow", 2, 8, "did you mean 'cost.usd.max'?"),
        ("name: x\nwhen: true\neffect: require", 1, 1, "says whom"),
        ("name: x\nwhen: true\neffect: allow\nwaivable: true", 4, 1, "no waivable"),
        ("name: x\nwhen: true\neffect: deny\nuses: 3", 4, 1, "no uses"),
        ("name: x\nwhen: true\neffect: allow\nuntil: 2027-01-01", 4, 1, "time zone"),
        ("name: x\nwhen: true\neffect: allow\nmode: yes", 4, 1, "one of on, shadow, off"),
        ("a: &a [1]\nb: *a", 1, 4, "aliases"),
        ("a: !!python/object:os.system x", 1, 4, "Tags"),
        ("x: [}", 1, 5, "expected"),
        ("", 1, 1, "no rule"),
        ("- - 3", 1, 3, "mapping"),
    ],
)
def test_a_complaint_names_line_and_column(text: str, line: int, column: int, said: str) -> None:
    """E-79"""
    error = complaint(text)
    assert said in error.sentence
    assert (error.fields["line"], error.fields["column"]) == (line, column)


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        ('{approvals: {min: 0, from: "@a"}}', "whole number from 1"),
        ('{approvals: {min: 1, all: true, from: "@a"}}', "either min or all"),
        ("{approvals: {min: 1}}", "'from' is missing"),
        ("{approvals: {from: platform}}", "names nobody"),
        ("{approvals: {from: role:boss}}", "no role"),
        ('{any_of: [{approvals: {from: "@a"}}]}', "2 to 5"),
        ('{any_of: [{approvals: {all: true, from: "@a"}}, {check: {name: ci}}]}', "'all' cannot"),
        ("{check: {name: a b}}", "letters, digits"),
        ('{approval: {from: "@a"}}', "did you mean 'approvals'?"),
        ('{check: {name: a}, approvals: {from: "@a"}}', "exactly one"),
    ],
)
def test_a_requirement_is_read_strictly(requirement: str, said: str) -> None:
    error = complaint(f"name: x\nwhen: true\neffect: require\nstages:\n- requirements: [{requirement}]")
    assert said in error.sentence
    assert error.fields["line"] == 5


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]",
        "[" * 5000,
        "- " * 5000 + "x",
        "{a: " * 3000,
        "x: " + "a" * 300_000,
        "[" + "1," * 120_000 + "]",
        "? " * 3000,
        '"' + "\\\n" * 10_000,
        "\x07",
        "%TAG ! tag:x,2000:\n---\n!a b",
    ],
)
@pytest.mark.timeout(15)  # what is taken apart before it is counted takes minutes
def test_bombs_are_refused_before_they_go_off(text: str) -> None:
    assert complaint(text).sentence


def test_depth_is_refused_while_reading() -> None:
    assert "nested deeper" in complaint("[" * 13 + "]" * 13).sentence
    (document,) = documents("[" * 12 + "]" * 12)
    assert document.value


def test_words_are_read_as_yaml_1_2_has_them() -> None:
    (document,) = documents("[on, no, 1:30, 2027-01-01, 0x1F, 1_000, 1e3, 12, 1.5, ~, true, '3']")
    assert document.value == ["on", "no", "1:30", "2027-01-01", "0x1F", "1_000", 1000.0, 12, 1.5, None, True, "3"]


@given(some_rules())
def test_yaml_is_read_as_it_was_written(rule: Any) -> None:
    assert load(to_yaml(rule)) == (rule,)


@given(some_rules())
def test_what_is_written_keeps_the_published_schema(rule: Any) -> None:
    SCHEMA.validate(write_rule(rule))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x", "when": "true", "effect": "allow", "use": 3},
        {"name": "x", "when": "true", "effect": "perhaps"},
        {"name": "x", "when": {}, "effect": "allow"},
        {"name": "x", "when": {"cost.usd.mx": 1}, "effect": "allow"},
        {"name": "x", "when": "true", "effect": "require"},
        {"name": "", "when": "true", "effect": "deny"},
        {"name": "x", "when": "true", "effect": "deny", "reply_window": "soon"},
        {"name": "x", "when": "true", "effect": "require", "stages": []},
        {"name": "x", "when": "true", "effect": "require", "stages": [{"requirements": [{"check": {}}]}]},
        ["x"],
    ],
)
def test_what_the_schema_refuses_is_refused_here_too(wrong: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(wrong)
    with pytest.raises(Invalid):
        read_rule(Part(wrong), AsWritten(), CONDITIONS)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(RULE_SCHEMA)


@pytest.mark.parametrize("name", ["x\ny", "a\0b", "\ud800", "n" * 81, "  "])
def test_a_name_is_one_line_of_text(name: str) -> None:
    with pytest.raises(Invalid):
        read_rule(Part({"name": name, "when": "true", "effect": "deny"}), AsWritten(), CONDITIONS)
