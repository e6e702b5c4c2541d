"""Checks and policies come before people: stage 0, and what it is called in sentences."""

import pytest

from bot.slack.drawing import samples
from bot.wire.showing import show
from core.errors import Conflict, NotAllowed
from core.lifecycle.who import must_be_current, must_be_named, must_be_their_turn
from core.model import event as e
from core.model.people import Person, Verb
from core.notices import told
from core.standing import say_waited_for

BOB = Person(
    "mem_bob",
    "Bob",
    "bob@acme.example",
    True,
    True,
    frozenset(),
    frozenset({"group:grp_platform"}),
    frozenset({Verb.APPROVE}),
)


def test_stage_nought_is_called_checks_before_people_on_the_wire() -> None:
    """A-04"""
    view = show(samples.checking(), {})
    assert (view.stage, view.stages[0].number, view.stages[0].name) == (0, 0, "Checks before people")
    assert [one.satisfied for one in view.stages[0].requirements] == [True, False]


def test_what_is_waited_for_is_the_check_that_has_not_answered() -> None:
    assert say_waited_for(samples.checking()) == "policy spend limit"
    assert say_waited_for(samples.pending()) == "@platform"


def test_the_thread_says_that_checks_come_first() -> None:
    (line,) = told(samples.checking(), e.StageOpened(samples.AT, 0, {}))
    assert line.sentence == "Checks come first: policy spend limit. People are asked once they have passed."


def test_whoever_is_asked_after_the_checks_hears_when_their_turn_comes() -> None:
    with pytest.raises(
        NotAllowed, match="asked in stage 1 \\(Platform\\), and the checks before people still wait for policy"
    ):
        must_be_their_turn(samples.checking(), must_be_named(samples.checking(), BOB))
    with pytest.raises(Conflict, match="now at the checks before people"):
        must_be_current(samples.checking(), 1, 1)
