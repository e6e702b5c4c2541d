"""Groups that Slack keeps: who comes late counts not for this, who leaves takes their yes along, names may change."""

from dataclasses import replace

from core.model import command as c
from core.model import event as e
from core.model.people import Person
from core.model.request import Life, Status
from tests.lifecycle.kit import HOUR, MINUTE, NINE, Story, given, one_of, person, some, stages


def mirrored(name: str, *groups: str, came: int) -> Person:
    """Somebody who came into these groups so many minutes after nine."""
    since = {f"group:{group}": NINE + came * MINUTE for group in groups}
    return replace(person(name, *groups), came=since)


ADA, BOB = mirrored("ada", "guards", came=-5), mirrored("bob", "guards", came=-5)


def recount(story: Story) -> tuple[e.Event, ...]:
    command = c.CheckPeople()
    events = story.do("clock", command)
    return tuple(event for event in events if not isinstance(event, e.FoundImpossible | e.FoundPossible))


def test_who_came_while_the_stage_was_open_is_refused_in_words() -> None:
    story = given(ADA, asks=stages(one_of("@guards")))
    story.joins(mirrored("eve", "guards", came=1))
    story.wait(HOUR)
    refusal = story.refusal("eve", c.Approve())
    assert refusal.word == "not_an_approver"
    assert "You came into the Slack user group while request #42 was already being asked" in refusal.sentence
    assert story.refusal("eve", c.Reject("no")).word == "not_an_approver"


def test_who_came_before_the_later_stage_opened_counts_in_it() -> None:
    story = given(ADA, person("sue", "security"), asks=stages(one_of("@security"), one_of("@guards")))
    story.joins(mirrored("eve", "guards", came=1))
    story.wait(HOUR)
    story.approve("sue")
    story.approve("eve")
    assert story.status() is Status.APPROVED


def test_a_late_member_who_is_named_by_another_group_too_counts_there() -> None:
    story = given(ADA, asks=stages(one_of("@guards", "@platform")))
    eve = mirrored("eve", "guards", came=1)
    story.joins(replace(eve, principals=eve.principals | {"group:platform"}))
    story.wait(HOUR)
    story.approve("eve")
    assert story.status() is Status.APPROVED


def test_where_the_project_allows_it_late_members_count() -> None:
    story = given(ADA, asks=stages(one_of("@guards")), settings={"late_members": True})
    story.joins(mirrored("eve", "guards", came=1))
    story.wait(HOUR)
    story.approve("eve")
    assert story.status() is Status.APPROVED


def test_the_yes_of_somebody_who_left_lapses_at_once() -> None:
    """A-64"""
    story = given(ADA, BOB, asks=stages(some(2, "@guards")))
    story.approve("ada")
    story.becomes("ada", principals=frozenset({"member:mem_ada"}))
    (lapsed,) = recount(story)
    assert isinstance(lapsed, e.ApprovalLapsed)
    assert lapsed.reason == "Ada is no longer among those asked"
    assert recount(story) == ()


def test_a_stage_that_passed_by_somebody_who_left_is_open_again() -> None:
    story = given(ADA, BOB, person("sue", "security"), asks=stages(one_of("@guards"), one_of("@security")))
    story.approve("ada")
    story.becomes("ada", active=False)
    _, opened = recount(story)
    assert isinstance(opened, e.StageOpened)
    assert (opened.stage, story.request.stage) == (1, 1)
    assert [decision.life for decision in story.request.decisions] == [Life.LAPSED]
    story.approve("bob")
    story.approve("sue")
    assert story.status() is Status.APPROVED


def test_who_came_late_does_not_count_because_the_stage_opened_again() -> None:
    """Else whoever keeps the user group could take somebody in, and then put out whoever had said yes."""
    story = given(ADA, BOB, person("sue", "security"), asks=stages(one_of("@guards"), one_of("@security")))
    story.joins(mirrored("eve", "guards", came=1))
    story.wait(HOUR)
    story.approve("ada")
    story.wait(HOUR)
    story.becomes("ada", principals=frozenset({"member:mem_ada"}))
    recount(story)
    story.wait(HOUR)
    assert story.request.stage == 1
    assert "You came into the Slack user group" in story.refusal("eve", c.Approve()).sentence


def test_who_is_still_there_keeps_their_yes() -> None:
    story = given(ADA, BOB, asks=stages(some(2, "@guards")))
    story.approve("ada")
    assert recount(story) == ()


def test_a_group_is_called_anew_wherever_it_is_asked_and_only_once() -> None:
    story = given(ADA, person("sue", "security"), asks=stages(one_of("@security"), one_of("@guards")))
    command = c.CallAnew("group:guards", "@wardens")
    (called,) = story.do("clock", command)
    assert called == e.CalledAnew(story.now, "group:guards", "@wardens")
    labels = [source.label for stage in story.request.plan.stages for r in stage.requirements for source in r.sources]
    assert labels == ["@security", "@wardens"]
    assert story.do("clock", command) == ()
    story.approve("sue")
    story.approve("ada")
    assert story.status() is Status.APPROVED


def test_what_is_over_keeps_the_name_it_was_decided_under() -> None:
    story = given(ADA, asks=stages(one_of("@guards")))
    story.approve("ada")
    assert story.do("clock", c.CallAnew("group:guards", "@wardens")) == ()
