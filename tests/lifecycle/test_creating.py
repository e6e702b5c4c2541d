"""How requests and their revisions come to be."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.errors import Invalid, NotAllowed, TooSoon
from core.lifecycle import decide
from core.model import command as c
from core.model.digest import action_digest, request_digest
from core.model.people import Role, Verb
from core.model.request import Content, Cost, ExecutionStatus, Life, Outcome, Status, Subject
from tests.lifecycle.kit import (
    HOUR,
    MINUTE,
    NINE,
    PROJECT,
    agent,
    all_of,
    approvers,
    creation,
    given,
    one_of,
    person,
    some,
    somebody,
    stages,
    words,
)

ADA, BOB = person("ada", "platform"), person("bob", "platform")
SUE = person("sue", "security")
CI = agent("ci")


def test_a_request_opens_pending_with_its_first_stage() -> None:
    """B-17, B-30, D-03, E-10, E-22"""
    story = given(ADA, asks=stages(one_of("@platform")))
    assert words(story.history) == ["created", "judged", "stage_opened"]
    request = story.request
    assert (request.status, request.stage, request.revision, request.version) == (Status.PENDING, 1, 1, 3)
    assert (request.number, request.requester.key, request.created_at) == (42, "member:mem_rita", NINE)
    assert (request.decisions, request.execution, request.cause) == ((), None, None)
    assert request.id.startswith("req_")


def test_a_request_keeps_everything_it_was_asked_with() -> None:
    """B-10, B-13, B-14, B-20, E-20, E-29"""
    content = Content(
        type="merge",
        title="Merge 812",
        subject=Subject("task_attempt", "att_1", "https://ci.example.com/1"),
        description="Long",
        cost=Cost(usd=0, tokens=0),
        metadata={"filesChanged": 12, "tests": {"passed": 40}},
        if_denied="re-plan",
    )
    story = given(ADA, content=content, notify=("#deploys",), supersede_key="812")
    assert story.request.content == content
    assert story.request.original == content
    assert (story.request.notify, story.request.supersede_key) == (("#deploys",), "812")


def test_both_digests_can_be_recomputed() -> None:
    story = given(ADA)
    request = story.request
    assert request.digest == request_digest(
        request.content,
        organisation="org_acme",
        project=PROJECT,
        requester=request.requester,
        on_behalf_of=None,
        revision=1,
    )
    assert request.action_digest == action_digest(request.content, project=PROJECT)


def test_asking_needs_the_right_to_ask() -> None:
    story = somebody(person("ann", role=Role.AUDITOR), ADA)
    refusal = story.refusal("ann", creation(story, by="ann"))
    assert isinstance(refusal, NotAllowed)
    assert "ask an admin for the requester role" in refusal.sentence


def test_a_key_asks_only_with_its_verb_and_in_its_projects() -> None:
    story = somebody(ADA, machines=(CI,))
    command = creation(story, by="ci")
    assert isinstance(story.refusal("ci", command, verbs=frozenset({Verb.READ})), NotAllowed)
    assert isinstance(story.refusal("ci", command, projects=frozenset({"prj_other"})), NotAllowed)
    story.do("ci", command, projects=frozenset({PROJECT}))
    assert story.request.requester.kind == "agent"


@pytest.mark.parametrize("type", ["merge", "deploy", "custom"])
def test_a_machine_asks_for_a_person_before_its_task_merges_or_deploys(type: str) -> None:
    """B-04, B-11"""
    content = Content(type=type, title="Go on", subject=Subject("task_attempt", "att_1"))
    story = given(ADA, by="ci", machines=(CI,), content=content)
    assert (story.status(), story.request.execution) == (Status.PENDING, None)
    story.approve("ada")
    story.claim("ci")
    assert story.request.execution is not None
    assert story.request.execution.status is ExecutionStatus.EXECUTING


@pytest.mark.parametrize(
    ("acts_for", "behalf", "allowed"),
    [
        ("always", None, False),
        ("always", "mem_ada", True),
        ("sometimes", None, True),
        ("sometimes", "mem_ada", True),
        ("never", None, True),
        ("never", "mem_ada", False),
    ],
)
def test_an_agent_acts_for_a_person_as_it_was_declared(acts_for: str, behalf: str | None, allowed: bool) -> None:
    story = somebody(ADA, BOB, machines=(agent("helper", acts_for=acts_for),))
    command = creation(story, by="helper", on_behalf_of=behalf)
    if allowed:
        story.do("helper", command)
        assert story.request.on_behalf_of == behalf
    else:
        refusal = story.refusal("helper", command)
        assert isinstance(refusal, Invalid)
        assert refusal.fields["field"] == "on_behalf_of"


def test_an_agent_has_only_so_many_open_requests() -> None:
    story = somebody(ADA, machines=(CI,), settings={"open_requests_per_agent": 3})
    command = creation(story, by="ci")
    facts = story.facts("ci", command)
    with pytest.raises(TooSoon):
        decide(None, command, replace(facts, open_count=3))
    assert decide(None, command, replace(facts, open_count=2))


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=-1)])
def test_an_expiry_in_the_past_is_refused(late: timedelta) -> None:
    """B-16"""
    story = somebody(ADA)
    refusal = story.refusal("rita", creation(story, expires_at=NINE + late))
    assert (refusal.word, refusal.fields) == ("validation_error", {"field": "expires_at"})


@pytest.mark.parametrize(
    ("window", "asked", "deadline"),
    [
        (4 * HOUR, None, 4 * HOUR),
        (4 * HOUR, HOUR, HOUR),
        (4 * HOUR, 9 * HOUR, 4 * HOUR),
        (None, None, None),
        (None, 9 * HOUR, 9 * HOUR),
    ],
)
def test_an_expiry_may_shorten_the_window_never_lengthen_it(
    window: timedelta | None, asked: timedelta | None, deadline: timedelta | None
) -> None:
    """B-16, C-32, D-31, E-28"""
    expires_at = None if asked is None else NINE + asked
    story = given(ADA, settings={"reply_window": window}, expires_at=expires_at)
    assert story.request.expires_at == (None if deadline is None else NINE + deadline)


def test_the_window_is_four_hours_where_nothing_is_set() -> None:
    """E-28"""
    assert given(ADA).request.expires_at == NINE + 4 * HOUR


def test_windows_are_copied_so_that_later_changes_leave_a_running_request_alone() -> None:
    """D-30, D-31, D-35"""
    story = given(ADA, settings={"reply_window": 2 * HOUR, "execution_window": 6 * HOUR})
    story.project = replace(story.project, settings=replace(story.project.settings, execution_window=MINUTE))
    story.approve("ada")
    execution = story.request.execution
    assert execution is not None
    assert execution.window_ends_at == NINE + 6 * HOUR


@pytest.mark.parametrize(
    ("word", "status", "execution"),
    [("allow", Status.AUTO_APPROVED, ExecutionStatus.PENDING), ("deny", Status.AUTO_REJECTED, None)],
)
def test_where_nobody_is_asked_the_project_says_yes_or_no(
    word: str, status: Status, execution: ExecutionStatus | None
) -> None:
    """D-20"""
    story = given(ADA, settings={"when_no_rule": word})
    assert words(story.history) == ["created", "judged", "ended"]
    assert (story.status(), story.request.cause) == (status, "no_rule")
    assert (story.request.execution.status if story.request.execution else None) is execution


def test_named_approvers_are_asked_where_the_project_would_allow() -> None:
    story = given(ADA, asks=approvers("ada"), settings={"when_no_rule": "allow"})
    assert story.status() is Status.PENDING


@pytest.mark.parametrize(
    "asks",
    [
        stages(some(3, "@platform")),
        approvers("ada", "rita"),
        stages(one_of("@nobody")),
        approvers("ada", "gone"),
        stages(all_of("@askers")),
    ],
)
def test_what_could_never_pass_is_refused(asks: Any) -> None:
    asker = person("rita", "askers", role=Role.REQUESTER)
    story = somebody(ADA, BOB, asker, person("gone", active=False))
    refusal = story.refusal("rita", creation(story, asks))
    assert (refusal.word, refusal.fields) == ("validation_error", {"field": "approvers"})


# ------------------------------------------------------------------------------------------------------------- revising


def test_a_revision_is_judged_anew_and_keeps_number_deadline_and_conversation() -> None:
    """E-58, E-59"""
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    before = story.request
    story.approve("ada")
    question = story.ask("bob", "Which rows?")
    story.wait(HOUR).answer("rita", "Only the old ones")
    events = story.revise("rita", reasoning="Only the old rows go")
    assert words(events) == ["revised", "judged", "stage_opened"]
    after = story.request
    assert (after.id, after.number, after.expires_at) == (before.id, before.number, before.expires_at)
    assert (after.revision, after.status) == (2, Status.PENDING)
    assert [q.id for q in after.questions] == [question]
    assert after.digest != before.digest


def test_approvals_of_an_earlier_revision_stay_in_the_ledger_and_no_longer_count() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    story.revise("rita", title="Deploy 4.3")
    assert [d.life for d in story.request.decisions] == [Life.STALE]
    story.approve("bob")
    assert story.status() is Status.PENDING


def test_a_revision_answers_open_questions_and_is_pending_again() -> None:
    """E-59"""
    story = given(ADA, asks=stages(one_of("@platform")))
    story.ask("ada", "Which rows?")
    story.ask("ada", "Which table?")
    story.revise("rita", reasoning="Only old rows of the log")
    assert story.status() is Status.PENDING
    assert {q.answer for q in story.request.questions} == {"See revision 2."}


def test_a_revision_goes_back_to_the_first_stage() -> None:
    story = given(ADA, SUE, asks=stages(one_of("@platform"), one_of("@security")))
    story.approve("ada")
    story.revise("rita", title="Deploy 4.3")
    assert story.request.stage == 1


def test_a_revision_may_name_other_people_or_keep_those_named() -> None:
    story = given(ADA, SUE, asks=approvers("ada"))
    story.revise("rita", title="Deploy 4.3")
    assert story.request.named == approvers("ada")
    story.revise("rita", stages=approvers("sue"))
    assert story.request.plan.stages == approvers("sue")


def test_a_revision_fixes_all_anew() -> None:
    story = given(ADA, asks=stages(all_of("@platform")))
    story.joins(BOB)
    story.revise("rita", title="Deploy 4.3")
    assert story.request.fixed["s1r1"] == {"mem_ada", "mem_bob"}


def test_a_revision_asks_who_was_named_again_though_they_handed_over() -> None:
    story = given(ADA, SUE, asks=approvers("ada"))
    story.do("ada", c.GiveSeat("mem_sue"))
    story.revise("rita", title="Deploy 4.3")
    story.approve("ada")
    assert story.status() is Status.APPROVED


def test_a_revision_drops_edits_made_before() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.edit("ada", {"action": "deploy slowly"})
    story.revise("rita", action="deploy 4.3")
    assert (dict(story.request.edits), story.request.original.action) == ({}, "deploy 4.3")
    story.approve("ada")
    story.approve("bob")
    assert story.status() is Status.APPROVED


def test_a_revision_that_changes_nothing_is_refused() -> None:
    story = given(ADA, asks=approvers("ada"))
    assert story.refusal("rita", c.Revise(story.request.content)).word == "not_changed"


@pytest.mark.parametrize("who", ["ada", "root"])
def test_only_who_asked_may_revise(who: str) -> None:
    story = given(ADA, asks=approvers("ada"))
    assert isinstance(story.refusal(who, c.Revise(replace(story.request.content, title="x"))), NotAllowed)


def test_a_request_is_changed_five_times_an_hour_at_most() -> None:
    story = given(ADA)
    for version in range(5):
        story.wait(10 * MINUTE).revise("rita", title=f"Deploy 5.{version}")
    refusal = story.refusal("rita", c.Revise(replace(story.request.content, title="Deploy 6")))
    assert isinstance(refusal, TooSoon)
    assert refusal.retry_after == 20 * 60
    story.wait(timedelta(seconds=20 * 60)).revise("rita", title="Deploy 6")
    assert story.request.revision == 7


def test_a_closed_request_is_not_revised() -> None:
    """B-36"""
    story = given(ADA)
    story.approve("ada")
    assert story.refusal("rita", c.Revise(replace(story.request.content, title="x"))).word == "already_decided"


def test_a_revision_keeps_an_extended_deadline() -> None:
    """E-59"""
    story = given(ADA)
    story.do("root", c.Extend(NINE + 48 * HOUR))
    story.revise("rita", title="Deploy 4.3")
    assert story.request.expires_at == NINE + 48 * HOUR


def test_a_revision_judged_to_a_shorter_window_comes_nearer() -> None:
    story = given(ADA)
    story.project = replace(story.project, settings=replace(story.project.settings, reply_window=MINUTE))
    story.wait(HOUR).revise("rita", title="Deploy 4.3")
    assert story.request.expires_at == NINE + HOUR + MINUTE


def test_a_revision_judged_to_a_longer_window_stays() -> None:
    story = given(ADA)
    story.project = replace(story.project, settings=replace(story.project.settings, reply_window=None))
    story.wait(HOUR).revise("rita", title="Deploy 4.3")
    assert story.request.expires_at == NINE + 4 * HOUR


# --------------------------------------------------------------------------------------------------------- judged again


def test_judging_again_with_the_same_outcome_changes_nothing() -> None:
    story = given(ADA, asks=approvers("ada"))
    assert story.do("clock", c.Judge()) == ()


def test_judging_again_keeps_given_approvals() -> None:
    story = given(ADA, SUE, asks=stages(some(2, "@platform", "@security")))
    story.approve("ada")
    story.judged_as(stages(one_of("@platform"), one_of("@security")))
    assert (story.status(), story.request.stage) == (Status.PENDING, 2)


def test_judging_again_may_find_that_enough_have_approved() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    story.judged_as(stages(one_of("@platform")))
    assert (story.status(), story.request.cause) == (Status.APPROVED, "people")


@pytest.mark.parametrize(
    ("outcome", "status"), [(Outcome.ALLOW, Status.AUTO_APPROVED), (Outcome.DENY, Status.AUTO_REJECTED)]
)
def test_judging_again_may_end_a_request(outcome: Outcome, status: Status) -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    story.judged_as((), outcome)
    assert story.status() is status


def test_judging_again_a_closed_request_changes_nothing() -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    story.approve("ada")
    assert story.judged_as(stages(some(2, "@platform"))) == ()
