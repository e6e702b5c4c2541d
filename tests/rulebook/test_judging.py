"""Judging: deny, require, allow, and what becomes of nothing; each step explained."""

from dataclasses import replace
from typing import Any

import pytest

from core.model.request import Cost, Outcome, Stage
from core.model.requirement import Source
from core.requirements.approvals import Approvals
from core.rulebook.explain import read_out
from core.rulebook.given import Given, Offer, PolicyAnswer, PolicyState
from core.rulebook.judge import can_be_spared
from tests.lifecycle.kit import one_of, stages
from tests.rulebook.kit import BOT, HOUR, asks, content, fates, judged, looked, principals, rulebook, sentences

ANY = ["1 of anyone who may approve"]
TWO = 'add "two" when true require 2 of @platform'


# What there was before rules.


def test_without_rules_named_people_are_asked_as_they_were_named() -> None:
    named = stages(one_of("@platform"), (one_of("@security"), one_of("@platform")))
    plan = judged(named=named).plan
    assert plan.stages == named
    assert plan.why == ("The request names its approvers.",)


@pytest.mark.parametrize(
    ("default", "outcome"), [("ask", Outcome.ASK), ("allow", Outcome.ALLOW), ("deny", Outcome.DENY)]
)
def test_where_nothing_asks_the_project_decides(default: str, outcome: Outcome) -> None:
    """A-06"""
    judgement = judged(['add "merges" when type == "merge" require @a'], settings={"when_no_rule": default})
    assert judgement.outcome is outcome
    assert judgement.cause == (None if outcome is Outcome.ASK else "no_rule")


# Require.


def test_a_matching_rule_asks_its_people() -> None:
    """A-01"""
    judgement = judged(
        ['add "prod" when metadata.env == "production" require @platform'], metadata={"env": "production"}
    )
    assert (judgement.outcome, asks(judgement)) == (Outcome.ASK, [["1 of @platform"]])
    assert judgement.plan.why == ("Rule prod asks for people.",)


@pytest.mark.parametrize(("destroyed", "asked"), [(0, [ANY]), (1, [["1 of @platform"]])])
def test_a_rule_on_destroyed_matches_above_its_number(destroyed: int, asked: list[list[str]]) -> None:
    """A-02, A-07"""
    line = 'add "x" when {"destroyed_gt": 0} require @platform'
    assert asks(judged([line], facts={"destroyed": destroyed})) == asked


@pytest.mark.parametrize(("usd", "asked"), [(100.0, [ANY]), (100.01, [["1 of @finance"]])])
def test_a_cost_threshold_asks_for_people(usd: float, asked: list[list[str]]) -> None:
    """E-98"""
    assert asks(judged(['add "costly" when cost.usd > 100 require @finance'], cost=Cost(usd=usd))) == asked


def test_several_rules_are_merged_by_stage() -> None:
    """A-05"""
    judgement = judged(
        [
            'add "one" when true require 1 of @platform then 1 of @security',
            'add "two" when true require 2 of @platform and check ci then @legal then @board',
        ]
    )
    assert asks(judgement) == [["2 of @platform", "check ci"], ["1 of @security", "1 of @legal"], ["1 of @board"]]


def test_the_same_requirement_in_two_stages_stays_in_the_later_one() -> None:
    lines = ['add "one" when true require @platform', 'add "two" when true require @security then 2 of @platform']
    assert asks(judged(lines)) == [["1 of @security"], ["2 of @platform"]]


def test_stages_left_empty_by_merging_are_closed_up() -> None:
    lines = ['add "one" when true require @a then @b', 'add "two" when true require @b then @c then @a']
    judgement = judged(lines)
    assert asks(judgement) == [["1 of @b", "1 of @c"], ["1 of @a"]]
    assert [stage.number for stage in judgement.plan.stages] == [1, 2]


def test_named_people_and_rules_are_asked_together() -> None:
    judgement = judged([TWO], named=stages(one_of("@legal")))
    assert asks(judgement) == [["2 of @platform", "1 of @legal"]]


def test_one_persons_two_turns_are_not_merged_away() -> None:
    named = stages(one_of("@platform"), one_of("@platform"))
    assert asks(judged(['add "x" when true require @legal'], named=named)) == [
        ["1 of @legal", "1 of @platform"],
        ["1 of @platform"],
    ]


