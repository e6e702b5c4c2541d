"""What is counted: requirements, stages, `all`, different people."""

import itertools

import pytest

from core.errors import Conflict, NotAllowed
from core.model import command as c
from core.model import event as e
from core.model.people import Role, Way
from core.model.request import Life, Status
from core.standing import StageState
from tests.lifecycle.kit import (
    HOUR,
    all_of,
    approvers,
    given,
    one_of,
    person,
    some,
    stages,
    words,
)

ADA = person("ada", "platform")
BOB = person("bob", "platform")
CAL = person("cal", "platform")
SUE = person("sue", "security")
SAM = person("sam", "security")
BOTH = person("bo", "platform", "security")


def test_one_approval_ends_a_request_that_asks_for_one() -> None:
    """A-13, B-31, D-04, E-23"""
    story = given(ADA, asks=stages(one_of("@platform")))
    events = story.approve("ada", comment="go")
    assert words(events) == ["decision_recorded", "stage_passed", "ended"]
    assert (story.status(), story.request.cause) == (Status.APPROVED, "people")
    assert story.request.decided_at == story.now


def test_a_decision_keeps_who_when_how_and_as_what() -> None:
    """A-19, A-42, B-21, E-40"""
    story = given(ADA, asks=stages(one_of("@platform")))
    story.approve("ada", comment="looks right")
    (decision,) = story.request.decisions
    assert (decision.member, decision.email, decision.comment) == ("mem_ada", "ada@example.com", "looks right")
    assert (decision.revision, decision.stage, decision.seats) == (1, 1, ("@platform",))
    assert decision.at == story.now
    assert decision.proof is not None
    assert decision.proof.user == "U_ada"


def test_an_approval_needs_no_comment() -> None:
    """A-12, B-40, E-42"""
    story = given(ADA, asks=stages(one_of("@platform")))
    story.approve("ada", comment="")
    assert story.request.decisions[0].comment is None
    assert story.status() is Status.APPROVED


def test_where_nobody_is_named_anyone_who_may_approve_suffices() -> None:
    """B-15, B-37"""
    story = given(ADA)
    assert story.request.plan.stages[0].requirements[0].label == "1 of anyone who may approve"
    story.approve("ada")
    assert story.status() is Status.APPROVED


def test_named_approvers_must_all_agree() -> None:
    """B-31, B-35, B-43"""
    story = given(ADA, SUE, asks=approvers("ada", "sue"))
    story.approve("ada")
    assert story.status() is Status.PENDING
    story.approve("sue")
    assert story.status() is Status.APPROVED


def test_a_stage_passes_when_two_of_three_approve() -> None:
    """A-32"""
    story = given(ADA, BOB, CAL, asks=stages(some(2, "@platform")))
    story.approve("ada")
    assert story.status() is Status.PENDING
    story.approve("cal")
    assert story.status() is Status.APPROVED


def test_approving_twice_counts_once_and_answers_with_the_first_decision() -> None:
    """A-36, B-45"""
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    first = story.request.decisions[0]
    assert story.approve("ada", comment="again") == ()
    assert story.repeated("ada", c.Approve()) == first
    assert (story.status(), len(story.request.decisions)) == (Status.PENDING, 1)


def test_stages_open_one_after_the_other() -> None:
    """A-30, A-31, A-38"""
    story = given(ADA, SUE, asks=stages(one_of("@platform"), one_of("@security")))
    events = story.approve("ada")
    assert words(events) == ["decision_recorded", "stage_passed", "stage_opened"]
    assert (story.status(), story.request.stage) == (Status.PENDING, 2)
    assert [s.state for s in story.standing.stages] == [StageState.PASSED, StageState.OPEN]
    assert [s.label for s in story.standing.waiting_on] == ["@security"]
    story.approve("sue")
    assert story.status() is Status.APPROVED


def test_several_requirements_share_a_stage_which_stays_open_until_all_are_met() -> None:
    """A-34"""
    story = given(ADA, SUE, asks=stages((one_of("@platform"), one_of("@security")), one_of("ada")))
    story.approve("ada")
    assert story.request.stage == 1
    assert [r.met for r in story.standing.stages[0].results] == [True, False]
    story.approve("sue")
    assert story.request.stage == 2


def test_one_approval_counts_for_every_requirement_of_the_open_stage_that_names_the_person() -> None:
    story = given(BOTH, asks=stages((one_of("@platform"), one_of("@security"))))
    story.approve("bo")
    assert story.status() is Status.APPROVED


def test_one_approval_counts_for_the_open_stage_only() -> None:
    """A-37"""
    story = given(BOTH, asks=stages(one_of("@platform"), one_of("@security")))
    story.approve("bo")
    assert (story.status(), story.request.stage) == (Status.PENDING, 2)
    story.approve("bo")
    assert story.status() is Status.APPROVED
    assert [d.stage for d in story.request.decisions] == [1, 2]


