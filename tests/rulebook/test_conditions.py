"""Conditions: true, false or cannot tell; complaints that point; bounded work."""

import contextlib
import json
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.model.request import Cost, Requester, Subject
from core.rulebook.answer import Truth
from core.rulebook.condition import LONGEST, Conditions, View, fields_in
from core.rulebook.pattern import plain, states_in
from core.rulebook.short_forms import to_expression
from core.rulebook.skeleton import conjuncts, skeleton, types_in
from tests.rulebook.kit import CONDITIONS, RITA, content


def view(requester: Requester = RITA, on_behalf_of: str | None = None, **said: Any) -> View:
    return CONDITIONS.view(content(**said), project="payments", requester=requester, on_behalf_of=on_behalf_of)


def ask(text: str, **said: Any) -> str:
    return CONDITIONS.parse(text).ask(view(**said)).truth.value


def complaint(text: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        CONDITIONS.parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('type == "deploy" && metadata.env == "production"', "true"),
        ("facts.destroyed > 0", "false"),
        ("facts.destroyed == 0.0", "true"),
        ("cost.usd <= 5", "true"),
        ("cost.tokens <= 5", "cannot_tell"),
        ('subject.kind == "run" && project == "payments"', "true"),
        ('requester.kind == "member"', "true"),
        ('"disk" in side_effects', "true"),
        ("has(metadata.owner)", "false"),
        ("metadata.env", "cannot_tell"),
    ],
)
def test_a_condition_answers_of_a_request(text: str, answer: str) -> None:
    """A-02"""
    asked = ask(
        text,
        metadata={"env": "production"},
        facts={"destroyed": 0},
        cost=Cost(usd=5.0),
        subject=Subject("run", "run-1"),
        side_effects=("disk",),
    )
    assert asked == answer


@pytest.mark.parametrize(
    "text", ['action != "rm"', 'metadata.env != "production"', "!(cost.usd > 5)", "if_denied == ''"]
)
def test_what_is_missing_is_neither_equal_nor_unequal_to_anything(text: str) -> None:
    answer = CONDITIONS.parse(text).ask(view())
    assert answer.truth is Truth.CANNOT_TELL
    assert answer.why is not None
    assert answer.why.endswith("is missing")


def test_a_missing_field_does_not_matter_where_the_rest_decides() -> None:
    assert ask('type == "merge" && metadata.env == "x"') == "false"
    assert ask('type == "deploy" || metadata.env == "x"') == "true"


@pytest.mark.parametrize(
    "text", ["metadata.n > 3", "1 / facts.zero == 1", "int(metadata.word) == 1", "metadata.list[7] == 1"]
)
def test_an_error_at_run_time_cannot_tell(text: str) -> None:
    said = {"metadata": {"n": None, "word": "x", "list": [1]}, "facts": {"zero": 0}}
    assert ask(text, **said) == "cannot_tell"


def test_the_person_an_agent_acts_for_can_be_asked_for() -> None:
    condition = CONDITIONS.parse("has(requester.on_behalf_of)")
    assert condition.ask(view(on_behalf_of="mem_ada")).truth is Truth.TRUE
    assert condition.ask(view()).truth is Truth.FALSE


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("metdata.env == 1", 0, "did you mean 'metadata'?"),
        ('title == "a" && foo', 16, "'foo' is not a field"),
        ("facts.x >", 9, "ends too early"),
        ("title > 3", 6, "cannot be compared"),
        ("facts.x = 3", 8, "is expected here"),
        ("   ", 0, "empty"),
        ("x" * (LONGEST + 1), LONGEST, "longer than"),
        ("title", 0, "must be true or false"),
        ('title.matches("(")', 14, "pattern cannot be used"),
        ("(" * 60 + "true" + ")" * 60, 0, "nested too deeply"),
        ('title == "\ud800"', 10, "no text"),
        ("facts.items.all(x, x > 1)", 16, "'x' is not a field"),
    ],
)
def test_a_complaint_says_where_and_what_was_expected(text: str, position: int, said: str) -> None:
    error = complaint(text)
    assert said in error.sentence
    assert error.fields["position"] == position


def test_an_invalid_regular_expression_is_refused_when_the_rule_is_made() -> None:
    """E-76"""
    with pytest.raises(Invalid, match="pattern"):
        CONDITIONS.parse(to_expression({"action.regex": "[a-"}))


def test_a_regular_expression_must_match_the_whole_action() -> None:
    """E-68, E-76"""
    text = to_expression({"action.regex": "restart (web|api)"})
    assert ask(text, action="restart web") == "true"
    assert ask(text, action="restart web; rm -rf /") == "false"
    assert ask(to_expression({"action.regex": "a|b"}), action="ab") == "false"


NOISE = "".join("ab"[number] for number in random.Random(7).choices((0, 1), k=50_000))
"""No automaton of few states knows its way through it."""