def test_of_one_persons_two_turns_the_last_is_merged_with_a_rules_later_one() -> None:
    named = stages(one_of("@platform"), one_of("@platform"))
    assert asks(judged(['add "x" when true require @legal then 2 of @platform'], named=named)) == [
        ["1 of @legal", "1 of @platform"],
        ["2 of @platform"],
    ]


def test_the_shortest_windows_every_reminder_and_every_channel_count() -> None:
    plan = judged(
        [
            'add "one" when true require @a expire 2h remind 30m in #one execute within 3h not from @contractors',
            'add "two" when true require @b expire 3h remind 45m in #two distinct comment on reject',
        ],
        given=Given(behind={"group:contractors": frozenset({"mem_cal"})}),
        settings={"notify": ("#home",)},
    ).plan
    assert (plan.reply_window, plan.execution_window) == (2 * HOUR, 3 * HOUR)
    assert plan.remind == (HOUR / 2, HOUR * 3 / 4, HOUR)
    assert plan.notify == ("#home", "#one", "#two")
    assert (plan.distinct, plan.comment_on_reject) == (True, True)
    assert plan.barred == {"mem_rita", "mem_cal"}


def test_an_escalation_acts_on_its_own_rules_requirements() -> None:
    plan = judged(
        ['add "one" when true require @a escalate after 1h to @boss', 'add "two" when true require @b then role:admin']
    ).plan
    (escalates,) = plan.escalations
    by_id = {r.id: r.label for stage in plan.stages for r in stage.requirements}
    assert [by_id[id] for id in escalates.requirements] == ["1 of @a"]
    assert (escalates.after, escalates.to) == (HOUR, (Source("group:boss", "@boss"),))


def test_roles_and_anyone_are_the_projects() -> None:
    judgement = judged(['add "x" when true require 1 of role:admin or anyone'])
    assert principals(judgement) == {"role:admin:payments", "anyone:payments"}


def test_a_field_names_the_people_it_stands_for() -> None:
    owner = Source("member:mem_ada", "Ada")
    line = 'add "x" when true require metadata.owner notify oncall:main'
    plan = judged([line], given=Given(stands_for={"field:metadata.owner": (owner,)})).plan
    assert plan.stages[0].requirements[0].sources == (owner,)
    assert plan.explanation is not None
    assert plan.explanation.notes == ()


def test_a_field_that_stands_for_nobody_keeps_its_requirement() -> None:
    judgement = judged(['add "x" when true require metadata.owner not from metadata.author'])
    assert principals(judgement) == {"field:metadata.owner"}
    assert judgement.plan.explanation is not None
    assert judgement.plan.explanation.notes == (
        "Rule x names metadata.author, which stands for nobody here.",
        "Rule x names metadata.owner, which stands for nobody here.",
    )


# Deny.


def test_a_denial_beats_everything() -> None:
    judgement = judged(
        ['add "yes" when true allow', TWO, 'add "no" when true deny', 'add "again" when true deny'],
        named=stages(one_of("@legal")),
        given=Given(offers=(Offer("trust_budget", "trusted"),)),
    )
    assert (judgement.outcome, judgement.cause) == (Outcome.DENY, "rule:rul_no")
    assert judgement.plan.stages == ()
    assert fates(judgement)["no"] == "denies"
    assert sentences(judgement)["again"] == "also denies; an older rule already did"


def test_a_denial_that_cannot_tell_asks_people() -> None:
    judgement = judged(
        ['add "yes" when true allow', 'add "no" when metadata.env == "production" deny'],
        settings={"when_no_rule": "allow"},
    )
    assert (judgement.outcome, asks(judgement)) == (Outcome.ASK, [ANY])
    assert fates(judgement)["no"] == "questions"
    assert "Somebody must look, says rule no, which could not tell (metadata.env is missing)." in judgement.plan.why


# Allow.


def test_an_allow_rule_answers_for_the_people_and_is_named() -> None:
    """E-74"""
    judgement = judged(['add "first" when true allow', 'add "second" when true allow'])
    assert (judgement.outcome, judgement.cause) == (Outcome.ALLOW, "rule:rul_first")
    assert fates(judgement) == {"first": "allows", "second": "passed_over"}


