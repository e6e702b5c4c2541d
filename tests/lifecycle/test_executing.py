"""After the yes: one claim on exactly what was approved, inside the window, and its report."""

from datetime import timedelta
from typing import Any

import pytest

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.model import command as c
from core.model.people import Role, Verb
from core.model.request import ExecutionStatus, Status
from core.scheduling.deadlines import next_due
from tests.lifecycle.kit import HOUR, MINUTE, NINE, Story, agent, given, one_of, person, stages, words

ADA = person("ada", "platform")
CI, RUNNER, OTHER = agent("ci"), agent("runner"), agent("other")
MOMENT = timedelta(microseconds=1)
CLAIM = c.ReportExecution(ExecutionStatus.EXECUTING)


def approved(**settings: Any) -> Story:
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(CI, RUNNER, OTHER), settings=settings)
    story.approve("ada")
    return story


def state(story: Story) -> ExecutionStatus | None:
    """A function, since it changes between two looks."""
    return story.request.execution.status if story.request.execution else None


def test_a_yes_hands_over_and_opens_the_window() -> None:
    """D-20, D-21, D-33"""
    story = approved(execution_window=6 * HOUR)
    execution = story.request.execution
    assert execution is not None
    assert (execution.status, execution.window_ends_at) == (ExecutionStatus.PENDING, NINE + 6 * HOUR)
    assert next_due(story.request) == NINE + 6 * HOUR


def test_a_request_is_followed_from_its_first_moment_over_the_decision_to_the_execution() -> None:
    """D-02"""
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(CI,))
    assert (story.status(), state(story)) == (Status.PENDING, None)
    story.approve("ada")
    assert (story.status(), state(story)) == (Status.APPROVED, ExecutionStatus.PENDING)
    story.claim("ci")
    assert (story.status(), state(story)) == (Status.APPROVED, ExecutionStatus.EXECUTING)
    story.report("ci", ExecutionStatus.SUCCESS)
    assert (story.status(), state(story)) == (Status.APPROVED, ExecutionStatus.SUCCESS)
    assert [one.name for one in story.request.decisions] == ["Ada"]
    kept = [word for word in words(story.history) if word not in ("judged", "stage_opened", "stage_passed")]
    assert kept == ["created", "decision_recorded", "ended", "execution_started", "execution_succeeded"]


def test_before_the_yes_there_is_nothing_to_execute() -> None:
    """D-26"""
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(CI,))
    assert state(story) is None
    assert story.refusal("ci", CLAIM).word == "not_open"


@pytest.mark.parametrize("end", ["reject", "cancel", "expire"])
def test_after_a_no_there_is_nothing_to_execute(end: str) -> None:
    """D-26"""
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(CI,))
    match end:
        case "reject":
            story.reject("ada")
        case "cancel":
            story.do("ci", c.Cancel())
        case _:
            story.wait(4 * HOUR).catch_up()
    assert state(story) is None
    assert story.refusal("ci", CLAIM).word == "not_open"


@pytest.mark.parametrize("outcome", [ExecutionStatus.SUCCESS, ExecutionStatus.FAILED])
def test_it_is_claimed_then_reported(outcome: ExecutionStatus) -> None:
    """D-22, D-23, D-24, D-27, D-41, E-41"""
    story = approved()
    assert words(story.claim("ci", detail="step 1 of 3")) == ["execution_started"]
    execution = story.request.execution
    assert execution is not None
    assert (execution.status, execution.claimed_by, execution.detail) == (
        ExecutionStatus.EXECUTING,
        "agent:agt_ci",
        "step 1 of 3",
    )
    story.wait(MINUTE).report("ci", outcome, detail="done")
    assert (state(story), story.status()) == (outcome, Status.APPROVED)
    finished = story.request.execution
    assert finished is not None
    assert (finished.finished_at, finished.detail) == (NINE + MINUTE, "done")


def test_it_is_claimed_once_only() -> None:
    """C-29"""
    story = approved()
    story.claim("ci")
    assert story.refusal("ci", CLAIM).word == "already_executing"
    assert story.refusal("runner", CLAIM).word == "already_executing"
    story.report("ci", ExecutionStatus.SUCCESS)
    assert story.refusal("ci", CLAIM).word == "already_executing"


def test_an_agent_with_execute_may_claim_anothers() -> None:
    story = approved()
    story.claim("runner")
    assert story.request.execution is not None
    assert story.request.execution.claimed_by == "agent:agt_runner"


@pytest.mark.parametrize("verbs", [frozenset({Verb.READ}), frozenset({Verb.READ, Verb.ASK})])
def test_an_agent_without_execute_does_not(verbs: frozenset[Verb]) -> None:
    assert isinstance(approved().refusal("other", CLAIM, verbs=verbs), NotAllowed)


def test_an_agent_that_may_not_even_read_finds_nothing() -> None:
    assert isinstance(approved().refusal("other", CLAIM, verbs=frozenset({Verb.ASK})), NotFound)


