"""Who may do what to a request, and in which order no is said."""

from dataclasses import replace

import pytest

from core.errors import ApprovalError, Conflict, Invalid, NotAllowed, NotFound
from core.model import command as c
from core.model.people import Role, Verb, Way
from core.model.request import ExecutionStatus, Life, Stage, Status
from core.standing import waiting_principals
from tests.lifecycle.kit import (
    HOUR,
    Story,
    agent,
    all_of,
    approvers,
    given,
    one_of,
    person,
    some,
    stages,
    words,
)

ADA, BOB = person("ada", "platform"), person("bob", "platform")
SUE = person("sue", "security")
CI = agent("ci")
DECISIONS = [c.Approve(revision=1, stage=1), c.Reject(comment="no", revision=1, stage=1)]


def by_ada() -> Story:
    return given(ADA, BOB, SUE, asks=stages(one_of("@platform")))


# ------------------------------------------------------------------------------------------------------------- deciding


@pytest.mark.parametrize("command", [*DECISIONS, c.Ask("why?"), c.GiveSeat("mem_bob")])
def test_an_agent_never_decides(command: c.Command) -> None:
    """A-16, A-17, A-25"""
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(CI,))
    refusal = story.refusal("ci", command, verbs=frozenset(Verb), may_decide=True)
    assert (refusal.word, refusal.sentence) == (
        "key_cannot_decide",
        "An API key belongs to a machine and can never decide; a person must do it in Slack.",
    )


@pytest.mark.parametrize("command", DECISIONS)
def test_deciding_needs_the_right_to_approve(command: c.Command) -> None:
    """A-14, A-15, A-25, C-03, C-22"""
    story = given(person("ann", "platform", role=Role.AUDITOR), ADA, asks=stages(one_of("@platform")))
    refusal = story.refusal("ann", command)
    assert isinstance(refusal, NotAllowed)
    assert refusal.sentence == "You may not approve in project payments; ask an admin for the approver role."


@pytest.mark.parametrize("command", [*DECISIONS, c.Ask("why?")])
def test_who_asks_does_not_decide(command: c.Command) -> None:
    story = given(ADA, person("ray", "platform"), asks=stages(one_of("@platform")), by="ray")
    assert story.refusal("ray", command).word == "own_request"


@pytest.mark.parametrize("command", DECISIONS)
def test_whom_an_agent_acts_for_does_not_decide(command: c.Command) -> None:
    helper = agent("helper", acts_for="always")
    story = given(ADA, BOB, asks=stages(one_of("@platform")), by="helper", machines=(helper,), on_behalf_of="mem_ada")
    assert story.refusal("ada", command).word == "own_request"


def test_a_project_may_allow_self_approval() -> None:
    ray = person("ray", "platform")
    story = given(ray, asks=stages(one_of("@platform")), by="ray", settings={"self_approval": True})
    story.approve("ray")
    assert story.status() is Status.APPROVED


@pytest.mark.parametrize("command", DECISIONS)
def test_a_token_without_the_right_does_not_decide(command: c.Command) -> None:
    refusal = by_ada().refusal("ada", command, way=Way.TOKEN, may_decide=False)
    assert refusal.word == "forbidden"
    assert refusal.sentence.endswith("log in again with the code that /countersign login deciding shows there.")


def test_a_token_without_the_right_may_ask_a_question() -> None:
    story = by_ada()
    story.do("ada", c.Ask("Which database?"), way=Way.TOKEN, may_decide=False)
    assert story.status() is Status.ASKED_QUESTION


@pytest.mark.parametrize("command", DECISIONS)
def test_a_project_may_want_decisions_in_slack_alone(command: c.Command) -> None:
    story = given(ADA, asks=stages(one_of("@platform")), settings={"decide_in": frozenset({"slack"})})
    assert story.refusal("ada", command, way=Way.TOKEN).word == "forbidden"


