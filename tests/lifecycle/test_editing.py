"""Approve with edits: which fields, within which bounds, whose approvals stay."""

from dataclasses import replace
from typing import Any

import pytest

from core.errors import Invalid, NotAllowed
from core.model import command as c
from core.model.digest import request_digest
from core.model.organisation import BUILT_IN_TYPES, Bounds, RequestType
from core.model.request import Content, Cost, Life, Status
from tests.lifecycle.kit import HOUR, PROJECT, Story, all_of, given, one_of, person, some, somebody, stages, words
from tests.lifecycle.kit import creation as create

ADA, BOB, CLEO, DAN = (person(name, "platform") for name in ("ada", "bob", "cleo", "dan"))
SUE, SAM = person("sue", "security"), person("sam", "security")
BOTH = person("bo", "platform", "security")

SPEND = Content(
    type="custom",
    title="Train the model",
    action="train --epochs 40",
    cost=Cost(usd=50, tokens=9000),
    side_effects=("writes to the bucket",),
    params={"region": "eu", "epochs": 40, "dry": False},
    editable={
        "params.region": {"choices": ["eu", "us"]},
        "params.epochs": {"minimum": 1, "maximum": 100},
        "params.dry": {"kind": "boolean"},
    },
)


def test_an_edited_approval_is_a_new_revision_and_its_approval() -> None:
    """E-04, E-24, E-45, E-48"""
    story = given(ADA, asks=stages(one_of("@platform")), content=SPEND)
    events = story.edit("ada", {"cost.usd": 30}, comment="cheaper, please")
    assert words(events) == ["edited", "decision_recorded", "judged", "stage_opened", "stage_passed", "ended"]
    request = story.request
    assert (request.status, request.revision, request.cause) == (Status.APPROVED_WITH_EDITS, 2, "people")
    assert (request.decisions[0].revision, request.decisions[0].comment) == (2, "cheaper, please")


def test_the_result_carries_the_original_the_edits_and_the_edited_with_both_digests() -> None:
    """E-47"""
    story = given(ADA, asks=stages(one_of("@platform")), content=SPEND)
    before = story.request
    story.edit("ada", {"cost.usd": 30, "action": "train --epochs 20"})
    request = story.request
    assert request.original == SPEND
    assert request.edits == {"cost.usd": 30, "action": "train --epochs 20"}
    assert request.content == replace(SPEND, cost=Cost(30, 9000), action="train --epochs 20")
    assert request.digest == request_digest(
        request.content,
        organisation="org_acme",
        project=PROJECT,
        requester=request.requester,
        on_behalf_of=None,
        revision=2,
    )
    assert request.action_digest != before.action_digest


def test_edits_say_nothing_of_the_request_itself() -> None:
    """E-46, E-49"""
    story = given(ADA, asks=stages(one_of("@platform")), content=SPEND)
    before = story.request
    story.edit("ada", {"if_denied": "stop"})
    after = story.request
    assert (after.id, after.number, after.created_at, after.expires_at) == (
        before.id,
        before.number,
        before.created_at,
        before.expires_at,
    )


@pytest.mark.parametrize(
    ("edits", "field"),
    [
        ({}, "edits"),
        ({"cost.usd": 50}, "edits"),
        ({"cost.usd": 51}, "edits.cost.usd"),
        ({"cost.usd": -1}, "edits.cost.usd"),
        ({"cost.usd": "30"}, "edits.cost.usd"),
        ({"cost.usd": True}, "edits.cost.usd"),
        ({"cost.usd": float("nan")}, "edits.cost.usd"),
        ({"cost.usd": None}, "edits.cost.usd"),
        ({"cost.tokens": 12.5}, "edits.cost.tokens"),
        ({"action": ""}, "edits.action"),
        ({"action": 5}, "edits.action"),
        ({"side_effects": "none"}, "edits.side_effects"),
        ({"side_effects": [1]}, "edits.side_effects"),
        ({"id": "req_1"}, "edits.id"),
        ({"title": "Another"}, "edits.title"),
        ({"expires_at": "2027-01-01"}, "edits.expires_at"),
        ({"subject.id": "x"}, "edits.subject.id"),
        ({"params.secret": 1}, "edits.params.secret"),
        ({"params.region": "mars"}, "edits.params.region"),
        ({"params.epochs": 101}, "edits.params.epochs"),
        ({"params.epochs": 0}, "edits.params.epochs"),
        ({"params.epochs": True}, "edits.params.epochs"),
        ({"params.dry": 1}, "edits.params.dry"),
    ],
)
def test_edits_that_cannot_be_are_refused_by_name(edits: dict[str, Any], field: str) -> None:
    """E-49"""
    story = given(ADA, asks=stages(one_of("@platform")), content=SPEND)
    refusal = story.refusal("ada", c.Approve(edits=edits))
    assert isinstance(refusal, Invalid)
    assert refusal.fields["field"] == field


