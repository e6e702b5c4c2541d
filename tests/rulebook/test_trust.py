"""Trust: it can only be earned, by people."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.request import Content, Cost
from core.model.trust import Made, Safety, Spent
from core.rulebook.trust import HALF_LIFE, Past, Trust, is_drawn, micros, record_of, trust
from core.rulebook.trust import score as score_of
from tests.rulebook.kit import NINE, content

SMALL = content(cost=Cost(usd=0.5))
ON = Safety(enabled=True)


def pasts(count: int, made: Made = Made.APPROVED, days: float = 0.0) -> list[Past]:
    return [Past(made, NINE - timedelta(days=days))] * count


def histories(least: int = 0, most: int = 60) -> st.SearchStrategy[list[Past]]:
    past = st.builds(Past, st.sampled_from(Made), st.integers(0, 400).map(lambda days: NINE - timedelta(days=days)))
    return st.lists(past, min_size=least, max_size=most)


def score(history: list[Past], now: datetime = NINE) -> float:
    return score_of(record_of(history), now)


def asked(history: list[Past], what: Content = SMALL, safety: Safety = ON, spent: Spent | None = None) -> Trust:
    return trust(record_of(history), what, safety, spent or Spent(), NINE, spot_check=False)


def test_nobody_is_trusted_without_a_history() -> None:
    """E-88"""
    assert score([]) == 0
    assert asked([]).offer is None


@pytest.mark.parametrize(("count", "trusted"), [(30, False), (31, True)])
def test_trust_takes_many_spotless_approvals(count: int, trusted: bool) -> None:
    """E-85, E-89"""
    assert (asked(pasts(count)).offer is not None) is trusted


def test_every_automatic_yes_says_its_sentence() -> None:
    history = [*pasts(60), *pasts(1, Made.EDITED)]
    answer = asked(history, spent=Spent(usd=2.5, count=5))
    assert answer.offer is not None
    assert answer.offer.cause == "trust_budget"
    assert answer.sentence == "60 of 61 alike approved; $3.00 of $20.00 today."


@given(histories())
def test_a_score_is_a_share_and_lies_below_what_was_seen(history: list[Past]) -> None:
    """E-89"""
    reached = score(history)
    assert 0 <= reached < 1
    if history:
        assert reached <= sum(past.made is Made.APPROVED for past in history)


@given(histories(), st.integers(0, 400))
def test_an_approval_never_lowers_it_and_nothing_else_ever_raises_it(history: list[Past], days: int) -> None:
    """E-88, E-89"""
    at = NINE - timedelta(days=days)
    before = score(history)
    assert score([*history, Past(Made.APPROVED, at)]) >= before - 1e-12
    for made in set(Made) - {Made.APPROVED}:
        assert score([*history, Past(made, at)]) <= before + 1e-12


@given(histories(), st.integers(0, 1000))
def test_waiting_never_raises_it(history: list[Past], days: int) -> None:
    """E-89"""
    later = NINE + timedelta(days=days)
    assert score(history, later) <= score(history) + 1e-12


@given(histories(least=1, most=40))
def test_the_bound_is_the_root_it_is_derived_from(history: list[Past]) -> None:
    weights = [(past, 0.5 ** ((NINE - past.at) / HALF_LIFE)) for past in history]
    bad = {Made.EDITED: 1, Made.TIMED_OUT: 1, Made.REJECTED: 3, Made.FAILED: 3}
    good = sum(weight for past, weight in weights if past.made is Made.APPROVED)
    total = good + sum(weight * bad.get(past.made, 0) for past, weight in weights)
    p = score(history)
    z = 2.3263478740408408
    if good:
        assert (good - total * p) ** 2 == pytest.approx(z * z * total * p * (1 - p), rel=1e-6, abs=1e-9)
        assert p <= good / total


def test_a_rejection_weighs_more_than_an_edit() -> None:
    edited, rejected = (score([*pasts(40), *pasts(1, made)]) for made in (Made.EDITED, Made.REJECTED))
    assert rejected < edited < score(pasts(40))


def test_trust_collapses_after_rejections_and_says_so() -> None:
    answer = asked([*pasts(60), *pasts(5, Made.REJECTED)])
    assert answer.offer is None
    assert answer.sentence.startswith("The score 0.")
    assert "60 of 65 alike approved" in answer.sentence


@pytest.mark.parametrize(
    ("what", "safety", "spent", "said"),
    [
        (SMALL, Safety(), Spent(), "Trust budgets are off"),
        (content(), ON, Spent(), "not declared"),
        (content(cost=Cost(tokens=5)), ON, Spent(), "not declared"),
        (content(cost=Cost(usd=-1.0)), ON, Spent(), "not declared"),
        (content(cost=Cost(usd=1.01)), ON, Spent(), "costs more than $1.00"),
        (content(cost=Cost(usd=0.5), side_effects=("mail",)), ON, Spent(), "side effects"),
        (SMALL, ON, Spent(usd=19.51, count=1), "would exceed today's $20.00"),
        (SMALL, ON, Spent(count=20), "Today's 20 are used up"),
    ],
)
def test_only_small_declared_actions_within_the_days_caps_are_trusted(
    what: Content, safety: Safety, spent: Spent, said: str
) -> None:
    """E-89"""
    answer = asked(pasts(100), what, safety, spent)
    assert answer.offer is None
    assert said in answer.sentence


def test_spot_checks_are_asked_all_the_same() -> None:
    assert trust(record_of(pasts(100)), SMALL, ON, Spent(), NINE, spot_check=True).offer is None


def test_spot_checks_are_drawn_by_a_key_and_as_often_as_said() -> None:
    drawn = [is_drawn(f"req_{n}", b"key", 0.05) for n in range(4000)]
    assert 140 < sum(drawn) < 260
    assert drawn != [is_drawn(f"req_{n}", b"other", 0.05) for n in range(4000)]
    assert not any(is_drawn(f"req_{n}", b"key", 0.0) for n in range(50))
    assert all(is_drawn(f"req_{n}", b"key", 1.0) for n in range(50))


@given(st.floats(0, 1e6))
def test_money_is_counted_in_millionths_and_never_rounded_down(usd: float) -> None:
    assert usd <= micros(usd) / 1_000_000 + 1e-9
    assert micros(usd) / 1_000_000 - usd < 1e-6 + 1e-9


def test_weights_kept_today_still_fit_in_a_hundred_years() -> None:
    later = NINE + timedelta(days=365 * 80)
    assert score([*pasts(100), *[Past(Made.APPROVED, later)] * 100], later) == pytest.approx(
        score(pasts(100)), abs=1e-6
    )