def test_a_token_with_the_right_decides() -> None:
    """A-64"""
    story = by_ada()
    story.do("ada", c.Approve(), way=Way.TOKEN)
    assert story.request.decisions[0].way is Way.TOKEN


@pytest.mark.parametrize("command", DECISIONS)
def test_somebody_deactivated_does_not_decide(command: c.Command) -> None:
    story = by_ada()
    story.becomes("ada", active=False)
    assert isinstance(story.refusal("ada", command), NotFound)


def test_somebody_unlinked_is_told_how_to_be_linked() -> None:
    """A-63"""
    refusal = by_ada().refusal("ada", c.Approve(), kind="stranger", id="T1/U9")
    assert refusal.word == "not_mapped"
    assert refusal.sentence == (
        "You are not linked to a member of this organisation yet, so nothing was changed. "
        "Ask an admin to add your e-mail address, then click again."
    )


@pytest.mark.parametrize("in_stage", [1, 2])
def test_one_rejection_in_any_stage_ends_a_request(in_stage: int) -> None:
    """A-22, A-23, A-24, B-32, B-36, D-07, E-25, E-50, E-52"""
    story = given(ADA, SUE, asks=stages(one_of("@platform"), one_of("@security")))
    if in_stage == 2:
        story.approve("ada")
    events = story.reject("sue", comment="not on a Friday")
    assert words(events) == ["decision_recorded", "ended"]
    assert (story.status(), story.request.cause) == (Status.REJECTED, "people")
    assert story.request.decisions[-1].comment == "not on a Friday"
    assert story.request.execution is None


def test_anybody_named_may_reject_also_when_their_requirement_is_met() -> None:
    story = given(ADA, BOB, SUE, asks=stages((one_of("@platform"), one_of("@security"))))
    story.approve("ada")
    story.reject("bob")
    assert story.status() is Status.REJECTED


def test_who_approved_may_still_reject_while_the_request_is_open() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    story.approve("ada")
    story.reject("ada", comment="I was wrong")
    assert story.status() is Status.REJECTED


def test_a_reason_is_not_needed_unless_the_project_says_so() -> None:
    """A-26, E-50"""
    story = by_ada()
    story.reject("ada")
    assert story.status() is Status.REJECTED


@pytest.mark.parametrize("comment", [None, "", "  "])
def test_a_reason_is_needed_where_the_project_says_so(comment: str | None) -> None:
    """A-26"""
    story = given(ADA, asks=stages(one_of("@platform")), settings={"comment_on_reject": True})
    refusal = story.refusal("ada", c.Reject(comment=comment))
    assert isinstance(refusal, Invalid)
    assert refusal.fields == {"field": "comment"}


# ------------------------------------------------------------------------------------------------------------- reading


def test_who_may_neither_read_nor_decide_finds_nothing() -> None:
    """A-18, B-22, C-23"""
    story = given(ADA, person("nick", role=Role.REQUESTER), asks=stages(one_of("@platform")))
    assert isinstance(story.refusal("nick", c.Comment("hello")), NotFound)


def test_who_is_named_may_read_without_the_verb() -> None:
    story = given(ADA, person("nick", "platform", role=Role.REQUESTER), asks=stages(one_of("@platform")))
    assert words(story.do("nick", c.Comment("hello"))) == ["commented"]


def test_another_agent_finds_nothing() -> None:
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(CI, agent("other")))
    assert isinstance(story.refusal("other", c.Cancel(), verbs=frozenset({Verb.ASK})), NotFound)


def test_a_key_for_another_project_finds_nothing() -> None:
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(CI,))
    assert isinstance(story.refusal("ci", c.Cancel(), projects=frozenset({"prj_other"})), NotFound)


@pytest.mark.parametrize("command", [c.Cancel(), c.Answer("yes"), c.Discard(), c.Revise(given(ADA).request.content)])
def test_a_key_without_ask_changes_nothing_of_its_own_requests(command: c.Command) -> None:
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(CI,))
    assert isinstance(story.refusal("ci", command, verbs=frozenset({Verb.READ})), NotAllowed)


