"""Admins see at a glance what broken glass still owes, and what is frozen."""

from datetime import UTC, datetime, timedelta

import pytest

from core.model.emergency import REVIEW_WITHIN, Review
from tests.administration.town_hall import TownHall
from tests.cares.test_cares import found
from tests.desk.office import ORG, PROJECT

pytestmark = pytest.mark.anyio


async def test_a_review_that_is_owed_is_named_until_it_is_closed(hall: TownHall) -> None:
    now = datetime.now(UTC)
    owed = Review("gls_1", ORG, PROJECT, "req_1", 7, "mem_ada", "Ada", now, now + REVIEW_WITHIN)
    assert "emergencies" not in await found(hall)
    await hall.store.transact(lambda tx: tx.open_review(owed))
    care = (await found(hall))["emergencies"]
    assert care.about == "Break-glass on #7"
    assert "another person must look at it" in care.sentence
    hall.office.turn(REVIEW_WITHIN + timedelta(minutes=1))
    assert "should have been reviewed by now" in (await found(hall))["emergencies"].sentence
    await hall.store.transact(lambda tx: tx.close_review("gls_1", tx.now()))
    assert "emergencies" not in await found(hall)


async def test_a_freeze_is_named_while_it_holds(hall: TownHall) -> None:
    await hall.administration.freezes.freeze(hall.actor("root"), "default", "Fire.")
    care = (await found(hall))["emergencies"]
    assert (care.about, care.sentence) == (
        "default is frozen",
        "Nothing is executed there; Root froze it: Fire. Lift it with /countersign unfreeze.",
    )