@pytest.mark.parametrize(
    "edits",
    [
        {"cost.usd": 0},
        {"cost.usd": 49.5},
        {"cost.tokens": 1},
        {"side_effects": []},
        {"params.region": "us"},
        {"params.epochs": 100},
        {"params.dry": True},
        {"action": "train", "params.epochs": 2},
    ],
)
def test_edits_within_bounds_are_taken(edits: dict[str, Any]) -> None:
    """E-45, E-49"""
    story = given(ADA, asks=stages(one_of("@platform")), content=SPEND)
    story.edit("ada", edits)
    assert story.status() is Status.APPROVED_WITH_EDITS


def test_a_cost_not_declared_has_nothing_to_go_down_from() -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    refusal = story.refusal("ada", c.Approve(edits={"cost.usd": 0}))
    assert (
        refusal.sentence
        == "'cost.usd' was not declared, so it has nothing to go down from; leave it as it is, or ask for it to be declared."
    )


@pytest.mark.parametrize(
    ("minimum", "maximum", "wanted", "said"),
    [
        (0, 123456.78, 123457, "at most 123456.78;"),
        (0, 1_234_567, 1_234_568, "at most 1234567;"),
        (0, 50.0, 51, "at most 50;"),
        (1_234_567.5, None, 7, "at least 1234567.5."),
        (0, 1e300, 2e300, "at most 1e+300;"),
    ],
)
def test_the_bound_that_was_broken_is_said_to_its_last_digit(
    minimum: float, maximum: float | None, wanted: float, said: str
) -> None:
    story = somebody(
        ADA, type=RequestType("refund", "Refund", editable={"params.usd": Bounds("number", minimum, maximum)})
    )
    story.do(
        "rita", create(story, stages(one_of("@platform")), content=Content("refund", "Refund", params={"usd": 20}))
    )
    assert said in story.refusal("ada", c.Approve(edits={"params.usd": wanted})).sentence


def test_bounds_an_admin_set_on_the_type_stand_above_the_requests() -> None:
    story = somebody(ADA)
    story.type = replace(BUILT_IN_TYPES["custom"], editable={"cost.usd": Bounds("number", 0, 60)})
    content = replace(SPEND, editable={"cost.usd": {"maximum": 900}})
    story.do("rita", create(story, stages(one_of("@platform")), content=content))
    assert isinstance(story.refusal("ada", c.Approve(edits={"cost.usd": 61})), Invalid)
    story.edit("ada", {"cost.usd": 60})
    assert story.status() is Status.APPROVED_WITH_EDITS


@pytest.mark.parametrize(
    "editable",
    [
        {"title": {}},
        {"id": {}},
        {"subject.id": {}},
        {"params": {}},
        {"params.": {}},
        {"params.x": "any"},
        {"params.x": {"minimum": "0"}},
        {"params.x": {"kind": "date"}},
        {"params.x": {"choices": 3}},
        {"params.x": {"max": 3}},
    ],
)
def test_a_request_cannot_make_other_things_editable(editable: dict[str, Any]) -> None:
    """E-49"""
    story = somebody(ADA)
    refusal = story.refusal("rita", create(story, content=replace(SPEND, editable=editable)))
    assert isinstance(refusal, Invalid)
    assert refusal.fields["field"].startswith("editable.")


