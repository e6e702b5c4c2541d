"""I'm looking: said by whoever is asked, once, and nothing is decided by it."""

from core.model import command as c
from core.model.request import Status
from tests.lifecycle.kit import given, one_of, person, stages, words


def test_who_is_asked_says_that_they_are_looking() -> None:
    story = given(person("ada", "platform"), asks=stages(one_of("@platform")))
    assert words(story.do("ada", c.StartLooking())) == ["started_looking"]
    assert [one.name for one in story.request.looking] == ["Ada"]
    assert story.status() is Status.PENDING


def test_saying_it_again_says_nothing_new() -> None:
    story = given(person("ada", "platform"), asks=stages(one_of("@platform")))
    story.do("ada", c.StartLooking())
    assert story.do("ada", c.StartLooking()) == ()


def test_whoever_is_not_asked_cannot_say_it() -> None:
    story = given(person("ada", "platform"), person("ben"), asks=stages(one_of("@platform")))
    assert story.refusal("ben", c.StartLooking()).word == "not_an_approver"


def test_after_the_end_nobody_is_looking_any_more() -> None:
    people = person("ada", "platform"), person("bob", "platform")
    story = given(*people, asks=stages(one_of("@platform")))
    story.approve("bob")
    assert story.refusal("ada", c.StartLooking()).word == "already_decided"
