"""The rulebook: candidates by scope and type, without asking the others."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.request import Requester
from core.rulebook.answer import Truth
from core.rulebook.rulebook import Rulebook
from tests.rulebook.kit import BOT, CONDITIONS, NINE, PAYMENTS, RITA, content, judged, looked, rule, rulebook, rules

LINES = [
    'add "everywhere" when true deny',
    'add "deploys" when type == "deploy" && facts.x > 1 deny',
    'add "two types" when type in ["deploy", "merge"] deny',
    'add "merges" when type == "merge" deny',
    'add "the project" for project payments when true deny',
    'add "elsewhere" for project billing when true deny',
    'add "the bot" for agent bot when true allow',
    'add "the bot elsewhere" for agent bot for project billing when true allow',
    'add "the team" for team data, web when true allow',
    'add "off" when true deny off',
    'add "shadow" when true deny shadow',
    'add "ended" when true deny until 2026-03-02T09:00:00Z',
    'add "ending" when true deny until 2026-03-02T09:00:01Z',
]


def names(by: Requester, type: str = "deploy", book: Rulebook | None = None) -> list[str]:
    agent = by.id if by.kind == "agent" else None
    book = book or rulebook(*LINES)
    return [r.name for r in book.candidates(type=type, project=PAYMENTS, agent=agent, team=by.team, now=NINE)]


def test_candidates_are_those_of_scope_and_type_oldest_first() -> None:
    assert names(RITA) == ["everywhere", "deploys", "two types", "the project", "shadow", "ending"]
    assert names(RITA, "merge") == ["everywhere", "two types", "merges", "the project", "shadow", "ending"]


def test_an_agents_rules_are_found_by_agent_and_team() -> None:
    """E-73"""
    found = names(BOT)
    assert [name for name in found if name.startswith("the ")] == ["the project", "the bot", "the team"]


def test_a_rule_ends_at_the_moment_it_says() -> None:
    """E-77"""
    book = rulebook('add "x" when true deny until 2026-03-02T10:00:00Z')
    assert judged(book, now=NINE).outcome == "deny"
    assert judged(book, now=NINE + timedelta(hours=1)).outcome == "ask"


def test_a_used_up_rule_says_so_and_allows_no_more() -> None:
    book = rulebook('add "x" when true allow uses 2')
    assert judged(book, uses={"rul_x": 1}).outcome == "allow"
    after = judged(book, uses={"rul_x": 2})
    assert after.outcome == "ask"
    (look,) = looked(book, content(), uses={"rul_x": 2}).looks
    assert (look.spent, look.answer.why) == (True, "it was used 2 of 2 times")


def test_a_deleted_rule_stops_at_once() -> None:
    """E-77"""
    book = rulebook('add "x" when true allow')
    assert judged(book).outcome == "allow"
    assert judged(Rulebook(2, (), CONDITIONS)).outcome == "ask"


def test_all_rules_are_listed_also_those_that_are_off() -> None:
    assert len(rulebook(*LINES).rules) == len(LINES)


_CONDITIONS = [
    "true",
    'type == "a"',
    'type == "a" && facts.x > 1',
    'type == "b" || facts.x > 1',
    'type in ["a", "b"]',
    '"b" == type',
]
_SCOPES = [
    "",
    "for agent bot",
    "for agent bot, other",
    "for team data",
    "for project payments",
    "for team web for project payments",
]


@given(
    st.lists(st.tuples(st.sampled_from(_SCOPES), st.sampled_from(_CONDITIONS)), max_size=12),
    st.sampled_from([BOT, RITA]),
    st.sampled_from(["a", "b", "c"]),
)
def test_the_index_leaves_out_no_rule_that_could_hold(wanted: list[tuple[str, str]], by: Requester, type: str) -> None:
    lines = [f'add "r{n}" {scope} when {when} deny' for n, (scope, when) in enumerate(wanted)]
    book = rulebook(*lines)
    asked = content(type=type, facts={"x": 2})
    agent = by.id if by.kind == "agent" else None
    view = CONDITIONS.view(asked, project=PAYMENTS, requester=by)
    holding = {
        r.name
        for r in rules(lines)
        if r.scope.covers(agent=agent, team=by.team, project=PAYMENTS)
        and CONDITIONS.parse(r.when).ask(view).truth is Truth.TRUE
    }
    assert holding == {look.rule.name for look in looked(book, asked, by).looks if look.holds}


def test_a_condition_is_not_asked_where_the_type_rules_it_out() -> None:
    book = rulebook('add "x" when type == "merge" && facts.gone == 1 require @a')
    assert judged(book, settings={"when_no_rule": "allow"}).outcome == "allow"


@pytest.mark.parametrize("scope", ["for agent bot", "for team data", ""])
def test_a_rule_knows_what_it_is_called_in_a_cause(scope: str) -> None:
    assert rule(f'add "x y" {scope} when true deny').cause == "rule:rul_x_y"