def test_an_approver_does_not_execute() -> None:
    assert isinstance(approved().refusal("ada", CLAIM), NotAllowed)


def test_who_asked_may_execute_without_a_role_for_it() -> None:
    story = given(ADA, person("ray", role=Role.REQUESTER), asks=stages(one_of("@platform")), by="ray")
    story.approve("ada")
    story.claim("ray")
    assert state(story) is ExecutionStatus.EXECUTING


def test_a_suspended_agent_does_not_claim() -> None:
    story = approved()
    story.agents["ci"] = agent("ci", suspended=True)
    assert isinstance(story.refusal("ci", CLAIM), NotFound)


def test_what_is_claimed_must_be_what_was_approved() -> None:
    story = approved()
    refusal = story.refusal("ci", c.ReportExecution(ExecutionStatus.EXECUTING, action_digest="0" * 64))
    assert (refusal.word, refusal.fields["action_digest"]) == ("action_changed", story.request.action_digest)
    story.claim("ci", action_digest=story.request.action_digest)
    assert state(story) is ExecutionStatus.EXECUTING


def test_it_is_claimed_a_moment_before_the_window_closes() -> None:
    """D-28"""
    story = approved().wait(24 * HOUR - MOMENT)
    story.claim("ci")
    assert state(story) is ExecutionStatus.EXECUTING


def test_when_the_window_closes_it_can_no_longer_be_claimed_and_the_request_stays_approved() -> None:
    """D-25, D-27, D-28, D-33"""
    story = approved().wait(24 * HOUR)
    assert story.refusal("ci", CLAIM).word == "execution_expired"
    assert (state(story), story.status()) == (ExecutionStatus.EXPIRED, Status.APPROVED)


def test_a_window_that_closes_while_executing_lets_it_finish() -> None:
    story = approved(execution_timeout=None).wait(24 * HOUR - MOMENT)
    story.claim("ci")
    story.wait(HOUR).report("ci", ExecutionStatus.SUCCESS)
    assert state(story) is ExecutionStatus.SUCCESS


def test_no_report_in_time_is_a_failure() -> None:
    story = approved(execution_timeout=10 * MINUTE)
    story.claim("ci")
    assert story.wait(10 * MINUTE - MOMENT).ring() == ()
    assert words(story.wait(MOMENT).ring()) == ["execution_failed"]
    execution = story.request.execution
    assert execution is not None
    assert execution.detail == "No report within 10m."
    assert story.refusal("ci", c.ReportExecution(ExecutionStatus.SUCCESS)).word == "not_executing"


def test_without_a_window_a_yes_never_expires() -> None:
    """D-34"""
    story = approved(execution_window=None)
    assert next_due(story.request) is None
    story.wait(timedelta(days=365)).claim("ci")
    assert state(story) is ExecutionStatus.EXECUTING


def test_nobody_reports_without_a_claim() -> None:
    """D-27"""
    assert approved().refusal("ci", c.ReportExecution(ExecutionStatus.SUCCESS)).word == "not_executing"


@pytest.mark.parametrize("ended", [ExecutionStatus.SUCCESS, ExecutionStatus.FAILED])
def test_who_reports_once_more_hears_how_it_ended_and_not_to_claim_it(ended: ExecutionStatus) -> None:
    story = approved()
    story.claim("ci")
    story.report("ci", ended)
    refusal = story.refusal("ci", c.ReportExecution(ExecutionStatus.FAILED))
    assert refusal.word == "not_executing"
    assert f"ended as {ended.value}" in refusal.sentence


def test_who_reports_after_the_window_without_a_claim_hears_that_it_has_closed() -> None:
    refusal = approved().wait(24 * HOUR).refusal("ci", c.ReportExecution(ExecutionStatus.SUCCESS))
    assert refusal.word == "execution_expired"


def test_only_who_claimed_reports() -> None:
    story = approved()
    story.claim("runner")
    assert isinstance(story.refusal("ci", c.ReportExecution(ExecutionStatus.SUCCESS)), NotAllowed)
    story.report("runner", ExecutionStatus.SUCCESS)
    assert isinstance(story.refusal("ci", c.ReportExecution(ExecutionStatus.FAILED)), NotAllowed)
    assert isinstance(story.refusal("runner", c.ReportExecution(ExecutionStatus.FAILED)), Conflict)


@pytest.mark.parametrize("status", [ExecutionStatus.PENDING, ExecutionStatus.EXPIRED])
def test_nothing_else_can_be_reported(status: ExecutionStatus) -> None:
    assert isinstance(approved().refusal("ci", c.ReportExecution(status)), Invalid)


def test_an_endless_detail_is_refused() -> None:
    command = c.ReportExecution(ExecutionStatus.EXECUTING, detail="x" * 2001)
    assert isinstance(approved().refusal("ci", command), Invalid)