def test_a_suspended_agent_finds_nothing() -> None:
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(CI,))
    story.agents["ci"] = agent("ci", suspended=True)
    assert isinstance(story.refusal("ci", c.Cancel()), NotFound)


def test_a_deactivated_requester_finds_nothing() -> None:
    story = by_ada()
    story.becomes("rita", active=False)
    assert isinstance(story.refusal("rita", c.Cancel()), NotFound)


# --------------------------------------------------------------------------------------------------- order of refusals


def closed() -> Story:
    story = given(ADA, SUE, asks=stages(one_of("@platform")), settings={"comment_on_reject": True})
    story.approve("ada")
    return story


@pytest.mark.parametrize(
    ("who", "command", "kind"),
    [
        ("sue", c.Reject(), NotAllowed),
        ("ada", c.Reject(), Invalid),
        ("ada", c.Reject(comment="no"), Conflict),
        ("ada", c.Approve(edits={}), Invalid),
        ("ada", c.Approve(edits={"id": "x"}), Invalid),
        ("sue", c.Approve(edits={}), NotAllowed),
        ("sue", c.Ask(""), NotAllowed),
        ("ada", c.Ask(""), Invalid),
        ("ada", c.Ask("why?"), Conflict),
        ("ada", c.Answer(""), NotAllowed),
        ("rita", c.Answer(""), Invalid),
        ("rita", c.Answer("so"), Conflict),
        ("ada", c.Cancel(), NotAllowed),
        ("rita", c.Cancel(), Conflict),
        ("sue", c.GiveSeat("nobody"), NotAllowed),
        ("ada", c.GiveSeat("nobody"), Invalid),
        ("sue", c.ReportExecution(ExecutionStatus.PENDING), NotAllowed),
        ("rita", c.ReportExecution(ExecutionStatus.PENDING), Invalid),
        ("rita", c.ReportExecution(ExecutionStatus.SUCCESS), Conflict),
    ],
)
def test_no_is_said_in_one_order(who: str, command: c.Command, kind: type[ApprovalError]) -> None:
    """C-26"""
    assert type(closed().refusal(who, command)) is kind


def test_what_is_over_names_who_brought_it_about_and_not_who_took_their_yes_back() -> None:
    story = given(ADA, BOB, SUE, asks=stages(some(2, "@platform")))
    story.approve("ada")
    story.approve("bob")
    back = replace(story.request.decisions[1], life=Life.WITHDRAWN)
    story._request = replace(story.request, decisions=(story.request.decisions[0], back))  # a check passed last
    refusal = story.refusal("ada", c.Reject("late", revision=1, stage=1))
    assert refusal.sentence == "Request #42 was already approved by Ada; nothing was changed."


# ------------------------------------------------------------------------------------------------------------ hand over


def test_a_seat_is_handed_over_to_somebody_who_may_approve() -> None:
    story = given(ADA, SUE, asks=approvers("ada"))
    assert words(story.do("ada", c.GiveSeat("mem_sue"))) == ["handed_over"]
    assert waiting_principals(story.request) == {"member:mem_sue"}
    story.approve("sue")
    assert story.status() is Status.APPROVED
    assert story.request.decisions[0].seats == ("Ada",)


def test_who_handed_the_seat_over_no_longer_decides() -> None:
    story = given(ADA, SUE, asks=approvers("ada"))
    story.do("ada", c.GiveSeat("mem_sue"))
    assert story.refusal("ada", c.Approve(revision=1, stage=1)).word == "not_an_approver"


