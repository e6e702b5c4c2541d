"""What holds of every set of rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.model.request import Cost, Judgement, Outcome, Stage
from core.model.rule import Effect, Mode, Rule
from core.rulebook.given import Given, Offer
from core.rulebook.judge import can_be_spared
from core.rulebook.merging import Asker, Merged, merge
from core.rulebook.rulebook import Rulebook
from tests.rulebook.kit import BOT, CONDITIONS, content, judged, looked, principals
from tests.rulebook.strategies import some_rules, stages

few = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])

REQUESTS: list[dict[str, Any]] = [
    {},
    {"metadata": {"env": "production"}, "facts": {"x": 2}, "cost": Cost(usd=1.0)},
    {"type": "merge", "facts": {"x": 5}, "metadata": {"allow": 1, "env": "test"}, "cost": Cost(usd=9.0)},
]


@st.composite
def sets_of_rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    drawn = draw(st.lists(some_rules(), max_size=5))
    return tuple(replace(rule, id=f"rul_{n}", name=f"rule {n}", order=n) for n, rule in enumerate(drawn))


def judgement_of(rules: tuple[Rule, ...], request: dict[str, Any], **said: Any) -> Judgement:
    return judged(Rulebook(1, rules, CONDITIONS), by=BOT, **request, **said)


def another(rule: Rule, **changes: Any) -> Rule:
    return replace(rule, id="rul_new", name="new", order=99, **changes)


@few
@given(sets_of_rules(), st.sampled_from(REQUESTS), st.sampled_from(["ask", "allow", "deny"]))
def test_a_denial_beats_all(rules: tuple[Rule, ...], request_: dict[str, Any], default: str) -> None:
    denial = Rule("no", Effect.DENY, "true", id="rul_new", order=99)
    given_ = Given(offers=(Offer("trust_budget", "trusted"),))
    judgement = judgement_of((*rules, denial), request_, settings={"when_no_rule": default}, given=given_)
    assert judgement.outcome is Outcome.DENY


@few
@given(sets_of_rules(), some_rules(), st.sampled_from(REQUESTS))
def test_adding_a_require_rule_removes_no_approver(
    rules: tuple[Rule, ...], new: Rule, request_: dict[str, Any]
) -> None:
    """Nor does it ever turn a no into anything else, or let through what was not."""
    added = another(replace(new, effect=Effect.REQUIRE, until=None, uses=None))
    before, after = judgement_of(rules, request_), judgement_of((*rules, added), request_)
    if before.outcome is Outcome.DENY:
        assert after.outcome is Outcome.DENY
    if before.outcome is Outcome.ASK:
        assert after.outcome is Outcome.ASK
        by_default = {"anyone:payments"} if _only_default(before) else set()
        assert principals(before) - by_default <= principals(after)
        assert not (_number(before) - _number(after)) or by_default


def _only_default(judgement: Judgement) -> bool:
    seen = judgement.plan.explanation
    return seen is not None and any(one.asked_by == ("default routing",) for one in seen.people)


def _number(judgement: Judgement) -> Counter[Hashable]:
    """How many people each requirement needs, wherever it stands."""
    counted: Counter[Hashable] = Counter()
    for stage in judgement.plan.stages:
        for requirement in stage.requirements:
            counted[requirement.key] += max(1, requirement.slots(None))
    return counted


@few
@given(sets_of_rules(), st.sampled_from(REQUESTS), st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter(rules: tuple[Rule, ...], request_: dict[str, Any], random: Any) -> None:
    shuffled = list(rules)
    random.shuffle(shuffled)
    assert judgement_of(tuple(shuffled), request_) == judgement_of(rules, request_)


@few
@given(sets_of_rules(), some_rules(), st.sampled_from(REQUESTS))
def test_an_allow_rule_never_waives_what_is_not_waivable(
    rules: tuple[Rule, ...], new: Rule, request_: dict[str, Any]
) -> None:
    firm = tuple(replace(rule, waivable=False) for rule in rules if rule.effect is Effect.REQUIRE)
    allow = Rule("yes", Effect.ALLOW, "true", scope=new.scope, id="rul_new", order=99)
    without, with_it = judgement_of(firm, request_), judgement_of((*firm, allow), request_)
    if not _only_default(without):
        assert (with_it.outcome, with_it.plan.stages) == (without.outcome, without.plan.stages)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(sets_of_rules(), st.just(()) | stages(), st.sampled_from(REQUESTS))
def test_an_offer_changes_nothing_where_nobody_can_be_spared(
    rules: tuple[Rule, ...], named: tuple[Stage, ...], request_: dict[str, Any]
) -> None:
    """So none is looked for there; nor does it change what rules in shadow are said to do."""
    book, offer = Rulebook(1, rules, CONDITIONS), Given(offers=(Offer("trust_budget", "trusted"),))
    if can_be_spared(Given(looked=looked(book, content(**request_), BOT)), named):
        return
    without, with_it = (judged(book, by=BOT, named=named, given=one, **request_) for one in (Given(), offer))
    assert (with_it, with_it.plan.explanation) == (without, without.plan.explanation)


@few
@given(sets_of_rules(), st.sampled_from(REQUESTS))
def test_rules_in_shadow_or_off_change_nothing(rules: tuple[Rule, ...], request_: dict[str, Any]) -> None:
    working = tuple(rule for rule in rules if rule.mode is Mode.ON)
    real, without = judgement_of(rules, request_), judgement_of(working, request_)
    assert (real.outcome, real.cause, real.plan) == (without.outcome, without.cause, without.plan)


@few
@given(sets_of_rules(), st.sampled_from(REQUESTS[1:]), st.sampled_from(["metadata", "facts", "cost"]))
def test_leaving_a_field_out_opens_no_gate(rules: tuple[Rule, ...], request_: dict[str, Any], field: str) -> None:
    """E-80: nobody passes by saying less."""
    whole = judgement_of(rules, request_)
    less = judgement_of(rules, {name: value for name, value in request_.items() if name != field})
    if less.outcome is Outcome.ALLOW:
        assert whole.outcome is Outcome.ALLOW


# Merging.


def _canonical(merged: Merged) -> tuple[Any, ...]:
    """Without ids, names and places within a stage, which follow the age of the askers."""
    by_stage = (
        Counter((r.key, r.slots(None)) for r in stage.requirements)
        for stage in sorted(merged.stages, key=lambda s: s.number)
    )
    return tuple(frozenset(counted.items()) for counted in by_stage)


def _askers(each: list[tuple[Stage, ...]]) -> list[Asker]:
    return [Asker(f"rule:{n}", f"rule {n}", asked) for n, asked in enumerate(each)]


@few
@given(stages())
def test_what_one_alone_asks_for_is_only_numbered(asked: tuple[Stage, ...]) -> None:
    merged = merge(_askers([asked]))
    assert [[r.key for r in s.requirements] for s in merged.stages] == [[r.key for r in s.requirements] for s in asked]
    assert [stage.name for stage in merged.stages] == [stage.name for stage in asked]


@few
@given(stages())
def test_merging_is_idempotent(asked: tuple[Stage, ...]) -> None:
    once = merge(_askers([asked]))
    assert merge(_askers([asked, asked])).stages == once.stages
    assert merge(_askers([once.stages])).stages == once.stages


@few
@given(st.lists(stages(), max_size=4), st.randoms(use_true_random=False))
def test_merging_is_commutative(each: list[tuple[Stage, ...]], random: Any) -> None:
    askers = _askers(each)
    shuffled = list(askers)
    random.shuffle(shuffled)
    assert _canonical(merge(shuffled)) == _canonical(merge(askers))


@few
@given(st.lists(stages(), min_size=1, max_size=4))
def test_merging_keeps_every_requirement_and_its_number(each: list[tuple[Stage, ...]]) -> None:
    merged = merge(_askers(each))
    most: dict[Hashable, int] = {}
    for stage in merged.stages:
        for requirement in stage.requirements:
            most[requirement.key] = max(most.get(requirement.key, 0), requirement.slots(None))
    wanted = [r for asked in each for stage in asked for r in stage.requirements]
    assert all(most[requirement.key] >= requirement.slots(None) for requirement in wanted)
    assert set(most) == {requirement.key for requirement in wanted}


@few
@given(st.lists(stages(), min_size=1, max_size=4))
def test_no_id_is_given_twice_and_everybody_finds_their_own(each: list[tuple[Stage, ...]]) -> None:
    merged = merge(_askers(each))
    ids = [requirement.id for stage in merged.stages for requirement in stage.requirements]
    assert len(ids) == len(set(ids))
    for asker in _askers(each):
        wanted = Counter(r.key for stage in asker.stages for r in stage.requirements)
        assert sum(wanted.values()) == len(merged.ids[asker.id])
