"""Cancel, supersede, discard, extend; and what the clock writes."""

from datetime import timedelta
from typing import Any

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from core.lifecycle import overdue
from core.model import command as c
from core.model import event as e
from core.model.people import Way
from core.model.request import ExecutionStatus, Status
from core.scheduling.deadlines import next_due, next_reminder
from tests.lifecycle.kit import HOUR, MINUTE, NINE, Story, agent, given, one_of, person, some, stages, words

ADA, BOB = person("ada", "platform"), person("bob", "platform")
SUE = person("sue", "security")
MOMENT = timedelta(microseconds=1)


def asked(**said: Any) -> Story:
    return given(ADA, BOB, SUE, asks=stages(one_of("@platform"), one_of("@security")), **said)


def approved() -> Story:
    story = given(ADA, BOB, SUE, asks=stages(one_of("@platform")))
    story.approve("ada")
    return story


@pytest.mark.parametrize(("who", "cause"), [("rita", "requester"), ("root", "admin")])
def test_who_asked_or_an_admin_cancels(who: str, cause: str) -> None:
    """B-34, B-38, D-08"""
    story = asked()
    assert words(story.do(who, c.Cancel("not needed"))) == ["ended"]
    assert (story.status(), story.request.cause) == (Status.CANCELLED, cause)
    assert story.request.execution is None


def test_whoever_ended_it_and_what_they_said_is_kept_with_it() -> None:
    cancelled, discarded, rejected, dropped, answered = asked(), asked(), asked(), approved(), approved()
    cancelled.do("root", c.Cancel("wrong branch"))
    discarded.do("rita", c.Discard())
    rejected.do("sue", c.Reject("not now", 1, 1))
    dropped.do("ada", c.Discard("the plan has changed"))
    assert [(one.request.ended_by, one.request.end_comment) for one in (cancelled, discarded, rejected, dropped)] == [
        ("Root", "wrong branch"),
        ("Rita", None),
        ("Sue", "not now"),
        ("Ada", "the plan has changed"),
    ]
    assert (answered.request.ended_by, answered.request.end_comment) == (None, None)


def test_an_agent_cancels_its_own_request() -> None:
    """B-38"""
    story = given(ADA, by="ci", machines=(agent("ci"),))
    story.do("ci", c.Cancel())
    assert story.request.cause == "requester"


def test_approvers_do_not_cancel() -> None:
    """B-38"""
    assert isinstance(asked().refusal("ada", c.Cancel()), NotAllowed)


@pytest.mark.parametrize("command", [c.Cancel(), c.Discard(), c.Extend(NINE + 5 * HOUR)])
def test_an_admin_ends_or_extends_nothing_by_a_login_that_only_reads_and_asks(command: c.Command) -> None:
    refusal = asked().refusal("root", command, way=Way.TOKEN, may_decide=False)
    assert isinstance(refusal, NotAllowed)
    assert "login deciding" in refusal.sentence
    assert words(asked().do("rita", c.Cancel(), way=Way.TOKEN, may_decide=False)) == ["ended"]


@pytest.mark.parametrize("end", ["approve", "cancel"])
def test_a_closed_request_is_not_cancelled(end: str) -> None:
    """B-38"""
    story = given(ADA, asks=stages(one_of("@platform")))
    if end == "approve":
        story.approve("ada")
    else:
        story.do("rita", c.Cancel())
    assert isinstance(story.refusal("rita", c.Cancel()), Conflict)


# ----------------------------------------------------------------------------------------------------------- supersede


def test_a_newer_request_cancels_an_older_open_one() -> None:
    story = asked()
    assert words(story.do("clock", c.Supersede("req_new", 43))) == ["superseded", "ended"]
    assert (story.status(), story.request.cause, story.request.superseded_by) == (
        Status.CANCELLED,
        "superseded",
        "req_new",
    )


def test_a_newer_request_keeps_an_older_approved_one_from_being_claimed() -> None:
    story = approved()
    story.do("clock", c.Supersede("req_new", 43))
    assert story.status() is Status.APPROVED
    refusal = story.refusal("rita", c.ReportExecution(ExecutionStatus.EXECUTING))
    assert (
        refusal.sentence
        == "This was superseded by a newer request, so it can no longer be executed; ask again where it is still wanted."
    )