def test_a_groups_seat_is_handed_over_and_used_once() -> None:
    story = given(ADA, BOB, SUE, asks=stages(some(2, "@platform")))
    story.do("ada", c.GiveSeat("mem_sue"))
    story.approve("sue")
    assert story.status() is Status.PENDING
    assert story.refusal("ada", c.Approve(revision=1, stage=1)).word == "not_an_approver"
    story.approve("bob")
    assert story.status() is Status.APPROVED


def test_a_seat_handed_on_is_used_by_the_last_one_only() -> None:
    story = given(ADA, BOB, SUE, person("tom"), asks=approvers("ada", "bob"))
    story.do("ada", c.GiveSeat("mem_sue"))
    story.do("sue", c.GiveSeat("mem_tom"))
    assert waiting_principals(story.request) == {"member:mem_tom", "member:mem_bob"}
    assert story.refusal("sue", c.Approve(revision=1, stage=1)).word == "not_an_approver"
    story.approve("tom")
    story.approve("bob")
    assert story.status() is Status.APPROVED


def test_a_seat_comes_back_to_who_gave_it() -> None:
    story = given(ADA, SUE, asks=approvers("ada"))
    story.do("ada", c.GiveSeat("mem_sue"))
    story.do("sue", c.GiveSeat("mem_ada"))
    assert waiting_principals(story.request) == {"member:mem_ada"}
    story.approve("ada")
    assert story.status() is Status.APPROVED


@pytest.mark.parametrize("asks", [approvers("ada", "bob"), stages(all_of("@platform")), stages(some(2, "@platform"))])
def test_a_seat_is_not_handed_to_somebody_needed_beside_it(asks: tuple[Stage, ...]) -> None:
    story = given(ADA, BOB, asks=asks)
    refusal = story.refusal("ada", c.GiveSeat("mem_bob"))
    assert refusal.sentence == "Bob is needed here too, and one person counts once; name somebody else."


def test_a_seat_that_comes_home_by_way_of_others_is_waited_for_at_home() -> None:
    """B-44"""
    story = given(ADA, BOB, SUE, person("sam"), asks=stages(one_of("ada"), one_of("sam")))
    for giver, taker in (("sam", "sue"), ("ada", "bob"), ("sue", "ada"), ("bob", "sue")):
        story.do(giver, c.GiveSeat(f"mem_{taker}"))
    assert waiting_principals(story.request) == {"member:mem_sue"}
    story.do("sue", c.GiveSeat("mem_ada"))
    assert waiting_principals(story.request) == {"member:mem_ada"}


def test_a_seat_is_not_handed_to_who_asked() -> None:
    ray = person("ray")
    story = given(ADA, ray, asks=approvers("ada"), by="ray")
    refusal = story.refusal("ada", c.GiveSeat("mem_ray"))
    assert refusal.sentence == "Ray asked for this, so they cannot decide it; name somebody else."


def test_a_seat_is_not_handed_to_who_may_not_approve() -> None:
    story = given(ADA, person("ann", role=Role.AUDITOR), asks=approvers("ada"))
    assert isinstance(story.refusal("ada", c.GiveSeat("mem_ann")), NotAllowed)


@pytest.mark.parametrize("taker", ["mem_ada", "mem_gone", "mem_nobody"])
def test_a_seat_is_not_handed_to_oneself_or_nobody(taker: str) -> None:
    story = given(ADA, person("gone", active=False), asks=approvers("ada"))
    assert isinstance(story.refusal("ada", c.GiveSeat(taker)), Invalid)


def test_a_seat_already_used_is_not_handed_over() -> None:
    story = given(ADA, BOB, SUE, asks=stages(some(2, "@platform")))
    story.approve("ada")
    assert isinstance(story.refusal("ada", c.GiveSeat("mem_sue")), Conflict)


def test_a_seat_in_a_closed_request_is_not_handed_over() -> None:
    story = given(ADA, SUE, asks=approvers("ada")).wait(4 * HOUR)
    assert story.refusal("ada", c.GiveSeat("mem_sue")).word == "approval_expired"
