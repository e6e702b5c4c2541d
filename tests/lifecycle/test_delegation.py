"""Deciding in somebody's place: the bars of both, one voice each, never passed on."""

from dataclasses import replace
from itertools import product

from hypothesis import given as given_any
from hypothesis import strategies as st

from core.model import command as c
from core.model.people import Absent, Role
from core.model.request import Status
from tests.lifecycle.kit import Story, all_of, given, one_of, person, some, stages


def away(story: Story, giver: str, taker: str) -> None:
    """From now on `taker` decides for `giver`, too."""
    absent = Absent(replace(story.people[giver], stands_in_for=()), f"dlg_{giver}")
    story.becomes(taker, stands_in_for=(*story.people[taker].stands_in_for, absent))


def signed(story: Story) -> list[str]:
    return [decision.signed for decision in story.request.decisions]


def test_a_delegate_decides_in_the_delegators_place() -> None:
    story = given(person("ada", "platform"), person("ben"), asks=stages(one_of("@platform")))
    away(story, "ada", "ben")
    story.approve("ben")
    assert story.status() is Status.APPROVED
    assert signed(story) == ["Ben for Ada"]


def test_without_a_delegation_the_same_person_is_not_asked() -> None:
    story = given(person("ada", "platform"), person("ben"), asks=stages(one_of("@platform")))
    assert story.refusal("ben", c.Approve(revision=1, stage=1)).word == "not_an_approver"


def test_somebody_who_is_asked_oneself_decides_in_ones_own_name() -> None:
    people = person("ada", "platform"), person("ben", "platform")
    story = given(*people, asks=stages(some(2, "@platform")))
    away(story, "ada", "ben")
    story.approve("ben")
    assert signed(story) == ["Ben"]
    assert story.status() is Status.PENDING


def test_a_delegate_of_two_counts_as_one_person() -> None:
    people = person("ada", "platform"), person("bob", "platform"), person("ben")
    story = given(*people, asks=stages(some(2, "@platform")))
    away(story, "ada", "ben")
    away(story, "bob", "ben")
    story.approve("ben")
    assert story.status() is Status.PENDING
    story.approve("bob")
    assert story.status() is Status.APPROVED


def test_a_delegator_and_the_delegate_fill_one_place_between_them() -> None:
    people = person("ada", "platform"), person("bob", "platform"), person("ben")
    story = given(*people, asks=stages(some(2, "@platform")))
    away(story, "ada", "ben")
    story.approve("ben")
    story.approve("ada")
    assert story.status() is Status.PENDING
    story.approve("bob")
    assert story.status() is Status.APPROVED


def test_of_all_who_must_agree_each_place_is_filled_once() -> None:
    people = person("ada"), person("bob"), person("ben")
    story = given(*people, asks=stages(all_of("ada", "bob")))
    away(story, "ada", "ben")
    story.approve("ben")
    story.approve("ada")
    waited = {source.label for source in story.standing.waiting_on}
    assert (story.status(), waited) == (Status.PENDING, {"Bob"})
    story.approve("bob")
    assert story.status() is Status.APPROVED


def test_a_delegate_of_two_leaves_each_delegator_their_own_place() -> None:
    people = person("ada"), person("bob"), person("ben")
    story = given(*people, asks=stages(all_of("ada", "bob")))
    away(story, "ada", "ben")
    away(story, "bob", "ben")
    story.approve("ben")
    story.approve("ada")
    assert story.status() is Status.APPROVED


def test_where_people_must_differ_a_delegate_is_one_person_in_the_whole_request() -> None:
    people = person("ada", "platform"), person("ben", "security"), person("cid", "security")
    story = given(*people, asks=stages(one_of("@platform"), one_of("@security")), distinct=True)
    away(story, "ada", "ben")
    story.approve("ben")
    assert story.request.stage == 2
    assert story.refusal("ben", c.Approve(revision=1, stage=2)).word == "not_an_approver"
    story.approve("cid")
    assert story.status() is Status.APPROVED


def test_where_people_must_differ_a_place_that_a_delegate_filled_is_filled() -> None:
    people = person("ada", "platform", "security"), person("ben"), person("cid", "security")
    story = given(*people, asks=stages(one_of("@platform"), one_of("@security")), distinct=True)
    away(story, "ada", "ben")
    story.approve("ben")
    for name in ("ben", "ada"):
        assert "one in your place" in story.refusal(name, c.Approve(revision=1, stage=2)).sentence
    story.approve("cid")
    assert story.status() is Status.APPROVED


def test_a_delegate_of_whoever_asked_may_not_decide_in_their_name() -> None:
    story = given(
        person("ada", "platform"), person("ben"), person("cid", "platform"), by="ada", asks=stages(one_of("@platform"))
    )
    away(story, "ada", "ben")
    refusal = story.refusal("ben", c.Approve(revision=1, stage=1))
    assert (refusal.word, "Ada" in refusal.sentence) == ("own_request", True)


def test_whoever_asked_cannot_decide_as_somebodys_delegate() -> None:
    story = given(person("ada", "platform"), person("ben"), by="ben", asks=stages(one_of("@platform")))
    away(story, "ada", "ben")
    assert story.refusal("ben", c.Approve(revision=1, stage=1)).word == "own_request"


def test_a_delegator_without_the_right_to_approve_passes_nothing_on() -> None:
    story = given(person("ada", "platform"), person("ben"), asks=stages(one_of("@platform")))
    story.becomes("ada", verbs=frozenset(), roles=frozenset({Role.REQUESTER}))
    away(story, "ada", "ben")
    assert story.refusal("ben", c.Approve(revision=1, stage=1)).word == "not_an_approver"