# ------------------------------------------------------------------------------------------------- others' approvals


def test_others_approvals_fall_when_an_edit_has_no_bounds_on_the_card() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")), content=SPEND)
    story.approve("ada")
    story.edit("bob", {"cost.usd": 30})
    assert story.status() is Status.PENDING
    assert [d.life for d in story.request.decisions] == [Life.STALE, Life.LIVE]
    story.approve("ada")
    assert story.status() is Status.APPROVED_WITH_EDITS


def test_others_approvals_stay_when_every_edit_lies_within_bounds_on_the_card() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")), content=SPEND)
    story.approve("ada")
    story.edit("bob", {"params.epochs": 90, "params.region": "us"})
    assert story.status() is Status.APPROVED_WITH_EDITS
    assert [(d.revision, d.life) for d in story.request.decisions] == [(2, Life.LIVE), (2, Life.LIVE)]


def test_one_edit_without_bounds_fells_them_all() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")), content=SPEND)
    story.approve("ada")
    story.edit("bob", {"params.epochs": 90, "action": "less"})
    assert story.status() is Status.PENDING


def test_an_edit_in_a_later_stage_asks_the_earlier_one_again_and_then_counts() -> None:
    story = given(ADA, SUE, asks=stages(one_of("@platform"), one_of("@security")), content=SPEND)
    story.approve("ada")
    story.edit("sue", {"cost.usd": 30})
    assert (story.status(), story.request.stage) == (Status.PENDING, 1)
    story.approve("ada")
    assert story.status() is Status.APPROVED_WITH_EDITS


def test_an_edit_within_bounds_in_a_later_stage_keeps_the_earlier_one_passed() -> None:
    story = given(ADA, SUE, SAM, asks=stages(one_of("@platform"), some(2, "@security")), content=SPEND)
    story.approve("ada")
    story.edit("sue", {"params.region": "us"})
    assert (story.status(), story.request.stage) == (Status.PENDING, 2)
    story.approve("sam")
    assert story.status() is Status.APPROVED_WITH_EDITS


@pytest.mark.parametrize("edits", [{"params.region": "us"}, {"cost.usd": 30}])
def test_an_edit_does_not_stand_for_all_of_a_later_stage(edits: dict[str, Any]) -> None:
    story = given(ADA, SUE, SAM, asks=stages(one_of("@platform"), all_of("@security")), content=SPEND)
    story.approve("ada")
    story.edit("sue", edits)
    if story.request.stage == 1:
        story.approve("ada")
    assert (story.status(), story.request.stage) == (Status.PENDING, 2)
    story.approve("sam")
    assert story.status() is Status.APPROVED_WITH_EDITS


def test_an_edit_completes_a_later_stage_that_wants_all_of_one_person() -> None:
    story = given(ADA, SUE, asks=stages(one_of("@platform"), all_of("sue")), content=SPEND)
    story.approve("ada")
    story.edit("sue", {"cost.usd": 30})
    story.approve("ada")
    assert story.status() is Status.APPROVED_WITH_EDITS


def test_who_edits_within_bounds_keeps_their_own_approval_of_an_earlier_stage() -> None:
    story = given(BOTH, SUE, asks=stages(one_of("@platform"), some(2, "@security")), content=SPEND)
    story.approve("bo")
    story.edit("bo", {"params.region": "us"})
    assert story.request.stage == 2
    story.approve("sue")
    assert story.status() is Status.APPROVED_WITH_EDITS


def test_where_people_must_differ_who_keeps_their_approval_of_an_earlier_stage_edits_no_later_one() -> None:
    """A-37"""
    asks = stages(one_of("@platform"), one_of("@security"))
    story = given(BOTH, SUE, ADA, asks=asks, content=SPEND, distinct=True)
    story.approve("bo")
    edits = {"params.epochs": 5}
    assert story.refusal("bo", c.Approve(revision=1, stage=2, edits=edits)).word == "not_an_approver"
    story.edit("bo", {"action": "start slowly"})  # which fells the earlier one
    assert story.request.stage == 1
    story.approve("ada")
    assert story.status() is Status.APPROVED_WITH_EDITS