@pytest.mark.parametrize(
    "text",
    [
        'title.matches("^(a+)+$")',
        'title.matches("(x+x+)+y")',
        'title.matches("(.*)*(.*)*(.*)*b")',
        'title.matches("((a{0,100}){0,10}b)*")',
        'params.text.matches("(a|aa|aaa){33}y")',
        'params.text.matches("(a*a*){99}y")',
        'params.noise.matches("[ab].{190}y")',
        " || ".join([f'params.noise.matches("a.{{15}}y{number}")' for number in range(10)]),
        "params.text + params.text + params.text == params.text",
        " || ".join(['title.contains("a")'] * 20),
        "[" * 25 + "]" * 25 + " == []",
        "!" * 400 + "true",
    ],
)
@pytest.mark.timeout(15)  # what backtracks, or copies what it was given, takes hours
def test_hostile_expressions_end(text: str) -> None:
    """E-76"""
    said = view(title="a" * 200, metadata={"a": {"b": ["x"] * 1000}}, params={"text": "ay" * 60_000, "noise": NOISE})
    with contextlib.suppress(Invalid):
        CONDITIONS.parse(text).ask(said)


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("action.matches(params.pattern)", 7, "written out"),
        ('action.matches("a" + params.pattern)', 7, "written out"),
        ('true || matches(action, "a")', 8, "written out"),
        ('action.matches // "a")\n(params.pattern)', 7, "written out"),
        ('action.matches("(a|aa|aaa){300}y")', 15, "too often"),
        (r'action.matches("(\\pL\\pL){75}")', 15, "too often"),
        ('action.matches("' + "a{90}" * 6 + '")', 15, "too often"),
        ('action.matches("a{150}") || title.matches("a{150}")', 42, "too often"),
        ('(title + "1" + "2" + "3" + "4").matches("a")', 25, "few texts"),
        (r'action.matches("a\x7b999}")', 15, "by their numbers"),
    ],
)
def test_a_pattern_is_written_out_and_of_bounded_work(text: str, position: int, word: str) -> None:
    """E-76"""
    error = complaint(text)
    assert word in error.sentence
    assert error.fields["position"] == position


@pytest.mark.parametrize(
    ("literal", "states"),
    [
        ('"[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"', 36),
        (r'r"^v\d+\.\d+(?:-rc\d{1,2})?$"', 9),
        (r'"\\Qa{9}\\E"', 4),
        ("'(?i)(?P<a>[]x]{3}){2}'", 6),
        ('"a{2,}|b"', 3),
        (r'"\"+"', 1),
    ],
)
def test_the_states_of_a_pattern_are_counted(literal: str, states: int) -> None:
    pattern = plain(literal)
    assert pattern is not None
    assert states_in(pattern) == states


def test_memory_stays_bounded_whatever_an_expression_does() -> None:
    """Asked in a process of its own, of a request as large as one may be."""
    done = subprocess.run([sys.executable, "-c", HOARDER], capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) < 100 * 1024


