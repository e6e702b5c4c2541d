"""Rules in one line: what is understood, what is said back, where complaints point."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.model.rule import Effect, Mode, Rule
from core.rulebook.line import LONGEST, read_line, write_line
from core.rulebook.mistake import said_alone
from core.rulebook.read_back import read_back
from core.rulebook.source import AsWritten
from tests.rulebook.kit import CONDITIONS, HOUR
from tests.rulebook.strategies import some_rules

PROD = (
    'add "prod deploys" when type == "deploy" && metadata.env == "production" require 1 of @platform then '
    "2 of @security and ada@x.com distinct expire 4h remind 30m,1h in #deploys not from metadata.author "
    "escalate after 3h to @managers waivable shadow"
)


def read(text: str) -> Rule:
    return read_line(text, AsWritten(), CONDITIONS)


def test_a_whole_line_is_understood() -> None:
    rule = read(PROD)
    assert (rule.name, rule.effect, rule.mode) == ("prod deploys", Effect.REQUIRE, Mode.SHADOW)
    assert rule.when == 'type == "deploy" && metadata.env == "production"'
    assert [[r.label for r in s.requirements] for s in rule.stages] == [
        ["1 of @platform"],
        ["2 of @security", "ada@x.com"],
    ]
    assert (rule.distinct, rule.waivable, rule.reply_window) == (True, True, 4 * HOUR)
    assert rule.remind == (HOUR / 2, HOUR)
    assert rule.notify == ("#deploys",)
    assert [source.label for source in rule.not_from] == ["metadata.author"]
    assert rule.escalate is not None
    assert (rule.escalate.after, rule.escalate.reassign) == (3 * HOUR, False)


def test_a_whole_line_is_read_back_in_plain_words() -> None:
    first, *stages, rest = read_back(read(PROD)).splitlines()
    condition = 'type == "deploy" && metadata.env == "production"'
    assert first == f"prod deploys: when {condition} anywhere in the organisation, these must say yes:"
    assert stages == ["1. Platform: 1 of @platform", "2. Stage 2: 2 of @security and ada@x.com"]
    assert rest == (
        "Each requirement needs different people. Nobody from metadata.author may decide. #deploys is told. "
        "Without an answer it expires after 4h. Reminders come after 30m and 1h. After 3h @managers are asked too. "
        "A rule that allows may set this aside. It is in shadow: it only says what it would have done."
    )


def test_allow_and_deny_are_read() -> None:
    """E-66, E-73"""
    rule = read('add small for agent bot, "my bot" when {"cost.usd.max": 5} allow until 2027-01-01T00:00:00Z uses 5')
    assert (rule.effect, rule.when, rule.uses) == (Effect.ALLOW, "cost.usd <= 5", 5)
    assert [place.id for place in rule.scope.agents] == ["bot", "my bot"]
    deny = read('"freeze" when title.contains("require x") deny because "holidays"')
    assert (deny.effect, deny.when, deny.reason) == (Effect.DENY, 'title.contains("require x")', "holidays")
    assert "it is rejected at once" in read_back(deny)


def test_stages_have_names_choices_and_checks() -> None:
    rule = read('add "x" when true require "Two": either 2 of @a or @b or else check ci and all of @c then anyone')
    assert [stage.name for stage in rule.stages] == ["Two", "Stage 2"]
    assert [r.word for r in rule.stages[0].requirements] == ["any_of", "approvals"]
    assert rule.stages[0].requirements[0].label == "either 2 of @a or @b or check ci"


def test_quotes_as_chat_programs_make_them_are_understood() -> None:
    assert read("add “small” when type == “deploy” allow") == read('add "small" when type == "deploy" allow')


def test_words_of_the_grammar_inside_a_condition_end_nothing() -> None:
    rule = read('add "x" when metadata. allow == 1 && facts["deny"] == "require" allow')
    assert rule.when == 'metadata. allow == 1 && facts["deny"] == "require"'


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        ("", "", "the rule's name"),
        ('add "x', '"x', "the rule's name"),
        ('add "x" type', "type", "'when'"),
        ('add "x" when', "", "a condition"),
        ('add "x" when true', "", "require, allow or deny"),
        ('add "x" when metdata.x == 1 allow', "metdata", "did you mean 'metadata'?"),
        ('add "x" when facts.a > allow', " allow", "ends too early"),
        ('add "x" when {"cost.usd.mx": 3} allow', "{", "did you mean 'cost.usd.max'?"),
        ('add "x" when {oops} allow', "{", "a mapping like"),
        ('add "x" when true require', "", "whom to ask"),
        ('add "x" when true require 1 of', "", "whom to ask"),
        ('add "x" when true require 1 of platform', "platform", "names nobody"),
        ('add "x" when true require 0 of @a', "0 of", "whole number from 1"),
        ('add "x" when true require @a then', "", "whom to ask"),
        ('add "x" when true require @a then distinct', "distinct", "whom to ask"),
        ('add "x" when true require "A" @a', "@a", "a colon"),
        ('add "x" when true require either @a or else all of @b', "either", "'all' cannot"),
        ('add "x" when true require @a distinct distinct', "distinct", "said twice"),
        ('add "x" when true allow distinct', "distinct", "no distinct"),
        ('add "x" when true require @a until 2027-01-01T00:00Z', "until", "no until"),
        ('add "x" when true require @a remind 30m, soon', "soon", "not a duration"),
        ('add "x" when true require @a escalate 3h', "3h", "'after'"),
        ('add "x" when true require @a not @b', "@b", "'from'"),
        ('add "x" when true require @a foo', "foo", "the end, or one of distinct"),
        ('add "x" for planet mars when true allow', "planet", "agent, team or project"),
        ('add "x" when true allow uses many', "many", "how often"),
        ('add "x" when true allow until tomorrow', "until", "a moment like"),
    ],
)
def test_a_complaint_points_at_the_character(text: str, marked: str, expected: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(text)
    position = caught.value.fields["position"]
    assert expected in caught.value.sentence
    assert text[position:].startswith(marked)
    assert position == len(text) or marked
    assert f"(character {position + 1}: " in caught.value.sentence
    assert caught.value.sentence.count("character") == 1
    assert "character" not in said_alone(caught.value)


def test_a_name_that_nobody_has_is_pointed_at() -> None:
    class Nobody(AsWritten):
        def source(self, word: str) -> None:
            return None

    text = 'add "x" when true require 1 of @platform or @plattform'
    with pytest.raises(Invalid, match="no group '@platform'") as caught:
        read_line(text, Nobody(), CONDITIONS)
    assert caught.value.fields["position"] == text.index("@platform")


def test_an_endless_line_is_refused() -> None:
    with pytest.raises(Invalid, match="longer than"):
        read("add " + "x" * LONGEST)


@given(some_rules())
def test_a_line_is_read_as_it_was_written(rule: Any) -> None:
    line = write_line(rule)
    assert read(line) == rule
    assert write_line(read(line)) == line


@given(some_rules())
def test_every_rule_can_be_read_back(rule: Any) -> None:
    said = read_back(rule)
    assert rule.name in said
    assert all(requirement.label in said for stage in rule.stages for requirement in stage.requirements)


_WORDS = [
    "add",
    '"x"',
    "when",
    "true",
    "require",
    "1 of",
    "@a",
    "then",
    "and",
    "or else",
    "either",
    "check ci",
    "remind",
    "30m",
    ",",
]


@given(
    st.lists(
        st.sampled_from([*_WORDS, "not from", "in", "#c", "escalate after", "to", "allow", '"', "{", "for", ":"]),
        max_size=16,
    )
)
def test_any_row_of_words_is_understood_or_refused_with_a_place(words: list[str]) -> None:
    text = " ".join(words)
    try:
        rule = read(text)
    except Invalid as caught:
        refusal = caught
    else:
        assert read(write_line(rule)) == rule
        return
    assert 0 <= refusal.fields["position"] <= len(text)
    assert f"(character {refusal.fields['position'] + 1}: " in refusal.sentence