def test_edits_of_several_people_add_up() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")), content=SPEND)
    story.edit("ada", {"params.region": "us"})
    story.edit("bob", {"params.epochs": 10})
    assert story.request.edits == {"params.region": "us", "params.epochs": 10}
    assert story.status() is Status.APPROVED_WITH_EDITS


def test_the_very_same_edits_again_are_answered_with_the_stored_approval() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")), content=SPEND)
    story.edit("ada", {"params.region": "us"})
    again = c.Approve(edits={"params.region": "us"}, revision=1, stage=1)
    assert story.repeated("ada", again) == story.request.decisions[0]
    assert story.do("ada", again) == ()


def test_edits_made_on_an_old_revision_are_refused_as_stale() -> None:
    story = given(ADA, asks=stages(one_of("@platform")), content=SPEND)
    story.revise("rita", cost=Cost(20, 9000))
    assert story.refusal("ada", c.Approve(edits={"cost.usd": 30}, revision=1)).word == "stale_revision"


def test_edits_need_the_same_rights_as_an_approval() -> None:
    story = given(ADA, SUE, asks=stages(one_of("@platform")), content=SPEND)
    assert isinstance(story.refusal("sue", c.Approve(edits={"cost.usd": 30})), NotAllowed)


def test_an_edit_keeps_the_deadline_and_an_extension_of_it() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@platform")), content=SPEND)
    later = story.now + 48 * HOUR
    story.do("root", c.Extend(later))
    story.wait(HOUR).edit("ada", {"cost.usd": 30})
    assert story.request.expires_at == later


def test_an_edit_of_what_the_project_would_now_allow_ends_as_the_persons_approval() -> None:
    story = given(ADA, BOB, content=SPEND)
    story.project = replace(story.project, settings=replace(story.project.settings, when_no_rule="allow"))
    story.edit("ada", {"cost.usd": 30})
    assert (story.status(), story.request.decisions[0].member) == (Status.APPROVED_WITH_EDITS, "mem_ada")


def test_an_edit_of_what_the_project_would_now_deny_is_rejected() -> None:
    story = given(ADA, BOB, content=SPEND)
    story.project = replace(story.project, settings=replace(story.project.settings, when_no_rule="deny"))
    story.edit("ada", {"cost.usd": 30})
    assert (story.status(), story.request.cause) == (Status.AUTO_REJECTED, "no_rule")


# ------------------------------------------------------------------------------------- bounds that an admin changes


def refund(limit: float | None, **said: Any) -> RequestType:
    """As the admin has the type by now."""
    return RequestType("refund", "Refund", editable={"params.usd": Bounds("number", 0, limit, **said)})


REFUND = Content(type="refund", title="Refund Ada", params={"usd": 20})


def refunding(type: RequestType, content: Content = REFUND) -> Story:
    """All four of the platform's people are asked."""
    story = somebody(ADA, BOB, CLEO, DAN, type=type)
    story.do("rita", create(story, stages(some(4, "@platform")), content=content))
    return story


def lives(story: Story) -> list[tuple[str, Life]]:
    return [(decision.name, decision.life) for decision in story.request.decisions]


def test_an_approval_is_not_carried_to_bounds_that_were_raised_after_it() -> None:
    story = refunding(refund(50))
    story.approve("ada")
    story.type = refund(100_000)
    story.edit("bob", {"params.usd": 90_000})
    assert lives(story) == [("Ada", Life.STALE), ("Bob", Life.LIVE)]
    assert story.status() is Status.PENDING


def test_an_approval_from_a_card_that_was_drawn_before_the_bounds_were_raised_is_not_carried_to_them() -> None:
    """Cards are not drawn again when a type changes."""
    story = refunding(refund(50))
    story.type = refund(100_000)
    story.approve("ada")
    story.edit("bob", {"params.usd": 90_000})
    assert lives(story) == [("Ada", Life.STALE), ("Bob", Life.LIVE)]