def test_the_narrowest_scope_decides() -> None:
    """E-74"""
    lines = [
        'add "everywhere" when true allow',
        'add "project" for project payments when true allow',
        'add "team" for team data when true allow',
        'add "agent" for agent bot when true allow',
    ]
    causes = [judged(lines[:count], by=BOT).cause for count in (1, 2, 3, 4)]
    assert causes == ["rule:rul_everywhere", "rule:rul_project", "rule:rul_team", "rule:rul_agent"]
    assert fates(judged(lines, by=BOT))["team"] == "passed_over"
    assert sentences(judged(lines, by=BOT))["team"] == "matches, but a narrower rule speaks for this agent"


def test_a_broad_rule_does_not_rescue_what_a_narrow_one_leaves_out() -> None:
    """E-75"""
    lines = ['add "all" when true allow', 'add "bot" for agent bot when cost.usd <= 5 allow']
    assert judged(lines, by=BOT, cost=Cost(usd=6.0)).outcome is Outcome.ASK
    assert judged(lines, by=BOT, cost=Cost(usd=5.0)).cause == "rule:rul_bot"
    assert judged(lines, cost=Cost(usd=6.0)).cause == "rule:rul_all"


def test_a_narrow_rule_for_another_type_stands_in_nobodys_way() -> None:
    """E-75"""
    lines = ['add "all" when true allow', 'add "bot" for agent bot when type == "merge" allow']
    assert judged(lines, by=BOT).cause == "rule:rul_all"


def test_a_narrow_allow_cannot_waive_what_is_not_waivable() -> None:
    lines = [TWO, 'add "bot" for agent bot when true allow']
    judgement = judged(lines, by=BOT)
    assert (judgement.outcome, asks(judgement)) == (Outcome.ASK, [["2 of @platform"]])
    assert judgement.plan.why == ("Rule two asks for people.",)


def test_an_allow_rule_sets_waivable_rules_aside_and_only_those() -> None:
    lines = ['add "soft" when true require @soft waivable', TWO, 'add "yes" when true allow']
    judgement = judged(lines, named=stages(one_of("@legal")))
    assert asks(judgement) == [["2 of @platform", "1 of @legal"]]
    assert fates(judgement) == {"soft": "waived", "two": "asks", "yes": "allows"}
    assert judged([lines[0], lines[2]]).outcome is Outcome.ALLOW


@pytest.mark.parametrize(
    "when", ['metadata.env != "production"', "cost.usd <= 5", 'action.startsWith("read")', "!(facts.destroyed > 0)"]
)
def test_a_missing_field_opens_no_gate(when: str) -> None:
    """E-80"""
    judgement = judged([f'add "yes" when {when} allow'])
    assert judgement.outcome is Outcome.ASK
    assert judgement.plan.explanation is not None
    (note,) = judgement.plan.explanation.notes
    assert note.startswith("Rule yes could not tell: ")
    assert note.endswith(" is missing.")


def test_a_missing_field_closes_the_gate_of_a_require_rule() -> None:
    judgement = judged(['add "prod" when metadata.env == "production" require @platform'])
    assert asks(judgement) == [["1 of @platform"]]
    assert judgement.plan.why == ("Rule prod asks, since it cannot tell (metadata.env is missing).",)


@pytest.mark.parametrize("cause", ["trust_budget", "lease:lea_1"])
def test_trust_and_leases_waive_like_an_allow_rule(cause: str) -> None:
    """E-85"""
    offered = Given(offers=(Offer(cause, "47 of 48 alike approved; $3.00 of $20.00 today."),))
    assert judged(given=offered).cause == cause
    assert judged(['add "soft" when true require @soft waivable'], given=offered).outcome is Outcome.ALLOW
    assert judged([TWO], given=offered).outcome is Outcome.ASK
    assert judged(given=offered).plan.why == ("47 of 48 alike approved; $3.00 of $20.00 today.",)