def test_a_delegate_needs_the_right_to_approve_too() -> None:
    story = given(person("ada", "platform"), person("ben", role=Role.REQUESTER), asks=stages(one_of("@platform")))
    away(story, "ada", "ben")
    assert story.refusal("ben", c.Approve(revision=1, stage=1)).word == "not_an_approver"


def test_an_approval_lapses_with_the_delegator() -> None:
    people = person("ada", "platform"), person("bob", "platform"), person("ben")
    story = given(*people, asks=stages(some(2, "@platform")))
    away(story, "ada", "ben")
    story.approve("ben")
    story.becomes("ada", active=False)
    story.approve("bob")
    assert story.status() is Status.PENDING
    assert [decision.counts for decision in story.request.decisions] == [False, True]


def test_an_approval_outlasts_the_delegation() -> None:
    people = person("ada", "platform"), person("bob", "platform"), person("ben")
    story = given(*people, asks=stages(some(2, "@platform")))
    away(story, "ada", "ben")
    story.approve("ben")
    story.becomes("ben", stands_in_for=())
    story.approve("bob")
    assert story.status() is Status.APPROVED


def test_a_delegate_cannot_hand_over_what_is_not_theirs() -> None:
    people = person("ada", "platform"), person("ben"), person("cid")
    story = given(*people, asks=stages(one_of("@platform")))
    away(story, "ada", "ben")
    assert "passed on" in story.refusal("ben", c.GiveSeat("mem_cid")).sentence


def test_what_a_delegator_has_handed_over_the_delegate_has_no_more() -> None:
    people = person("ada", "platform"), person("ben"), person("cid")
    story = given(*people, asks=stages(one_of("ada")))
    away(story, "ada", "ben")
    story.do("ada", c.GiveSeat("mem_cid"))
    assert story.refusal("ben", c.Approve(revision=1, stage=1)).word == "not_an_approver"


def test_what_was_handed_over_to_a_delegator_stays_with_them() -> None:
    people = person("ada"), person("ben"), person("cid")
    story = given(*people, asks=stages(one_of("cid")))
    away(story, "ada", "ben")
    story.do("cid", c.GiveSeat("mem_ada"))
    assert story.refusal("ben", c.Approve(revision=1, stage=1)).word == "not_an_approver"


def plan_says(story: Story, delegation: str) -> None:
    story._request = replace(story.request, plan=replace(story.request.plan, delegation=delegation))


def test_a_rule_may_allow_nobody_in_anybodys_place() -> None:
    story = given(person("ada", "platform"), person("ben", "platform2"), asks=stages(one_of("ada")))
    away(story, "ada", "ben")
    plan_says(story, "none")
    assert story.refusal("ben", c.Approve(revision=1, stage=1)).word == "not_an_approver"


def test_a_rule_may_allow_only_people_of_the_same_group() -> None:
    people = person("ada", "platform"), person("ben", "other"), person("cid", "platform")
    story = given(*people, asks=stages(one_of("ada")))
    away(story, "ada", "ben")
    away(story, "ada", "cid")
    plan_says(story, "same_group")
    assert story.refusal("ben", c.Approve(revision=1, stage=1)).word == "not_an_approver"
    story.approve("cid")
    assert story.status() is Status.APPROVED


def test_a_delegate_may_reject_and_the_reason_names_both() -> None:
    story = given(person("ada", "platform"), person("ben"), asks=stages(one_of("@platform")))
    away(story, "ada", "ben")
    story.reject("ben", comment="Not today.")
    assert signed(story) == ["Ben for Ada"]


# Whatever happens, no more counts than people there are and places they may fill.

GROUP = ("ada", "bob", "cid")
OTHERS = ("dee", "eli")


@st.composite
def delegations(draw: st.DrawFn) -> dict[str, frozenset[str]]:
    """Whom each of five people stands in for."""
    everybody = (*GROUP, *OTHERS)
    return {
        taker: draw(st.frozensets(st.sampled_from([one for one in GROUP if one != taker]), max_size=2))
        for taker in everybody
    }


def most(voters: list[str], stands_in: dict[str, frozenset[str]]) -> int:
    """By brute force: the most voters who can each be given a place of the group of their own."""
    places = [
        [one for one in GROUP if one == voter or (voter not in GROUP and one in stands_in[voter])] for voter in voters
    ]
    best = 0
    for chosen in product(*([None, *each] for each in places)):
        filled = [one for one in chosen if one is not None]
        if len(filled) == len(set(filled)):
            best = max(best, len(filled))
    return best


@given_any(delegations(), st.permutations([*GROUP, *OTHERS]), st.integers(1, 3), st.integers(0, 5))
def test_it_passes_exactly_when_enough_people_fill_enough_places(
    stands_in: dict[str, frozenset[str]], order: list[str], least: int, count: int
) -> None:
    people = [person(one, "team") for one in GROUP] + [person(one) for one in OTHERS]
    story = given(*people, asks=stages(some(least, "@team")))
    for taker, givers in stands_in.items():
        for giver in sorted(givers):
            away(story, giver, taker)
    voted: list[str] = []
    for voter in order[:count]:
        if (voter in GROUP or stands_in[voter]) and story.status() is Status.PENDING:
            story.approve(voter)
            voted.append(voter)
    assert (story.status() is Status.APPROVED) == (most(voted, stands_in) >= least)
