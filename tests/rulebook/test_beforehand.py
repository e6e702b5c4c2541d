"""What a rule would do, shown before it bites: lints, replay, fixtures, and whether it can pass at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.errors import Invalid
from core.model.organisation import BUILT_IN_TYPES
from core.rulebook.can_it_pass import what_a_rule_lacks
from core.rulebook.fixture import check_fixtures, read_fixtures
from core.rulebook.lint import lint
from core.rulebook.load import documents
from core.rulebook.part import Part
from core.rulebook.past import PastRevision
from core.rulebook.replay import SLICE, Change, Replayed, replay, say
from tests.lifecycle.kit import one_of, person, stages
from tests.rulebook.kit import BOT, CONDITIONS, NINE, RITA, content, project, rule, rulebook, rules

# Lints.


def words(*lines: str, **said: Any) -> list[tuple[str, str]]:
    return [(found.rule, found.word) for found in lint(rules(lines), now=NINE, **said)]


def test_good_rules_have_no_lints() -> None:
    assert (
        words('add "prod deploys" when type == "deploy" require 2 of @platform', 'add "small" when cost.usd <= 5 allow')
        == []
    )


@pytest.mark.parametrize(
    "lines",
    [
        ('add "wide" when cost.usd <= 5 allow', 'add "narrow" for agent bot when facts.x > 1 require @a waivable'),
        ('add "wide" when cost.usd <= 5 allow', 'add "narrow" when cost.usd <= 5 && facts.x > 1 require @a waivable'),
    ],
)
def test_a_broad_allow_that_passes_what_a_narrower_rule_asks_for_is_told(lines: tuple[str, ...]) -> None:
    assert ("wide", "broad_allow") in words(*lines)


@pytest.mark.parametrize(
    "narrow",
    [
        'add "narrow" for agent bot when facts.x > 1 require @a',
        'add "narrow" for agent bot when type == "merge" require @a waivable',
        'add "narrow" when facts.x > 1 require @a waivable',
    ],
)
def test_an_allow_that_can_waive_nothing_narrower_is_not_told(narrow: str) -> None:
    assert words('add "wide" for agent bot when type == "deploy" && cost.usd <= 5 allow', narrow) == []


@pytest.mark.parametrize(
    ("lines", "who"),
    [
        (['add "twice" when type == "a" && type == "b" deny'], "twice"),
        (['add "typo" when type == "deplyo" deny'], "typo"),
        (['add "ended" when true deny until 2026-03-01T00:00:00Z'], "ended"),
        (['add "never" when false deny'], "never"),
        (['add "no" when true deny', 'add "asks" when facts.x > 1 require @a'], "asks"),
        (['add "no" when facts.x > 1 deny', 'add "asks" when facts.x  >  1 && cost.usd > 1 require @a'], "asks"),
        (['add "old" when cost.usd <= 5 allow', 'add "young" when cost.usd <= 5 && facts.x > 1 allow'], "young"),
    ],
)
def test_a_rule_that_can_never_take_effect_is_told(lines: list[str], who: str) -> None:
    assert (who, "unreachable") in words(*lines, types=["deploy", "a", "b"])


def test_too_many_approvers_are_told() -> None:
    assert words('add "many" when facts.x > 1 require 3 of @a and check ci then either 3 of @b or else 1 of @c') == [
        ("many", "too_many")
    ]


def test_a_crowd_told_at_once_is_told() -> None:
    lines = 'add "crowd" when facts.x > 1 require @everyone', 'add "anybody" when facts.x > 1 require anyone'
    assert words(*lines, sizes={"group:everyone": 300}) == [
        ("crowd", "everyone_pinged"),
        ("anybody", "everyone_pinged"),
    ]


def test_vague_and_repeated_names_are_told() -> None:
    lines = (
        'add "rule 1" when facts.x > 1 deny',
        'add "Good name" when facts.x > 2 deny',
        'add "good name" when facts.x > 3 deny',
    )
    assert words(*lines) == [("rule 1", "vague_name"), ("Good name", "same_name")]


def test_everything_let_through_is_told() -> None:
    assert ("open door", "allows_everything") in words('add "open door" when true allow')


# Can it pass.


def test_a_rule_nobody_can_satisfy_says_who_is_missing() -> None:
    wanted = rule('add "x" when true require 2 of @platform then role:admin and metadata.owner and check ci')
    people = (person("ada", "platform"),)
    assert what_a_rule_lacks(wanted, project(), {"group:platform": people}) == ("2 of @platform", "1 of any admin")
    admin = {"role:admin:payments": (person("root"),)}
    both = {"group:platform": (*people, person("al", "platform")), **admin}
    assert what_a_rule_lacks(wanted, project(), both) == ()


def test_with_distinct_one_person_is_not_enough_for_two_requirements() -> None:
    wanted = rule('add "x" when true require @a and @b distinct')
    ada = person("ada", "a", "b")
    assert what_a_rule_lacks(wanted, project(), {"group:a": (ada,), "group:b": (ada,)}) == ("1 of @b",)
    assert what_a_rule_lacks(replace(wanted, distinct=False), project(), {"group:a": (ada,), "group:b": (ada,)}) == ()


# Replay.


def past(number: int, **said: Any) -> PastRevision:
    by = said.pop("by", RITA)
    named = said.pop("named", ())
    return PastRevision(number, by, project(), BUILT_IN_TYPES["deploy"], content(**said), NINE, named=named)


ROSTERS = {
    "group:platform": frozenset({"mem_ada", "mem_al"}),
    "group:security": frozenset({"mem_sue"}),
    "anyone:payments": frozenset({"mem_ada", "mem_al", "mem_sue", "mem_rita"}),
}


def compared(pasts: list[PastRevision], before: list[str], after: list[str]) -> Replayed:
    *_, last = replay(pasts, rulebook(*before), rulebook(*after), CONDITIONS, ROSTERS)
    return last


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([], ['add "x" when true deny'], Change.BLOCKED),
        ([], ['add "x" when true allow'], Change.WAVED_THROUGH),
        (['add "x" when true allow'], [], Change.ASKED),
        (['add "x" when true require @platform'], ['add "x" when true require 2 of @platform'], Change.ASKS_MORE),
        (
            ['add "x" when true require @platform and @security'],
            ['add "x" when true require @security'],
            Change.ASKS_LESS,
        ),
        (['add "x" when true require @platform'], ['add "x" when true require @security'], Change.ASKS_OTHERS),
        ([], ['add "x" when true deny shadow'], Change.SAME),
    ],
)
def test_a_replay_says_what_would_come_out_differently(before: list[str], after: list[str], change: Change) -> None:
    result = compared([past(7)], before, after)
    assert result.changes == {change: 1}
    assert result.examples == ({} if change is Change.SAME else {change: (7,)})


def test_a_replay_sees_a_narrow_rule_that_only_stands_in_the_way() -> None:
    wide = 'add "all" when true allow'
    result = compared([past(1, by=BOT)], [wide], [wide, 'add "bot" for agent bot when false allow'])
    assert result.changes == {Change.ASKED: 1}


def test_a_replay_counts_pings_per_person() -> None:
    pasts = [past(1), past(2, type="merge")]
    result = compared(pasts, [], ['add "x" when type == "deploy" require @platform'])
    assert result.pings == {"mem_ada": (2, 2), "mem_al": (2, 2), "mem_sue": (2, 1)}


def test_a_replay_judges_what_was_asked_then_by_whom_and_named_whom() -> None:
    pasts = [past(1, by=BOT), past(2), past(3, named=stages(one_of("@platform")))]
    result = compared(pasts, [], ['add "bot" for agent bot when true allow', 'add "x" when true require @platform'])
    assert result.changes == {Change.ASKS_OTHERS: 2, Change.SAME: 1}


def test_a_replay_comes_in_slices_and_is_told_in_plain_words() -> None:
    pasts = [past(n, facts={"x": n}) for n in range(SLICE * 2 + 50)]
    after = rulebook('add "x" when facts.x >= 210 deny')
    seen = list(replay(pasts, rulebook(), after, CONDITIONS, ROSTERS))
    assert [part.seen for part in seen] == [SLICE, SLICE * 2, SLICE * 2 + 50]
    first = ", ".join(f"#{n}" for n in range(210, 220))
    assert say(seen[-1]) == (
        "250 past requests, 210 of them as before.",
        f"40 would newly be rejected ({first}, …).",
    )


# Fixtures.

FIXTURES = """
- name: production needs security
  project: payments
  request: {type: deploy, metadata: {env: production}, cost: {usd: 3}}
  expect: {outcome: ask, asks: ["2 of @security", "1 of @platform"], rules: [prod]}
