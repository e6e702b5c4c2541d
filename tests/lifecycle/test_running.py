"""Calling upon whoever acts: with the yes where the project has it so, else by somebody who may; never what is gone."""

from typing import Any

import pytest

from core.errors import Conflict, NotAllowed, NotFound
from core.lifecycle.executing import can_be_run
from core.model import command as c
from core.model import event as e
from core.model.people import Role, Verb
from core.model.request import ExecutionStatus, Outcome
from tests.lifecycle.kit import HOUR, NINE, Story, agent, given, one_of, person, person_with, stages, words

ADA, BEN, ROOT = person("ada", "platform"), person("ben", "platform"), person_with("root", Role.ADMIN)
CI, RUNNER, OTHER = agent("ci"), agent("runner"), agent("other")
RUN = c.Run()


def asked(**settings: Any) -> Story:
    machines = (CI, RUNNER, OTHER)
    return given(ADA, BEN, ROOT, asks=stages(one_of("@platform")), by="ci", machines=machines, settings=settings)


def approved(**settings: Any) -> Story:
    story = asked(**settings)
    story.approve("ada")
    return story


def called(story: Story) -> Any:
    execution = story.request.execution
    return None if execution is None else (execution.requested_at, execution.requested_by)


def test_where_the_project_has_it_so_the_last_yes_calls_upon_who_asked() -> None:
    """A-70"""
    story = asked(auto_execute=True)
    assert words(story.approve("ada"))[-2:] == ["ended", "execution_requested"]
    assert called(story) == (NINE, None)
    assert not can_be_run(story.request)


def test_elsewhere_a_yes_calls_upon_nobody() -> None:
    """A-71"""
    story = asked()
    assert words(story.approve("ada"))[-1] == "ended"
    assert called(story) == (None, None)
    assert can_be_run(story.request)


def test_only_the_last_stage_calls() -> None:
    """A-73"""
    both = stages(one_of("@platform"), one_of("@security"))
    people = (ADA, person("sue", "security"))
    story = given(*people, asks=both, by="ci", machines=(CI,), settings={"auto_execute": True})
    assert "execution_requested" not in words(story.approve("ada"))
    assert words(story.approve("sue")).count("execution_requested") == 1


def test_what_no_person_had_to_approve_is_called_for_too() -> None:
    """A-70 E-96"""
    story = asked(auto_execute=True)
    assert words(story.judged_as((), Outcome.ALLOW))[-2:] == ["ended", "execution_requested"]


def test_a_no_calls_upon_nobody() -> None:
    """C-07"""
    assert "execution_requested" not in words(asked(auto_execute=True).reject("ada"))


@pytest.mark.parametrize("who", ["ada", "root", "runner"])
def test_an_approver_an_admin_or_an_agent_with_execute_has_it_run(who: str) -> None:
    story = approved()
    (event,) = story.do(who, RUN)
    assert isinstance(event, e.ExecutionRequested)
    assert called(story) == (NINE, event.name)
    story.claim("ci")


def test_who_asked_as_a_person_has_it_run() -> None:
    story = given(ADA, person("ray", role=Role.REQUESTER), asks=stages(one_of("@platform")), by="ray", machines=(CI,))
    story.approve("ada")
    assert words(story.do("ray", RUN)) == ["execution_requested"]


def test_whoever_did_not_approve_it_does_not_have_it_run() -> None:
    assert isinstance(approved().refusal("ben", RUN), NotAllowed)
    assert isinstance(approved().refusal("other", RUN, verbs=frozenset({Verb.READ, Verb.ASK})), NotAllowed)
    assert isinstance(approved().refusal("other", RUN, verbs=frozenset()), NotFound)


def test_whoever_approved_and_left_does_not_have_it_run() -> None:
    story = approved()
    story.becomes("ada", active=False)
    assert isinstance(story.refusal("ada", RUN), NotFound)


def test_it_is_called_for_once() -> None:
    story = approved()
    story.do("ada", RUN)
    again = story.refusal("root", RUN)
    assert (again.word, "Ada already had this run" in again.sentence) == ("already_requested", True)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda story: story.do("ci", c.Discard()), "not_open"),
        (lambda story: story.do("ci", c.Supersede("req_2", 2)), "not_open"),
        (lambda story: story.wait(24 * HOUR).catch_up(), "execution_expired"),
        (lambda story: story.claim("ci"), "already_executing"),
    ],
)
def test_what_is_gone_or_taken_is_not_run(end: Any, code: str) -> None:
    """A-72"""
    story = approved()
    end(story)
    refusal = story.refusal("ada", RUN)
    assert (type(refusal), refusal.word) == (Conflict, code)
    assert not can_be_run(story.request)


def test_nothing_is_run_before_the_yes() -> None:
    assert asked().refusal("root", RUN).word == "not_open"


def test_windows_are_those_that_held_when_it_was_asked() -> None:
    """D-33"""
    story = asked(auto_execute=True, execution_window=HOUR)
    plan = story.request.plan
    assert (plan.auto_execute, plan.execution_window) == (True, HOUR)


def test_what_has_begun_may_finish_when_its_window_closes() -> None:
    """D-29"""
    story = approved(execution_window=HOUR, execution_timeout=None)
    story.claim("ci")
    assert story.wait(2 * HOUR).catch_up() == ()
    story.report("ci", ExecutionStatus.SUCCESS)
    assert story.request.execution is not None
    assert story.request.execution.status is ExecutionStatus.SUCCESS
