"""A decision binds to one revision and stage: repeats, late clicks, answers after the end."""

import pytest

from core.errors import Conflict
from core.model import command as c
from core.model.request import Status, Verdict
from tests.lifecycle.kit import HOUR, Story, given, one_of, person, some, stages

ADA, BOB = person("ada", "platform"), person("bob", "platform")
SUE = person("sue", "security")
BOTH = person("bo", "platform", "security")


def two_stages() -> Story:
    return given(ADA, BOB, SUE, BOTH, asks=stages(one_of("@platform"), one_of("@security")))


def test_revision_and_stage_may_be_left_out_while_there_has_been_just_one() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.do("ada", c.Approve())
    story.do("bob", c.Approve())
    assert story.status() is Status.APPROVED


def test_once_there_were_two_revisions_a_decision_must_name_one() -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    story.revise("rita", title="Deploy 4.3")
    refusal = story.refusal("ada", c.Approve())
    assert isinstance(refusal, Conflict)
    assert refusal.word == "stale_revision"
    assert (refusal.fields["revision"], refusal.fields["stage"]) == (2, 1)
    story.do("ada", c.Approve(revision=2))
    assert story.status() is Status.APPROVED


@pytest.mark.parametrize("verdict", [c.Approve, c.Reject])
def test_a_late_click_on_an_old_revision_decides_nothing_and_says_why(verdict: type[c.Approve | c.Reject]) -> None:
    """A-64"""
    story = given(ADA, asks=stages(one_of("@platform")))
    story.revise("rita", title="Deploy 4.3")
    refusal = story.refusal("ada", verdict(revision=1, stage=1))
    assert refusal.word == "stale_revision"
    assert refusal.sentence == (
        "Request #42 was changed since: it is now at revision 2. Look at it again and decide on that one."
    )
    assert story.request.decisions == ()


def test_a_late_click_on_an_old_stage_decides_nothing_and_names_the_present_one() -> None:
    story = two_stages()
    story.approve("ada")
    refusal = story.refusal("bo", c.Approve(revision=1, stage=1))
    assert (refusal.word, refusal.fields["stage"]) == ("stale_stage", 2)


def test_once_there_were_two_stages_a_decision_must_name_one() -> None:
    story = two_stages()
    story.approve("ada")
    assert story.refusal("sue", c.Approve()).word == "stale_stage"
    assert story.refusal("sue", c.Reject()).word == "stale_stage"


def test_a_question_about_an_old_revision_is_refused() -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    story.revise("rita", title="Deploy 4.3")
    assert story.refusal("ada", c.Ask("Which one?", revision=1)).word == "stale_revision"


def test_an_approval_of_an_earlier_revision_is_no_answer_to_the_present_one() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    story.revise("rita", title="Deploy 4.3")
    assert story.repeated("ada", c.Approve()) is None
    story.approve("ada")
    assert [d.revision for d in story.request.decisions] == [1, 2]


# ------------------------------------------------------------------------------------------------------------ repeats


def test_the_same_approval_after_the_end_is_answered_with_the_stored_one() -> None:
    """A-36, B-45"""
    story = given(ADA, asks=stages(one_of("@platform")))
    story.approve("ada", comment="first")
    stored = story.repeated("ada", c.Approve(comment="second"))
    assert stored == story.request.decisions[0]
    assert story.do("ada", c.Approve(comment="second")) == ()


def test_the_same_rejection_after_the_end_is_answered_with_the_stored_one() -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    story.reject("ada", comment="no")
    stored = story.repeated("ada", c.Reject(revision=1, stage=1))
    assert stored is not None
    assert stored.verdict is Verdict.REJECTED


def test_a_repeat_without_a_stage_finds_the_approval_that_moved_the_request_on() -> None:
    story = two_stages()
    story.do("ada", c.Approve())
    assert story.repeated("ada", c.Approve()) == story.request.decisions[0]
    story.approve("sue")
    assert story.repeated("ada", c.Approve()) == story.request.decisions[0]


def test_who_is_asked_again_in_the_next_stage_must_say_which_one_is_meant() -> None:
    """A-37"""
    story = two_stages()
    story.do("bo", c.Approve())
    assert story.repeated("bo", c.Approve()) is None
    assert story.refusal("bo", c.Approve()).word == "stale_stage"
    assert story.repeated("bo", c.Approve(stage=1)) == story.request.decisions[0]


def test_an_approval_taken_back_is_no_answer_to_the_next() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    story.withdraw("ada")
    assert story.repeated("ada", c.Approve()) is None


@pytest.mark.parametrize("command", [c.Reject(comment="no"), c.Approve(edits={"action": "less"})])
def test_the_other_verdict_after_the_end_is_refused(command: c.Command) -> None:
    """A-13, B-45, C-25"""
    story = given(ADA, asks=stages(one_of("@platform")))
    story.approve("ada")
    refusal = story.refusal("ada", command)
    assert (refusal.word, refusal.sentence) == (
        "already_decided",
        "Request #42 was already approved by Ada; nothing was changed.",
    )


def test_an_approval_after_somebody_elses_rejection_is_refused() -> None:
    """A-13, B-36, C-25"""
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.reject("bob", comment="not now")
    assert story.refusal("ada", c.Approve(revision=1, stage=1)).sentence.startswith(
        "Request #42 was already rejected by Bob"
    )


def test_a_decision_after_the_deadline_says_that_it_expired() -> None:
    """C-24"""
    story = given(ADA, asks=stages(one_of("@platform"))).wait(5 * HOUR)
    refusal = story.refusal("ada", c.Approve(revision=1, stage=1))
    assert (refusal.word, refusal.sentence) == (
        "approval_expired",
        "Request #42 expired before it was decided; create a new request.",
    )


def test_a_decision_after_it_was_cancelled_says_so() -> None:
    """A-13"""
    story = given(ADA, asks=stages(one_of("@platform")))
    story.do("rita", c.Cancel())
    assert story.refusal("ada", c.Approve(revision=1, stage=1)).word == "not_open"


def test_a_decision_is_an_approval_or_a_rejection_and_nothing_else() -> None:
    """C-04"""
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    story.reject("bob")
    assert [d.verdict for d in story.request.decisions] == [Verdict.APPROVED, Verdict.REJECTED] == list(Verdict)