def test_a_newer_request_leaves_one_already_claimed_alone() -> None:
    story = approved()
    story.claim("rita")
    assert story.do("clock", c.Supersede("req_new", 43)) == ()


def test_superseding_twice_changes_nothing_more() -> None:
    story = approved()
    story.do("clock", c.Supersede("req_new", 43))
    assert story.do("clock", c.Supersede("req_newer", 44)) == ()


def test_a_rejected_request_is_not_superseded() -> None:
    story = asked()
    story.reject("ada")
    assert story.do("clock", c.Supersede("req_new", 43)) == ()


# ------------------------------------------------------------------------------------------------------------- discard


@pytest.mark.parametrize("who", ["rita", "ada", "root"])
def test_who_asked_who_approved_or_an_admin_discards_before_the_claim(who: str) -> None:
    story = approved()
    assert words(story.do(who, c.Discard("changed our minds"))) == ["discarded"]
    assert (story.status(), story.request.discarded) == (Status.APPROVED, True)
    refusal = story.refusal("rita", c.ReportExecution(ExecutionStatus.EXECUTING))
    assert (
        refusal.sentence == "This was discarded, so it can no longer be executed; ask again where it is still wanted."
    )


def test_discarding_while_open_cancels() -> None:
    story = asked()
    assert words(story.do("rita", c.Discard())) == ["discarded", "ended"]
    assert (story.status(), story.request.cause) == (Status.CANCELLED, "discarded")


def test_somebody_asked_who_has_not_approved_does_not_discard() -> None:
    assert isinstance(approved().refusal("bob", c.Discard()), NotAllowed)


def test_nothing_is_discarded_once_claimed() -> None:
    story = approved()
    story.claim("rita")
    assert story.refusal("ada", c.Discard()).word == "already_executing"


def test_nothing_is_discarded_once_the_window_has_closed() -> None:
    story = approved().wait(24 * HOUR)
    assert story.refusal("ada", c.Discard()).word == "execution_expired"


@pytest.mark.parametrize("end", ["discard", "reject"])
def test_nothing_is_discarded_twice_or_after_a_no(end: str) -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    if end == "reject":
        story.reject("ada")
    else:
        story.approve("ada")
        story.do("rita", c.Discard())
    assert isinstance(story.refusal("rita", c.Discard()), Conflict)


# -------------------------------------------------------------------------------------------------------------- extend


def test_who_is_asked_moves_the_deadline_by_a_reply_window_at_most() -> None:
    story = asked().wait(HOUR)
    assert isinstance(story.refusal("ada", c.Extend(NINE + 5 * HOUR + MOMENT)), Invalid)
    assert words(story.do("ada", c.Extend(NINE + 5 * HOUR))) == ["extended"]
    assert story.request.expires_at == NINE + 5 * HOUR


def test_an_admin_moves_the_deadline_by_thirty_days_at_most() -> None:
    story = asked()
    refusal = story.refusal("root", c.Extend(NINE + timedelta(days=31)))
    assert refusal.sentence == "The deadline can be at most 30d from now."
    story.do("root", c.Extend(NINE + timedelta(days=30)))
    assert story.request.expires_at == NINE + timedelta(days=30)


def test_who_asked_does_not_move_the_deadline() -> None:
    assert isinstance(asked().refusal("rita", c.Extend(NINE + 5 * HOUR)), NotAllowed)


def test_the_deadline_is_only_moved_later() -> None:
    assert isinstance(asked().refusal("root", c.Extend(NINE + 4 * HOUR)), Invalid)


def test_what_has_no_deadline_is_not_extended() -> None:
    story = given(ADA, settings={"reply_window": None})
    assert story.refusal("root", c.Extend(NINE + HOUR)).word == "no_deadline"


def test_what_has_expired_is_not_extended() -> None:
    story = asked().wait(4 * HOUR)
    assert story.refusal("root", c.Extend(NINE + 8 * HOUR)).word == "approval_expired"


# -------------------------------------------------------------------------------------------------------------- expiry