def test_somebody_of_a_later_stage_is_told_when_their_turn_comes() -> None:
    """A-35"""
    story = given(ADA, SUE, asks=stages(one_of("@platform"), one_of("@security")))
    refusal = story.refusal("sue", c.Approve(revision=1, stage=1))
    assert isinstance(refusal, NotAllowed)
    assert refusal.word == "not_an_approver"
    assert refusal.sentence == (
        "It is not your turn yet: you are asked in stage 2 (Stage 2), and stage 1 still waits for @platform. "
        "You will be told when your turn comes."
    )
    assert (refusal.fields["stage"], refusal.fields["your_stage"]) == (1, 2)


def test_somebody_of_a_later_stage_who_names_that_stage_is_told_the_same() -> None:
    """A-35"""
    story = given(ADA, SUE, asks=stages(one_of("@platform"), one_of("@security")))
    assert story.refusal("sue", c.Approve(revision=1, stage=2)).sentence.startswith("It is not your turn yet")


def test_somebody_whose_stage_has_passed_is_told_so() -> None:
    story = given(ADA, BOB, SUE, asks=stages(one_of("@platform"), one_of("@security")))
    story.approve("ada")
    refusal = story.refusal("bob", c.Approve(revision=1, stage=2))
    assert refusal.sentence == "Your stage has already passed; request #42 now waits for @security."


def test_who_is_not_named_is_refused_and_told_whom_it_asks() -> None:
    """B-44"""
    story = given(ADA, SUE, asks=stages(one_of("@platform")))
    refusal = story.refusal("sue", c.Approve(revision=1, stage=1))
    assert (refusal.word, refusal.sentence) == (
        "not_an_approver",
        "Request #42 does not ask for you; it asks @platform.",
    )


@pytest.mark.parametrize("order", list(itertools.permutations(["ada", "bo", "sue"])))
def test_with_distinct_the_order_of_clicks_never_matters(order: tuple[str, ...]) -> None:
    """A-37"""
    asks = stages((some(2, "@platform"), one_of("@security")))
    story = given(ADA, BOTH, SUE, asks=asks, distinct=True)
    for name in order[:2]:
        story.approve(name)
    assert story.status() is Status.PENDING
    story.approve(order[2])
    assert story.status() is Status.APPROVED


def test_with_distinct_a_person_fills_one_seat_only() -> None:
    """A-37"""
    story = given(BOTH, SUE, ADA, asks=stages((one_of("@platform"), one_of("@security"))), distinct=True)
    story.approve("bo")
    assert story.status() is Status.PENDING
    story.approve("ada")
    assert story.status() is Status.APPROVED


def test_with_distinct_who_approved_in_one_stage_does_not_fill_another() -> None:
    """A-37"""
    asks = stages(one_of("@platform"), one_of("@security"))
    story = given(BOTH, SUE, ADA, asks=asks, distinct=True)
    story.approve("bo")
    refusal = story.refusal("bo", c.Approve(revision=1, stage=2))
    assert refusal.word == "not_an_approver"
    assert refusal.sentence == (
        "Here nobody may fill two places: your approval, or one in your place, counts in stage 1 (Stage 1). Somebody else "
        "must approve stage 2."
    )
    story.approve("sue")
    assert story.status() is Status.APPROVED


def test_with_distinct_who_was_one_too_many_in_one_stage_may_fill_another() -> None:
    """A-37"""
    asks = stages((one_of("@platform"), one_of("cal")), one_of("@security"))
    story = given(BOTH, ADA, CAL, SUE, asks=asks, distinct=True)
    for name in ("bo", "ada", "cal"):
        story.approve(name)
    story.approve("bo")
    assert story.status() is Status.APPROVED


def test_all_of_a_group_are_the_people_it_had_when_the_stage_opened() -> None:
    story = given(ADA, BOB, asks=stages(all_of("@platform")))
    story.joins(CAL)
    story.approve("ada")
    assert story.status() is Status.PENDING
    assert story.refusal("cal", c.Approve(revision=1, stage=1)).word == "not_an_approver"
    story.approve("bob")
    assert story.status() is Status.APPROVED


def test_all_of_a_later_stage_are_fixed_when_that_stage_opens() -> None:
    story = given(ADA, SUE, asks=stages(one_of("@platform"), all_of("@security")))
    story.joins(SAM)
    story.approve("ada")
    assert story.request.fixed["s2r1"] == {"mem_sue", "mem_sam"}
    story.approve("sue")
    assert story.status() is Status.PENDING
    story.approve("sam")
    assert story.status() is Status.APPROVED


def test_one_who_leaves_makes_all_impossible_never_smaller() -> None:
    story = given(ADA, BOB, asks=stages(all_of("@platform")))
    story.joins(person("bob", "other"))
    story.approve("ada")
    assert story.status() is Status.PENDING
    (result,) = story.standing.stages[0].results
    assert (result.have, result.need) == (1, 2)


def test_all_stays_as_it_was_fixed_when_its_stage_opens_again() -> None:
    story = given(ADA, BOB, SUE, asks=stages(all_of("@platform"), one_of("@security")))
    story.approve("ada")
    story.approve("bob")
    story.becomes("bob", active=False)
    story.withdraw("ada")
    assert story.request.fixed["s1r1"] == {"mem_ada", "mem_bob"}


