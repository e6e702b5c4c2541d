"""Break-glass: who may, what it meets and never meets, and the review it owes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import ApprovalError, Conflict, Invalid, NotAllowed
from core.lifecycle import decide, fold
from core.lifecycle.checking import checks_of
from core.model import command as c
from core.model import event as e
from core.model.change import PREFIX
from core.model.emergency import REVIEW_WITHIN, Finding, Review
from core.model.people import Role, Way
from core.model.request import Content, ExecutionStatus, Stage, Status
from core.model.requirement import Report
from core.notices import how_it_ended, told
from core.requirements.any_of import AnyOf
from core.requirements.approvals import Approvals
from core.requirements.check import Check
from core.scheduling.deadlines import next_due
from core.standing import stand, votes_of, waiting_principals
from tests.lifecycle.kit import (
    NINE,
    Story,
    agent,
    all_of,
    given,
    one_of,
    person,
    person_with,
    some,
    source,
    stages,
    words,
)

ADA, BOB = person("ada", "platform"), person("bob", "platform")
EVE, RITA = person("eve", role=Role.BREAK_GLASS), person_with("rita", Role.REQUESTER, Role.BREAK_GLASS)
BREAK = c.BreakGlass("The site is down.")
FOUND = c.CloseReview(Finding.JUSTIFIED, "The logs agree.")
MINUTE = timedelta(minutes=1)


def burning(*asks: object, **said: object) -> Story:
    """Rita asks, and may break the glass herself; so may Eve."""
    wanted = asks or (some(2, "@platform"), all_of("ada", "bob"))
    return given(ADA, BOB, EVE, RITA, asks=stages(*wanted), machines=(agent("ci"),), **said)  # type: ignore[arg-type]


def checked(state: str | None) -> Story:
    """A check stands beside people; it has said this much."""
    story = burning()
    people = Approvals("s1r1", 1, (source("@platform"),))
    story.judged_as((Stage(1, "Both", (people, Check("s1r2", "ci"))),))
    if state is not None:
        story._fold((e.CheckReported(story.now, "ci", Report(state, 1, story.now)),))
    return story


@pytest.mark.parametrize("who", ["eve", "rita"])
def test_one_named_for_it_decides_alone_whoever_asked(who: str) -> None:
    story = burning()
    events = story.do(who, BREAK)
    assert words(events) == ["glass_broken", "stage_passed", "stage_passed", "ended"]
    assert (story.status(), story.request.cause) == (Status.APPROVED, "break_glass")
    assert how_it_ended(story.request) == f"EMERGENCY: {who.title()} broke the glass: The site is down."


def test_it_is_never_counted_as_an_approval() -> None:
    story = burning()
    story.do("eve", BREAK)
    assert story.request.decisions == ()
    assert votes_of(story.request, 1) == ()
    first = stand(story.request).stages[0].results[0]
    assert (first.met, first.have, first.by) == (True, 0, ())
    assert first.sentence == "2 of @platform: not asked, Eve broke the glass"
    assert not waiting_principals(story.request)


@pytest.mark.parametrize("who", ["ada", "root", "ci", "nobody"])
def test_nobody_else_may_not_even_an_admin(who: str) -> None:
    story = burning()
    assert isinstance(story.refusal(who, BREAK), ApprovalError)
    assert story.request.glasses == ()


def test_a_machine_can_never_break_it() -> None:
    story = burning(by="ci")
    assert story.refusal("ci", BREAK).word == "key_cannot_decide"


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 3_001])
def test_a_reason_is_required(reason: str) -> None:
    assert isinstance(burning().refusal("eve", c.BreakGlass(reason)), Invalid)


def test_a_way_that_may_not_decide_may_not_break_it() -> None:
    story = burning()
    assert isinstance(story.refusal("eve", BREAK, may_decide=False, way=Way.TOKEN), NotAllowed)


def test_it_binds_to_the_revision_that_was_seen() -> None:
    story = burning()
    story.revise("rita", title="Deploy 4.3")
    assert story.refusal("eve", c.BreakGlass("Down.", revision=1)).word == "stale_revision"
    assert story.refusal("eve", BREAK).word == "stale_revision"
    story.do("eve", c.BreakGlass("Down.", revision=2))
    assert story.status() is Status.APPROVED


def test_the_same_again_is_the_same_and_another_is_late() -> None:
    story = burning()
    story.do("eve", BREAK)
    assert story.do("eve", BREAK) == ()
    assert story.refusal("rita", BREAK).word == "already_decided"


def test_a_change_under_four_eyes_cannot_be_broken() -> None:
    story = burning()
    story._request = replace(story.request, content=Content(type=f"{PREFIX}rules", title="x"))
    assert story.refusal("eve", BREAK).word == "is_a_change"


def test_a_failed_check_is_not_gone_past() -> None:
    story = checked("failed")
    assert story.refusal("eve", BREAK).word == "check_failed"


@pytest.mark.parametrize("state", [None, "pending"])
def test_a_check_that_has_not_passed_is_waited_for_all_the_same(state: str | None) -> None:
    story = checked(state)
    assert words(story.do("eve", BREAK)) == ["glass_broken"]
    assert story.status() is Status.PENDING
    assert checks_of(story.request) == {"ci"}
    assert story.refusal("rita", BREAK).word == "already_broken"
    passed = e.CheckReported(story.now, "ci", Report("passed", 1, story.now))
    assert stand(fold(story.request, (passed,))).first_unmet is None


def test_a_revision_after_it_needs_people_again() -> None:
    story = checked(None)
    story.do("eve", BREAK)
    story.revise("rita", title="Deploy 4.3")
    assert story.request.glass is None
    assert story.request.owed_reviews
    assert waiting_principals(story.request)


def test_a_choice_is_met_where_one_way_asks_people_and_not_where_all_are_checks() -> None:
    people, check = Approvals("a", 2, (source("@platform"),)), Check("b", "ci")
    story = burning()
    story.judged_as((Stage(1, "One", (AnyOf("s1r1", (people, check)),)),))
    story.do("eve", BREAK)
    assert story.status() is Status.APPROVED
    other = burning()
    other.judged_as((Stage(1, "One", (AnyOf("s1r1", (check, Check("c", "scan"))),)),))
    other.do("eve", BREAK)
    assert other.status() is Status.PENDING


def test_an_open_review_blocks_the_next_one() -> None:
    story = burning()
    owed = Review("gls_1", "org_acme", "prj_pay", "req_1", 7, "mem_eve", "Eve", NINE, NINE + REVIEW_WITHIN)
    with pytest.raises(Conflict, match="#7 still waits for its review") as caught:
        decide(story.request, BREAK, replace(story.facts("eve", BREAK), owed=owed))
    assert caught.value.word == "review_open"


# ------------------------------------------------------------------------------------------------------------- review


def broken(**said: object) -> Story:
    story = burning(**said)
    story.do("eve", BREAK)
    return story


def test_the_review_is_opened_with_a_deadline_and_closed_by_another_person() -> None:
    story = broken()
    assert [glass.review_by for glass in story.request.owed_reviews] == [NINE + REVIEW_WITHIN]
    assert words(story.do("ada", FOUND)) == ["review_closed"]
    (glass,) = story.request.glasses
    assert (glass.reviewed_by, glass.finding, glass.remark) == ("mem_ada", Finding.JUSTIFIED, "The logs agree.")
    assert (story.request.owed_reviews, story.status()) == ((), Status.APPROVED)


@pytest.mark.parametrize("who", ["eve", "rita"])
def test_neither_who_broke_it_nor_who_asked_reviews(who: str) -> None:
    story = broken()
    story.joins(person_with(who, Role.APPROVER, Role.ADMIN, Role.BREAK_GLASS))
    assert story.refusal(who, FOUND).word == "own_request"


def test_whoever_may_neither_approve_nor_manage_does_not_review() -> None:
    story = broken()
    story.joins(person("nina", role=Role.AUDITOR))
    assert story.refusal("nina", FOUND).word == "not_an_approver"


def test_a_review_is_closed_once() -> None:
    story = broken()
    story.do("ada", FOUND)
    assert story.do("ada", FOUND) == ()
    assert story.refusal("bob", FOUND).word == "already_decided"
    assert story.refusal("ada", c.CloseReview(Finding.NOT_JUSTIFIED, "No.")).word == "already_decided"


def test_a_review_says_what_was_found() -> None:
    assert isinstance(broken().refusal("ada", c.CloseReview(Finding.JUSTIFIED, " ")), Invalid)


def test_where_no_glass_was_broken_there_is_nothing_to_review() -> None:
    assert burning().refusal("ada", FOUND).word == "not_found"


def test_a_late_review_is_asked_for_every_day_until_it_is_closed() -> None:
    story = broken(settings={"execution_window": None})
    assert next_due(story.request) == NINE + REVIEW_WITHIN
    assert words(story.wait(REVIEW_WITHIN).ring()) == ["review_called"]
    assert story.ring() == ()
    assert words(story.wait(timedelta(hours=24)).ring()) == ["review_called"]
    story.do("ada", FOUND)
    assert next_due(story.request) is None


def test_everybody_hears_of_it_in_words() -> None:
    story = burning()
    (event, *_) = story.do("eve", BREAK)
    said = told(story.request, event)
    assert {one.place for one in said} >= {
        "thread",
        "requester",
        "group:platform",
        "member:mem_ada",
        "role:admin:prj_pay",
    }
    assert all("Eve broke the glass and decided this alone: The site is down." in one.sentence for one in said)


# ------------------------------------------------------------------------------------------------------- what is held


def test_what_a_suspended_agent_asked_for_is_claimed_by_nobody() -> None:
    story = burning(one_of("@platform"), by="ci")
    story.approve("ada")
    claim = c.ReportExecution(ExecutionStatus.EXECUTING)
    facts = replace(story.facts("ci", claim), suspended=True)
    with pytest.raises(Conflict, match="is suspended") as caught:
        decide(story.request, claim, facts)
    assert caught.value.word == "suspended"
