"""Can this ever pass? The same matching as at the vote, over the people who could still say yes."""

from dataclasses import replace

import pytest

from core.model.people import Person, Role
from core.model.request import Plan, Stage
from core.requirements.check import Check
from core.rulebook.can_it_pass import what_is_missing
from tests.lifecycle.kit import all_of, approvers, one_of, person, some, somebody, stages

ADA, BOB = person("ada", "platform"), person("bob", "platform")
BOTH = person("bo", "platform", "security")


def missing(
    asks: tuple[Stage, ...], *people: Person, barred: str | None = None, distinct: bool = False, slack: bool = False
) -> tuple[str, ...]:
    plan = Plan(stages=asks, distinct=distinct, barred=frozenset({barred} if barred else ()))
    if slack:
        plan = replace(plan, decide_in=frozenset({"slack"}))
    story = somebody(*people)
    present = {
        source.principal: tuple(p for p in story.people.values() if p.active and source.principal in p.principals)
        for stage in asks
        for requirement in stage.requirements
        for source in requirement.sources
    }
    return what_is_missing(plan, present)


def test_enough_people_are_enough() -> None:
    assert missing(stages(some(2, "@platform")), ADA, BOB) == ()


def test_too_few_people_are_named() -> None:
    assert missing(stages(some(3, "@platform"), one_of("@security")), ADA, BOB) == ("3 of @platform", "1 of @security")


def test_who_asks_is_not_counted() -> None:
    assert missing(stages(some(2, "@platform")), ADA, BOB, barred="mem_ada") == ("2 of @platform",)


def test_who_may_not_approve_is_not_counted() -> None:
    ann = person("ann", "platform", role=Role.AUDITOR)
    assert missing(stages(some(2, "@platform")), ADA, ann) == ("2 of @platform",)


def test_who_has_no_way_to_decide_is_not_counted() -> None:
    unpinned = person("una", "platform", pinned=False)
    assert missing(stages(one_of("@platform")), unpinned) == ()
    assert missing(stages(one_of("@platform")), unpinned, slack=True) == ("1 of @platform",)


def test_a_group_cannot_be_met_by_one_person_twice() -> None:
    assert missing(stages(some(2, "@platform", "@security")), BOTH) == ("2 of @platform or @security",)


def test_without_distinct_one_person_may_meet_several_requirements() -> None:
    assert missing(stages(one_of("@platform"), one_of("@security")), BOTH) == ()


def test_with_distinct_everybody_fills_one_place_of_the_whole_request() -> None:
    """A-37"""
    asks = stages(one_of("@platform"), one_of("@security"))
    assert missing(asks, BOTH, distinct=True) == ("1 of @security",)
    assert missing(asks, BOTH, ADA, distinct=True) == ()


@pytest.mark.parametrize("asks", [approvers("ada", "gone"), approvers("ada", "ann")])
def test_all_of_the_named_must_be_able(asks: tuple[Stage, ...]) -> None:
    away, auditor = person("gone", active=False), person("ann", role=Role.AUDITOR)
    assert len(missing(asks, ADA, away, auditor)) == 1


def test_all_of_a_group_must_be_able() -> None:
    ann = person("ann", "platform", role=Role.AUDITOR)
    assert missing(stages(all_of("@platform")), ADA, ann) == ("all of @platform",)


def test_all_of_a_group_leaves_out_who_asks() -> None:
    assert missing(stages(all_of("@platform")), ADA, BOB, barred="mem_ada") == ()


def test_all_of_nobody_cannot_pass() -> None:
    assert missing(stages(all_of("@platform")), ADA, barred="mem_ada") == ("all of @platform",)


def test_who_asks_cannot_be_one_of_those_named_one_by_one() -> None:
    assert missing(approvers("ada", "bob"), ADA, BOB, barred="mem_ada") == ("Ada and Bob",)


def test_a_check_needs_nobody() -> None:
    asks = (Stage(1, "Checked", (Check("s1r1", "change-window"),)),)
    assert missing(asks, ADA) == ()