@pytest.mark.parametrize(
    ("lines", "named", "could"),
    [
        ([], False, True),
        ([], True, False),
        (['add "soft" when true require @soft waivable'], True, True),
        (['add "soft" when true require @soft waivable shadow'], True, True),
        ([TWO], True, False),
        (['add "all" when true allow'], False, False),
        (['add "all" when true allow', 'add "soft" when true require @soft waivable'], False, False),
        (['add "all" when true allow', 'add "bot" for agent bot when false allow'], False, True),
        (['add "all" when true allow shadow'], False, True),
    ],
)
def test_whether_trust_or_a_lease_could_answer_for_anybody(lines: list[str], named: bool, could: bool) -> None:
    seen = Given(looked=looked(rulebook(*lines), content(), BOT))
    assert can_be_spared(seen, stages(one_of("@legal")) if named else ()) is could


# Policies and checks.


def policy(state: PolicyState, **said: Any) -> Given:
    return Given(policies=(PolicyAnswer("pol_1", "opa", state, **said),))


def test_a_policy_that_passes_may_approve() -> None:
    """D-05, D-43, D-44, D-45"""
    judgement = judged(given=policy(PolicyState.PASSED, on_pass="approve", reasons=("cheap",)))
    assert (judgement.outcome, judgement.cause) == (Outcome.ALLOW, "policy:pol_1")
    assert judgement.plan.why == ("Policy opa passed: cheap.",)


def test_a_policy_that_fails_may_reject() -> None:
    """D-06, D-43, D-44, D-45"""
    judgement = judged(
        [], named=stages(one_of("@a")), given=policy(PolicyState.FAILED, on_fail="reject", reasons=("night",))
    )
    assert (judgement.outcome, judgement.cause) == (Outcome.DENY, "policy:pol_1")
    assert judgement.plan.why == ("Policy opa rejects this: night.",)


@pytest.mark.parametrize("state", [PolicyState.PASSED, PolicyState.FAILED, PolicyState.UNCLEAR])
@pytest.mark.parametrize("default", ["allow", "deny", "ask"])
def test_a_policy_left_to_people_asks_somebody_whatever_else_allows(state: PolicyState, default: str) -> None:
    """D-10, D-44"""
    judgement = judged(['add "yes" when true allow'], given=policy(state), settings={"when_no_rule": default})
    assert (judgement.outcome, asks(judgement)) == (Outcome.ASK, [ANY])


def test_a_policy_left_to_people_adds_nobody_where_people_are_asked_anyway() -> None:
    assert asks(judged([TWO], given=policy(PolicyState.UNCLEAR))) == [["2 of @platform"]]


def test_a_policy_adds_stages_that_nothing_waives() -> None:
    """A-03"""
    wanted = (Stage(1, "Stage 1", (Approvals("s1r1", 1, (Source("group:sec", "@sec"),)),)),)
    given = policy(PolicyState.PASSED, on_pass="approve", stages=wanted)
    judgement = judged(['add "yes" when true allow'], given=given)
    assert (judgement.outcome, asks(judgement)) == (Outcome.ASK, [["1 of @sec"]])


def test_a_policy_that_asks_for_people_allows_nothing_itself() -> None:
    wanted = stages(one_of("@sec"))
    given = policy(PolicyState.PASSED, on_pass="approve", stages=wanted)
    assert asks(judged(['add "soft" when true require @soft waivable'], given=given)) == [["1 of @soft", "1 of @sec"]]


def test_a_policy_that_has_not_answered_stands_before_the_people() -> None:
    judgement = judged([TWO], given=policy(PolicyState.WAITING))
    assert asks(judgement) == [["policy opa"], ["2 of @platform"]]
    assert [stage.number for stage in judgement.plan.stages] == [0, 1]


@pytest.mark.parametrize("default", ["allow", "deny"])
def test_nothing_is_decided_while_a_policy_has_not_answered(default: str) -> None:
    judgement = judged(given=policy(PolicyState.WAITING), settings={"when_no_rule": default})
    assert (judgement.outcome, asks(judgement)) == (Outcome.ASK, [["policy opa"]])