def test_a_request_expires_at_its_deadline_not_before() -> None:
    """B-33, D-09, D-32, E-26"""
    story = asked().wait(4 * HOUR - MOMENT)
    assert words(story.ring()) == ["reminded"]
    assert words(story.wait(MOMENT).ring()) == ["ended"]
    assert (story.status(), story.request.cause) == (Status.EXPIRED, "nobody_answered")
    assert story.request.execution is None


def test_a_decision_at_the_very_deadline_comes_too_late() -> None:
    """C-24, C-28"""
    story = given(ADA, asks=stages(one_of("@platform"))).wait(4 * HOUR)
    assert story.refusal("ada", c.Approve()).word == "approval_expired"
    assert story.status() is Status.EXPIRED


def test_a_decision_a_moment_before_the_deadline_counts() -> None:
    """C-28"""
    story = given(ADA, asks=stages(one_of("@platform"))).wait(4 * HOUR - MOMENT)
    story.approve("ada")
    assert story.status() is Status.APPROVED


def test_a_request_that_expires_with_an_open_question_says_so() -> None:
    """E-60"""
    story = asked()
    story.ask("ada", "Which rows?")
    story.wait(4 * HOUR).catch_up()
    assert story.request.cause == "question_unanswered"


def test_a_timeout_is_nobodys_refusal() -> None:
    """E-26"""
    story = asked()
    story.approve("ada")
    story.wait(4 * HOUR).catch_up()
    assert [d.verdict.value for d in story.request.decisions] == ["approved"]


def test_a_final_request_is_never_overdue_again() -> None:
    """D-11"""
    story = asked().wait(4 * HOUR)
    story.catch_up()
    assert overdue(story.request, NINE + timedelta(days=400)) == ()
    assert next_due(story.request) is None


def test_what_has_no_deadline_never_expires() -> None:
    """D-34"""
    story = given(ADA, settings={"reply_window": None, "remind": ()})
    assert next_due(story.request) is None
    assert story.wait(timedelta(days=999)).catch_up() == ()


# ----------------------------------------------------------------------------------------------------------- reminders


def test_reminders_climb_their_ladder_from_the_opening_of_the_stage() -> None:
    story = asked(settings={"remind": (HOUR, 2 * HOUR)})
    assert next_reminder(story.request) == NINE + HOUR
    assert story.wait(HOUR - MOMENT).ring() == ()
    assert words(story.wait(MOMENT).ring()) == ["reminded"]
    assert story.ring() == ()
    story.wait(30 * MINUTE).approve("ada")
    assert next_reminder(story.request) == NINE + 2 * HOUR + 30 * MINUTE


def test_reminders_missed_in_an_outage_are_one() -> None:
    story = asked(settings={"remind": (30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR)}).wait(2 * HOUR + MINUTE)
    (reminded,) = story.ring()
    assert isinstance(reminded, e.Reminded)
    assert (reminded.rung, reminded.by_hand) == (3, False)
    assert next_reminder(story.request) == NINE + 3 * HOUR
    assert story.ring() == ()


def test_a_ladder_written_in_disorder_is_climbed_in_order() -> None:
    story = asked(settings={"remind": (2 * HOUR, HOUR)})
    assert next_reminder(story.request) == NINE + HOUR


def test_no_reminder_comes_at_or_after_the_deadline() -> None:
    story = asked(settings={"remind": (4 * HOUR, 5 * HOUR)})
    assert next_reminder(story.request) is None
    assert words(story.wait(5 * HOUR).ring()) == ["ended"]


def test_what_falls_due_next_is_the_earliest_of_all() -> None:
    """B-39"""
    story = asked()
    assert next_due(story.request) == NINE + HOUR
    story.wait(HOUR).ring()
    assert next_due(story.request) == NINE + 4 * HOUR


def test_ringing_leaves_nothing_due() -> None:
    story = asked(settings={"remind": (HOUR, 2 * HOUR, 3 * HOUR)})
    while (due := next_due(story.request)) is not None:
        story.now = due
        assert story.ring()
    assert story.status() is Status.EXPIRED


def test_two_of_a_group_are_still_asked_after_one_approved() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    assert [source.label for source in story.standing.waiting_on] == ["@platform"]