def test_the_requester_is_left_out_of_all_of_their_group() -> None:
    rita = person("rita", "platform")
    story = given(rita, ADA, asks=stages(all_of("@platform")))
    story.approve("ada")
    assert story.status() is Status.APPROVED


def test_an_approver_may_be_named_by_role() -> None:
    story = given(asks=stages(one_of("role:admin")))
    story.approve("root")
    assert story.status() is Status.APPROVED


# ------------------------------------------------------------------------------------------------------- taking back


def test_an_approval_can_be_taken_back_while_the_request_is_open() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    assert words(story.withdraw("ada")) == ["approval_withdrawn"]
    story.approve("bob")
    assert story.status() is Status.PENDING
    story.approve("ada")
    assert story.status() is Status.APPROVED


def test_who_takes_back_approvals_of_several_stages_says_why_once() -> None:
    both = person("ada", "platform", "security")
    story = given(both, SUE, asks=stages(one_of("@platform"), some(2, "@security")))
    story.approve("ada")
    story.approve("ada")
    withdrawn = story.do("ada", c.Withdraw("too early"))
    assert [event.comment for event in withdrawn if isinstance(event, e.ApprovalWithdrawn)] == ["too early", None]


def test_taking_back_in_a_passed_stage_opens_it_again() -> None:
    story = given(ADA, BOB, SUE, asks=stages(one_of("@platform"), one_of("@security")))
    story.approve("ada")
    assert words(story.withdraw("ada")) == ["approval_withdrawn", "stage_opened"]
    assert story.request.stage == 1
    story.approve("bob")
    assert story.request.stage == 2


def test_a_later_stages_approvals_still_count_when_an_earlier_one_passes_again() -> None:
    story = given(ADA, SUE, SAM, asks=stages(one_of("@platform"), some(2, "@security")))
    story.approve("ada")
    story.approve("sue")
    story.withdraw("ada")
    story.approve("ada")
    assert story.request.stage == 2
    story.approve("sam")
    assert story.status() is Status.APPROVED


def test_nothing_can_be_taken_back_by_who_has_not_approved() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    assert story.refusal("bob", c.Withdraw()).word == "nothing_to_withdraw"


def test_an_approval_is_taken_back_only_by_a_way_in_that_may_decide() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")), settings={"decide_in": frozenset({"slack"})})
    story.approve("ada")
    assert story.refusal("ada", c.Withdraw(), may_decide=False).word == "forbidden"
    assert story.refusal("ada", c.Withdraw(), way=Way.TOKEN).word == "forbidden"
    assert words(story.withdraw("ada")) == ["approval_withdrawn"]


def test_nothing_can_be_taken_back_after_the_end() -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    story.approve("ada")
    refusal = story.refusal("ada", c.Withdraw())
    assert isinstance(refusal, Conflict)
    assert refusal.word == "already_decided"


# ------------------------------------------------------------------------------------------------- lapsed approvals


def test_the_approval_of_somebody_deactivated_lapses_at_the_last_vote() -> None:
    story = given(ADA, BOB, CAL, asks=stages(some(2, "@platform")))
    story.approve("ada")
    story.becomes("ada", active=False)
    assert words(story.approve("bob")) == ["decision_recorded", "approval_lapsed"]
    assert (story.status(), story.request.decisions[0].life) == (Status.PENDING, Life.LAPSED)
    story.approve("cal")
    assert story.status() is Status.APPROVED


def test_the_approval_of_somebody_no_longer_linked_lapses_at_the_last_vote() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    story.becomes("ada", pinned=False)
    lapsed = story.approve("bob")[-1]
    assert isinstance(lapsed, e.ApprovalLapsed)
    assert lapsed.reason == "Ada's account is no longer linked"


def test_the_approval_of_somebody_who_left_the_group_lapses_though_another_stage_names_them() -> None:
    story = given(BOTH, ADA, SUE, asks=stages(some(2, "@platform"), one_of("@security")))
    story.approve("bo")
    story.joins(person("bo", "security"))
    assert words(story.approve("ada")) == ["decision_recorded", "approval_lapsed"]
    assert story.request.stage == 1


def test_an_approval_that_lapses_in_a_passed_stage_opens_that_stage_again() -> None:
    story = given(ADA, BOB, SUE, asks=stages(one_of("@platform"), one_of("@security")))
    story.approve("ada")
    story.becomes("ada", active=False)
    assert words(story.approve("sue")) == ["decision_recorded", "approval_lapsed", "stage_opened"]
    assert (story.status(), story.request.stage) == (Status.PENDING, 1)
    story.approve("bob")
    assert story.status() is Status.APPROVED


def test_who_lapsed_may_approve_again_once_allowed() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    story.becomes("ada", pinned=False)
    story.approve("bob")
    story.becomes("ada", pinned=True)
    story.approve("ada")
    assert story.status() is Status.APPROVED


def test_people_are_read_live_so_who_joins_a_group_may_approve() -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    story.wait(HOUR).joins(person("zoe", "platform", role=Role.APPROVER))
    story.approve("zoe")
    assert story.status() is Status.APPROVED
