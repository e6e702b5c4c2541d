"""Rules are saved upon the very rulebook they were tried on."""

import pytest

from core.errors import Conflict, Invalid
from core.model.rule import Mode
from tests.administration.town_hall import TownHall

pytestmark = pytest.mark.anyio


async def test_nothing_is_saved_upon_other_rules_than_those_it_was_tried_on(hall: TownHall) -> None:
    office, root = hall.administration.rules, hall.actor("root")
    book = (await office.list(root)).version
    await office.add(root, 'add "first" when true require 1 of @platform', book=book)
    now = (await office.list(root)).version
    for change in (
        lambda: office.add(root, 'add "second" when type == "deploy" deny', book=book),
        lambda: office.change(root, "first", 'add "first" when type == "deploy" deny', book=book),
        lambda: office.switch(root, "first", Mode.OFF, book=book),
        lambda: office.remove(root, "first", book=book),
    ):
        with pytest.raises(Conflict) as caught:
            await change()
        assert caught.value.word == "stale_rulebook"
    assert (await office.list(root)).version == now
    await office.switch(root, "first", Mode.OFF, book=now)


async def test_a_rule_that_rests_and_nobody_could_pass_is_not_switched_on(hall: TownHall) -> None:
    office, root = hall.administration.rules, hall.actor("root")
    await office.add(root, 'add "many" when true require 9 of @platform off')
    for mode in (Mode.ON, Mode.SHADOW):
        with pytest.raises(Invalid) as caught:
            await office.switch(root, "many", mode)
        assert caught.value.word == "impossible_rule"
    assert (await office.list(root)).rules[0].mode is Mode.OFF