- name: the bot may do small things
  agent: bot
  request: {type: custom, cost: {usd: 3}, metadata: {env: test}}
  expect: {outcome: allow, cause: "rule:rul_bot"}
- name: nothing else passes
  when_no_rule: deny
  request: {type: merge, metadata: {env: test}}
  expect: {outcome: deny, cause: no_rule, asks: [], rules: []}
"""
BOOK = [
    'add "prod" when metadata.env == "production" require @platform then 2 of @security',
    'add "bot" for agent bot when {"cost.usd.max": 5} allow',
]


def fixtures(text: str) -> Part:
    (document,) = documents(text)
    return Part(document.value)


def test_fixtures_that_hold_pass() -> None:
    found = check_fixtures(read_fixtures(fixtures(FIXTURES), NINE), rulebook(*BOOK), CONDITIONS)
    assert [(one.name, one.differences) for one in found if not one.passed] == []
    assert len(found) == 3


def test_fixtures_that_do_not_hold_say_what_differs() -> None:
    found = check_fixtures(
        read_fixtures(fixtures(FIXTURES), NINE), rulebook(BOOK[0].replace("2 of", "1 of")), CONDITIONS
    )
    assert [one.differences for one in found] == [
        ("asks: expected 1 of @platform, 2 of @security, but it is 1 of @platform, 1 of @security",),
        ("outcome: expected allow, but it is ask", "cause: expected rule:rul_bot, but it is none"),
        (),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {name: x, request: {type: deploy}}", "'expect' is missing"),
        ("- {name: x, request: {typ: deploy}, expect: {}}", "did you mean 'type'?"),
        ("- {name: x, request: {type: deploy}, expect: {outcome: yes}}", "one of ask, allow, deny"),
        ("- {name: x, request: {type: deploy, cost: {usd: much}}, expect: {}}", "a number"),
        ("- {name: x, request: {type: deploy, facts: 3}, expect: {}}", "a mapping"),
        ("- {name: x, when_no_rule: maybe, request: {type: deploy}, expect: {}}", "one of ask, allow, deny"),
    ],
)
def test_a_fixture_is_read_strictly(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said.replace("?", r"\?")):
        read_fixtures(fixtures(text), NINE)