def test_an_approval_given_under_narrower_bounds_is_not_carried_to_those_of_before() -> None:
    story = refunding(refund(50))
    story.type = refund(30)
    story.approve("ada")
    story.type = refund(50)
    story.edit("bob", {"params.usd": 40})
    assert lives(story) == [("Ada", Life.STALE), ("Bob", Life.LIVE)]


def test_an_edit_inside_the_bounds_seen_keeps_the_approval_though_they_were_raised_since() -> None:
    story = refunding(refund(50))
    story.approve("ada")
    story.type = refund(100_000)
    story.edit("bob", {"params.usd": 45})
    assert lives(story) == [("Ada", Life.LIVE), ("Bob", Life.LIVE)]


def test_an_approval_carried_to_a_new_revision_keeps_the_bounds_it_was_given_under() -> None:
    story = refunding(refund(50))
    story.approve("ada")
    story.type = refund(100_000)
    story.edit("bob", {"params.usd": 45})
    story.edit("cleo", {"params.usd": 60})
    assert lives(story) == [("Ada", Life.STALE), ("Bob", Life.STALE), ("Cleo", Life.LIVE)]


def test_each_approval_stays_or_falls_by_the_bounds_of_its_own_card() -> None:
    story = refunding(refund(50))
    story.approve("ada")
    story.type = refund(100_000)
    story.edit("bob", {"params.usd": 45})
    story.approve("cleo")
    story.edit("dan", {"params.usd": 90_000})
    assert lives(story) == [("Ada", Life.STALE), ("Bob", Life.STALE), ("Cleo", Life.LIVE), ("Dan", Life.LIVE)]


@pytest.mark.parametrize(
    ("before", "since", "wanted"),
    [
        (refund(None), refund(90), 60),
        (RequestType("refund", "Refund", editable={"params.usd": Bounds("number")}), refund(90), 10),
        (RequestType("refund", "Refund"), refund(90), 10),
        (refund(90, choices=(20, 30)), refund(90), 60),
        (refund(90), RequestType("refund", "Refund", editable={"params.usd": Bounds(choices=("all", 60.5))}), "all"),
    ],
    ids=["no upper bound", "no bounds", "not editable", "choices", "another kind"],
)
def test_bounds_that_came_after_the_approval_carry_it_nowhere(
    before: RequestType, since: RequestType, wanted: Any
) -> None:
    story = refunding(before, replace(REFUND, params={"usd": 20 if wanted != "all" else "some"}))
    story.approve("ada")
    story.type = since
    story.edit("bob", {"params.usd": wanted})
    assert lives(story) == [("Ada", Life.STALE), ("Bob", Life.LIVE)]


def test_the_bounds_of_today_are_held_to_whatever_stood_on_the_card() -> None:
    story = refunding(refund(50))
    story.approve("ada")
    story.type = refund(30)
    assert isinstance(story.refusal("bob", c.Approve(edits={"params.usd": 40})), Invalid)
    story.edit("bob", {"params.usd": 30})
    assert lives(story) == [("Ada", Life.LIVE), ("Bob", Life.LIVE)]


def test_an_approval_kept_from_before_bounds_were_kept_with_it_falls_where_its_type_bounds_the_field() -> None:
    """The requester's own bounds are part of what was approved, so those still hold."""
    content = replace(REFUND, params={"usd": 20, "epochs": 4}, editable={"params.epochs": {"minimum": 1, "maximum": 9}})
    for edits, life in (({"params.usd": 30}, Life.STALE), ({"params.epochs": 9}, Life.LIVE)):
        story = refunding(refund(50), content)
        story.approve("ada")
        old = tuple(replace(decision, bounds=()) for decision in story.request.decisions)
        story._request = replace(story.request, decisions=old, plan=replace(story.request.plan, bounds={}))
        story.edit("bob", edits)
        assert lives(story) == [("Ada", life), ("Bob", Life.LIVE)]


def test_other_bounds_alone_are_no_other_plan() -> None:
    story = refunding(refund(50))
    story.type = refund(100)
    assert story.do("clock", c.Judge()) == ()
