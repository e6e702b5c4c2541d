"""Requirements that are a choice, or need no person: `any_of` and `check`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

import core.requirements
from core.codec import codec
from core.collection import members
from core.lifecycle import fold
from core.lifecycle.advancing import advance, enter
from core.model import command as c
from core.model import event as e
from core.model.request import Plan, Request, Stage, Status
from core.model.requirement import NO_REPORTS, Report, Requirement, Source, Vote
from core.requirements.any_of import AnyOf
from core.requirements.approvals import Approvals
from core.requirements.check import Check
from core.rulebook.can_it_pass import what_is_missing
from core.standing import stand
from tests.lifecycle.kit import NINE, Story, given, one_of, person, stages

A, B = Source("group:a", "@a"), Source("group:b", "@b")
EITHER = AnyOf("s1r1", (Approvals("s1r1.1", 2, (A,)), Approvals("s1r1.2", 1, (B,))))
CI = Check("s1r1", "ci")


def vote(name: str, *groups: str) -> Vote:
    return Vote(f"mem_{name}", name.title(), frozenset(f"group:{group}" for group in groups))


def report(state: str, revision: int = 1, **said: Any) -> Report:
    return Report(state, revision, datetime(2026, 3, 2, tzinfo=UTC), **said)


def test_one_of_several_requirements_suffices() -> None:
    assert not EITHER.standing((), None).met
    assert not EITHER.standing((vote("ada", "a"),), None).met
    assert EITHER.standing((vote("bob", "b"),), None).met
    assert EITHER.standing((vote("ada", "a"), vote("al", "a")), None).met


def test_a_choice_says_how_each_way_stands_and_waits_for_all_of_them() -> None:
    result = EITHER.standing((vote("ada", "a"),), None)
    assert result.label == "either 2 of @a or 1 of @b"
    assert result.sentence == "2 of @a: 1 of 2 (Ada); or 1 of @b: 0 of 1"
    assert (result.have, result.need, result.waiting_on) == (1, 2, (A, B))
    assert [part.met for part in result.parts] == [False, False]
    met = EITHER.standing((vote("bob", "b"),), None)
    assert (met.sentence, met.by, met.waiting_on) == ("1 of @b: approved by Bob", ("mem_bob",), ())


@pytest.mark.parametrize(
    ("reports", "met", "sentence"),
    [
        (NO_REPORTS, False, "check ci: has not answered yet"),
        ({"ci": report("pending")}, False, "check ci: is still running"),
        ({"ci": report("failed", summary="3 red")}, False, "check ci: failed (3 red)"),
        ({"ci": report("passed")}, True, "check ci: passed"),
        ({"other": report("passed")}, False, "check ci: has not answered yet"),
    ],
)
def test_a_check_is_met_by_its_own_report_alone(reports: Mapping[str, Report], met: bool, sentence: str) -> None:
    """A-04"""
    result = CI.standing((vote("ada", "a"),), None, reports)
    assert (result.met, result.sentence, result.waiting_on) == (met, sentence, ())


KINDS = members(core.requirements)


@pytest.mark.parametrize(
    "requirement", [EITHER, CI, replace(EITHER, parts=(CI, EITHER)), Approvals("x", 1, (A, B), True)]
)
def test_every_kind_is_stored_and_read_again(requirement: Requirement) -> None:
    keeper = codec(KINDS)
    stage = Stage(1, "One", (requirement,))
    assert keeper.parse(keeper.text(stage), Stage) == stage


# In a request.


def story_with(*requirements: Requirement, distinct: bool = False, **plan: Any) -> Story:
    """A request whose plan asks for these, one stage each."""
    people = [person("ada", "a"), person("al", "a"), person("bob", "b"), person("bo", "a", "b")]
    story = given(*people, asks=stages(one_of("@a")))
    asked = tuple(Stage(n, f"Stage {n}", (r.called(f"s{n}r1"),)) for n, r in enumerate(requirements, start=1))
    judged = e.Judged(story.now, Plan(stages=asked, distinct=distinct, **plan), None)
    return at_request(story, judged, entering=True)


def at_request(story: Story, event: e.Event, *, entering: bool = False) -> Story:
    """The event, and what follows from it."""
    request = fold(story.request, (event,))
    facts = replace(story.facts("clock", c.Ring()), rosters=story.rosters(request.plan))
    story._request = fold(request, (enter if entering else advance)(request, facts))
    return story


def reports(story: Story, state: str, **said: Any) -> Request:
    event = e.CheckReported(NINE, "ci", report(state, **{"revision": story.request.revision, **said}))
    return at_request(story, event).request


def test_a_check_holds_a_request_until_it_passes() -> None:
    story = story_with(CI, Approvals("", 1, (A,)))
    assert (story.request.stage, reports(story, "failed").stage) == (1, 1)
    assert reports(story, "passed").stage == 2
    story.approve("ada")
    assert story.status() is Status.APPROVED


def test_a_report_on_another_revision_does_not_count() -> None:
    story = story_with(CI, Approvals("", 1, (A,)))
    assert reports(story, "passed", revision=7).stage == 1


def test_a_check_that_fails_after_all_takes_the_stage_back() -> None:
    story = story_with(CI, Approvals("", 1, (A,)))
    reports(story, "passed")
    assert not stand(fold(story.request, (e.CheckReported(NINE, "ci", report("failed")),))).stages[0].met


def test_a_request_that_only_checks_held_up_passes_by_what_allowed_it() -> None:
    done = reports(story_with(CI, allowed_by="rule:rul_1"), "passed")
    assert (done.status, done.cause) == (Status.AUTO_APPROVED, "rule:rul_1")
    alone = reports(story_with(CI), "passed")
    assert (alone.status, alone.cause) == (Status.AUTO_APPROVED, "check:ci")


@pytest.mark.parametrize("first", ["bob", "bo"])
def test_a_choice_in_a_request_is_met_by_its_shorter_way(first: str) -> None:
    story = story_with(EITHER)
    story.approve(first)
    assert story.status() is Status.APPROVED


@pytest.mark.parametrize("order", list(permutations(["ada", "al", "bo"])))
def test_with_distinct_the_way_is_chosen_that_serves_everybody(order: tuple[str, ...]) -> None:
    """Bo could end the choice alone, but is needed for @b in the same stage; the order of clicks does not matter."""
    story = story_with(EITHER)
    both = Stage(1, "Both", (EITHER.called("s1r1"), Approvals("s1r2", 1, (B,))))
    judged = e.Judged(story.now, Plan(stages=(both,), distinct=True), None)
    at_request(story, judged, entering=True)
    for name in order:
        story.approve(name)
    assert story.status() is Status.APPROVED


def test_with_distinct_nobody_fills_two_places() -> None:
    both = (EITHER, Approvals("", 1, (B,)))
    story = story_with(AnyOf("", both), distinct=True)
    judged = e.Judged(
        story.now, Plan(stages=(Stage(1, "B", (EITHER, Approvals("s1r2", 1, (B,)))),), distinct=True), None
    )
    at_request(story, judged, entering=True)
    story.approve("bo")
    assert story.status() is Status.PENDING
    story.approve("bob")
    assert story.status() is Status.APPROVED


def test_with_distinct_the_second_way_is_taken_where_the_first_has_nobody() -> None:
    story = story_with(EITHER)
    story.joins(person("bea", "b"))
    both = Stage(1, "Both", (EITHER, Approvals("s1r2", 1, (B,))))
    at_request(story, e.Judged(story.now, Plan(stages=(both,), distinct=True), None), entering=True)
    story.approve("bob")
    assert story.status() is Status.PENDING
    story.approve("bea")
    assert story.status() is Status.APPROVED


def test_a_choice_can_pass_when_one_way_can() -> None:
    plan = Plan(stages=(Stage(1, "One", (EITHER,)),))
    assert what_is_missing(plan, {"group:a": (), "group:b": (person("bob", "b"),)}) == ()
    assert what_is_missing(plan, {"group:a": (person("ada", "a"),)}) == ("either 2 of @a or 1 of @b",)
    checked = Plan(stages=(Stage(1, "One", (AnyOf("s1r1", (CI, Approvals("", 1, (A,)))),)),))
    assert what_is_missing(checked, {}) == ()


def test_a_check_needs_nobody_to_pass() -> None:
    assert what_is_missing(Plan(stages=(Stage(1, "One", (CI,)),), distinct=True), {}) == ()


def test_with_distinct_a_choice_can_pass_only_if_people_suffice() -> None:
    plan = Plan(stages=(Stage(1, "One", (EITHER, Approvals("s1r2", 1, (B,)))),), distinct=True)
    bo, ada, al = person("bo", "a", "b"), person("ada", "a"), person("al", "a")
    assert what_is_missing(plan, {"group:a": (bo, ada, al), "group:b": (bo,)}) == ()
    assert what_is_missing(plan, {"group:a": (bo, ada), "group:b": (bo,)}) != ()