def test_the_projects_checks_come_first_and_are_never_waived() -> None:
    """A-04, A-05"""
    judgement = judged(['add "yes" when true allow'], given=Given(checks=("ci",)))
    assert (judgement.outcome, asks(judgement)) == (Outcome.ASK, [["check ci"]])
    assert judgement.plan.allowed_by == "rule:rul_yes"
    assert asks(judged([TWO], given=Given(checks=("ci",)))) == [["check ci"], ["2 of @platform"]]


def test_a_check_alone_is_no_yes_of_people() -> None:
    lines = ['add "ci" when true require check ci']
    assert asks(judged(lines)) == [["check ci", *ANY]]
    assert asks(judged(lines, settings={"when_no_rule": "deny"})) == [["check ci", *ANY]]
    waived = judged([*lines, 'add "yes" when true allow'])
    assert (asks(waived), waived.plan.allowed_by) == ([["check ci"]], "rule:rul_yes")


# Explaining.


def test_the_explanation_says_who_asked_for_whom_and_what_became_of_each_rule() -> None:
    judgement = judged(
        [TWO, 'add "other" when type == "deploy" && facts.x > 1 require @platform', 'add "yes" when true allow'],
        named=stages(one_of("@legal")),
        facts={"x": 2},
    )
    assert judgement.plan.explanation is not None
    assert read_out(judgement.plan.explanation) == (
        "Rule two asks for people.",
        "Stage 1: 2 of @platform, asked by rule two and rule other.",
        "Stage 1: 1 of @legal, asked by the request.",
        "Rule two (version 1) matches, so its people are asked.",
        "Rule other (version 1) matches, so its people are asked.",
        "Rule yes (version 1) allows what needs no person but for it.",
    )


def test_of_many_rules_that_do_not_match_only_some_are_listed() -> None:
    lines = [f'add "r{n}" when facts.x > {n} require @a' for n in range(100)]
    seen = judged(lines, facts={"x": 3}).plan.explanation
    assert seen is not None
    assert (len(seen.rules), seen.others) == (23, 77)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("deny", "would have rejected it"),
        ("allow", "would have changed nothing"),
        ("require @platform", "would have changed nothing"),
        ("require @new", "would have asked 1 of @new"),
    ],
)
def test_a_rule_in_shadow_says_what_it_would_have_done_and_does_nothing(line: str, sentence: str) -> None:
    shadowed = f'add "shadow" when true {line} shadow'
    with_it, without = judged([TWO, shadowed]), judged([TWO])
    assert (with_it.outcome, with_it.plan) == (without.outcome, without.plan)
    assert (fates(with_it)["shadow"], sentences(with_it)["shadow"]) == ("shadow", sentence)


def test_a_rule_in_shadow_that_cannot_tell_says_whom_it_would_have_asked() -> None:
    judgement = judged(
        ['add "prod" when metadata.env == "production" require @new shadow', 'add "quiet" when false deny shadow']
    )
    assert (
        sentences(judgement)["prod"] == "would have asked 1 of @new; would not have asked 1 of anyone who may approve"
    )
    assert fates(judgement) == {"prod": "shadow", "quiet": "no_match"}


def test_a_shadow_allow_does_not_narrow() -> None:
    lines = ['add "all" when true allow', 'add "bot" for agent bot when false allow shadow']
    assert judged(lines, by=BOT).cause == "rule:rul_all"


def test_a_new_revision_is_judged_anew() -> None:
    book = rulebook('add "costly" when cost.usd > 100 require @finance', 'add "cheap" when cost.usd <= 100 allow')
    first = content(cost=Cost(usd=50.0))
    assert judged(book, cost=first.cost).outcome is Outcome.ALLOW
    assert asks(judged(book, cost=replace(first, cost=Cost(usd=500.0)).cost)) == [["1 of @finance"]]


def test_what_could_not_be_told_is_said_once_and_what_comes_before_people_by_that_name() -> None:
    judgement = judged(['add "yes" when cost.usd <= 5 allow'], given=Given(checks=("ci",)))
    assert judgement.plan.explanation is not None
    said = read_out(judgement.plan.explanation)
    assert [line for line in said if "yes" in line] == [
        "Rule yes (version 1) cannot tell, so it does not allow (cost.usd is missing)."
    ]
    assert "Before people are asked: check ci, asked by the project." in said