HOARDER = """
import resource
from core.errors import Invalid
from core.model.request import Content, Requester
from core.rulebook.condition import Conditions

conditions = Conditions()
content = Content(type="deploy", title="t", params={"text": "ay" * 120_000, "list": list(range(30_000))})
view = conditions.view(content, project="p", requester=Requester("agent", "agt_1", "ci"))
conditions.parse('params.text.matches("a")').ask(view)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for text in (
    " + ".join(["params.text"] * 40) + ' == ""',
    " + ".join(["params.list"] * 40) + " == params.list",
    'params.text.matches("(a|aa|aaa){33}y")',
    "[" * 240 + "]" * 240 + " == []",
    "params.list.map(a, params.list.map(b, params.list)) == []",
    " && ".join(["params.list == params.list"] * 17),
):
    try:
        conditions.parse(text).ask(view)
    except Invalid:
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused_with_a_place(text: str) -> None:
    try:
        CONDITIONS.parse(text)
    except Invalid as error:
        position = error.fields["position"]
    else:
        return
    assert 0 <= position <= max(len(text), LONGEST)


_WORDS = [
    "type",
    "==",
    '"deploy"',
    "&&",
    "||",
    "!",
    "(",
    ")",
    "metadata.x",
    ">",
    "3",
    "facts",
    "[",
    "]",
    '"',
    "?",
    ":",
    "//",
    "true",
]


@given(st.lists(st.sampled_from(_WORDS), max_size=14))
def test_any_row_of_words_is_answered_or_refused(words: list[str]) -> None:
    text = " ".join(words)
    try:
        condition = CONDITIONS.parse(text)
    except Invalid:
        return
    assert condition.ask(view()).truth in Truth
    other = condition.ask(view(type="merge", metadata={"x": 4}))
    if condition.types is not None and "merge" not in condition.types:
        assert other.truth is not Truth.TRUE


def test_a_condition_knows_the_fields_it_speaks_of() -> None:
    text = 'metadata.env == "facts.x" && has(cost.usd) && action.startsWith("a") && params["key"].size() > 1 // title'
    assert fields_in(text) == {("metadata", "env"), ("cost", "usd"), ("action",), ("params", "key")}


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ('type == "deploy" && facts.x > 1', {"deploy"}),
        ("'deploy' == type", {"deploy"}),
        ('type in ["a", "b"] && true', {"a", "b"}),
        ('type == "a" && type == "b"', set()),
        ('type == "a" || facts.x > 1', None),
        ('type == "a" ? true : false', None),
        ('!(type == "a")', None),
        ('true // && type == "a"', None),
        ('title == "\\" && type == \\"a"', None),
        ('title == "x && y" && type == "a"', {"a"}),
        ('title.matches(r"\\d") && type == "a"', {"a"}),
        ('type == """a"""', None),
        ("metadata.type == 'a'", None),
    ],
)
def test_the_types_a_condition_is_about_are_found_only_where_it_really_says_so(
    text: str, types: set[str] | None
) -> None:
    assert types_in(text) == types
    CONDITIONS.parse(text)


def test_a_skeleton_keeps_every_place() -> None:
    text = 'a == "b && c" // d'
    assert len(skeleton(text)) == len(text)
    assert skeleton(text).rstrip() == "a == " + "\0" * 8
    assert conjuncts('a && (b && c) && d["&&"]') == ("a ", " (b && c) ", ' d["&&"]')


# The source systems' short forms.


@pytest.mark.parametrize(
    ("match", "expression"),
    [
        ({"destroyed_gt": 5, "added_gt": 10}, "facts.destroyed > 5 && facts.added > 10"),
        ({"changed_gt": 0}, "facts.changed > 0"),
        ({"always": True}, "true"),
        ({"trigger_is": "pull_request"}, 'facts.trigger == "pull_request"'),
        ({"action.prefix": "api_call:"}, 'action.startsWith("api_call:")'),
        ({"cost.usd.max": 5, "cost.tokens.max": 9000}, "cost.usd <= 5 && cost.tokens <= 9000"),
        ({"sideEffects.none": True}, "size(side_effects) == 0"),
    ],
)
def test_short_forms_become_expressions(match: dict[str, Any], expression: str) -> None:
    """A-02, E-67, E-69, E-70, E-71, E-72, E-98"""
    assert to_expression(match) == expression
    CONDITIONS.parse(expression)


@pytest.mark.parametrize(("destroyed", "answer"), [(0, "false"), (1, "true")])
def test_greater_than_is_strict(destroyed: int, answer: str) -> None:
    """A-07"""
    assert ask(to_expression({"destroyed_gt": 0}), facts={"destroyed": destroyed}) == answer


@pytest.mark.parametrize(("usd", "answer"), [(5.0, "true"), (5.01, "false")])
def test_a_cap_on_cost_includes_the_cap(usd: float, answer: str) -> None:
    """E-69, E-72"""
    assert ask(to_expression({"cost.usd.max": 5}), cost=Cost(usd=usd)) == answer


def test_an_undeclared_cost_is_not_zero() -> None:
    """E-80"""
    assert ask(to_expression({"cost.usd.max": 5})) == "cannot_tell"
    assert ask(to_expression({"cost.tokens.max": 5}), cost=Cost(usd=1.0)) == "cannot_tell"


def test_side_effects_must_be_none_at_all() -> None:
    """E-71"""
    text = to_expression({"sideEffects.none": True})
    assert ask(text) == "true"
    assert ask(text, side_effects=("sends mail",)) == "false"


@pytest.mark.parametrize(
    "match",
    [{}, {"cost.usd.mx": 5}, {"destroyed_gt": "5"}, {"destroyed_gt": True}, {"always": False}, {"action.prefix": 3}],
)
def test_an_unknown_or_senseless_short_form_is_refused(match: dict[str, Any]) -> None:
    """E-79"""
    with pytest.raises(Invalid):
        to_expression(match)


def test_a_misspelt_short_form_is_told_the_right_one() -> None:
    """E-79"""
    with pytest.raises(Invalid, match=r"did you mean 'cost\.usd\.max'"):
        to_expression({"cost.usd.mx": 5})


@given(st.text(max_size=30).filter(lambda text: "\0" not in text and text.isprintable()))
def test_a_text_in_a_short_form_never_escapes_its_quotes(text: str) -> None:
    if text:
        assert to_expression({"trigger_is": text}) == f"facts.trigger == {json.dumps(text, ensure_ascii=False)}"
        assert ask(to_expression({"trigger_is": text}), facts={"trigger": text}) == "true"


def test_parsed_conditions_are_kept_for_the_next_rulebook() -> None:
    conditions = Conditions()
    assert conditions.parse("facts.x > 1") is conditions.parse("facts.x > 1")
