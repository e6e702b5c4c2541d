"""`approvals`: so many of these people, or all of them."""

import pytest

from core import requirements
from core.codec import Codec
from core.collection import members
from core.model.request import Stage
from core.model.requirement import Requirement, Vote
from tests.lifecycle.kit import all_of, one_of, some, source, stage


def requirement(wanted: tuple[int, tuple[str, ...], bool]) -> Requirement:
    return stage(1, wanted).requirements[0]


def vote(name: str, *groups: str, stands_for: str | None = None) -> Vote:
    principals = {f"member:mem_{name}", *(f"group:{group}" for group in groups)}
    return Vote(
        f"mem_{name}", name.title(), frozenset(principals | ({f"member:mem_{stands_for}"} if stands_for else set()))
    )


@pytest.mark.parametrize(
    ("wanted", "label"),
    [
        (one_of("@platform"), "1 of @platform"),
        (some(2, "@platform", "ada"), "2 of @platform or Ada"),
        (one_of("ada"), "Ada"),
        (all_of("ada"), "Ada"),
        (all_of("ada", "bob"), "Ada and Bob"),
        (all_of("@this or that"), "all of @this or that"),
        (all_of("@this or that", "ada"), "@this or that and Ada"),
    ],
)
def test_it_is_called_as_people_call_it(wanted: tuple[int, tuple[str, ...], bool], label: str) -> None:
    """A-32"""
    assert requirement(wanted).label == label


def test_it_is_met_by_so_many_different_people() -> None:
    """A-32, A-36, A-39"""
    two = requirement(some(2, "@platform"))
    once = two.standing((vote("ada", "platform"), vote("sue", "security")), None)
    assert (once.met, once.have, once.need, once.by) == (False, 1, 2, ("mem_ada",))
    assert once.sentence == "2 of @platform: 1 of 2 (Ada)"
    both = two.standing((vote("ada", "platform"), vote("bob", "platform")), None)
    assert (both.met, both.sentence, both.waiting_on) == (True, "2 of @platform: approved by Ada, Bob", ())


def test_it_waits_for_those_named_who_have_not_approved() -> None:
    two = requirement(some(2, "ada", "bob", "@platform"))
    assert [s.label for s in two.standing((vote("ada"),), None).waiting_on] == ["Bob", "@platform"]


def test_all_waits_for_each_of_its_people_by_name() -> None:
    everybody = requirement(all_of("ada", "bob", "sue"))
    result = everybody.standing((vote("ada"),), frozenset({"mem_ada", "mem_bob", "mem_sue"}))
    assert (result.have, result.need, [s.label for s in result.waiting_on]) == (1, 3, ["Bob", "Sue"])


def test_all_of_an_unopened_stage_is_never_met() -> None:
    everybody = requirement(all_of("@platform"))
    assert not everybody.standing((vote("ada", "platform"), vote("bob", "platform")), None).met


def test_all_of_nobody_is_never_met_and_says_so() -> None:
    result = requirement(all_of("@platform")).standing((), frozenset())
    assert (result.met, result.sentence) == (False, "all of @platform: nobody is left who could approve")
    assert result.waiting_on == (source("@platform"),)


def test_somebody_standing_in_counts_for_who_gave_the_seat() -> None:
    everybody = requirement(all_of("ada", "bob"))
    result = everybody.standing((vote("sue", stands_for="ada"),), frozenset({"mem_ada", "mem_bob"}))
    assert (result.have, [s.label for s in result.waiting_on]) == (1, ["Bob"])


def test_where_too_few_are_left_it_waits_for_all_it_calls_for() -> None:
    everybody = requirement(all_of("ada", "bob"))
    alone = Vote("mem_sue", "Sue", frozenset({"member:mem_ada", "member:mem_bob"}))
    result = everybody.standing((alone,), frozenset({"mem_ada", "mem_bob"}))
    assert (result.met, [s.label for s in result.waiting_on]) == (False, ["Ada", "Bob"])


def test_only_fixed_people_count_for_all() -> None:
    everybody = requirement(all_of("@platform"))
    assert not everybody.accepts(vote("new", "platform"), frozenset({"mem_ada"}))
    assert everybody.accepts(vote("new", "platform"), None)


@pytest.mark.parametrize("wanted", [one_of("@platform"), some(2, "ada", "anyone"), all_of("ada", "bob")])
def test_it_is_stored_and_read_back_the_same(wanted: tuple[int, tuple[str, ...], bool]) -> None:
    codec, kept = Codec(members(requirements)), stage(1, wanted)
    assert codec.parse(codec.text(kept), Stage) == kept
