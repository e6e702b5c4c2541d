"""Freezing at once, lifting with four eyes, and who hears of it."""

from datetime import timedelta

import pytest

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.model import command as c
from core.model.request import ExecutionStatus
from core.ports import Idempotency
from tests.administration.town_hall import TownHall
from tests.desk.office import HOUR, ORG, PROJECT, stage

pytestmark = pytest.mark.anyio

CLAIM = c.ReportExecution(ExecutionStatus.EXECUTING)


async def test_an_admin_freezes_a_project_and_lifts_it(hall: TownHall) -> None:
    freezes, root = hall.administration.freezes, hall.actor("root")
    freeze = await freezes.freeze(root, "default", "Deploys break things.")
    assert (freeze.project, freeze.by_name) == (PROJECT, "Root")
    assert [one.id for one in await freezes.list(hall.actor("ada"))] == [freeze.id]
    await freezes.lift(root, "default")
    assert await freezes.list(root) == []
    with pytest.raises(Conflict) as caught:
        await freezes.lift(root, "default")
    assert caught.value.word == "not_frozen"


async def test_whoever_waits_for_what_is_held_hears_of_it_and_its_card_is_drawn_anew(hall: TownHall) -> None:
    office = hall.office
    request = await office.approve("ada", await office.ask(stage("@platform")))
    await office.notices()
    await hall.administration.freezes.freeze(hall.actor("root"), None, "Fire.")
    told = await office.notices()
    assert {(word, place) for word, place, _ in told} == {("frozen", "thread"), ("frozen", "member:mem_rita")}
    assert all("Everything is frozen by Root: Fire." in sentence for _, _, sentence in told)
    assert all(delivery.shown < delivery.wanted for delivery in await office.deliveries(request))
    await hall.administration.freezes.lift(hall.actor("root"), None)
    assert await office.told("freeze_lifted") == ["member:mem_rita", "thread"]


async def test_a_freeze_ends_with_its_time(hall: TownHall) -> None:
    freezes = hall.administration.freezes
    now = await hall.administration.now()
    await freezes.freeze(hall.actor("root"), None, "Fire.", until=now + HOUR)
    hall.office.turn(HOUR + timedelta(seconds=1))
    assert await freezes.list(hall.actor("root")) == []
    with pytest.raises(Invalid):
        await freezes.freeze(hall.actor("root"), None, "Fire.", until=now)


@pytest.mark.parametrize("who", ["ada", "rita", "ci"])
async def test_only_admins_freeze_and_lift(hall: TownHall, who: str) -> None:
    for call in (
        lambda: hall.administration.freezes.freeze(hall.actor(who), None, "x"),
        lambda: hall.administration.freezes.lift(hall.actor(who), None),
    ):
        with pytest.raises(NotAllowed):
            await call()


async def test_it_says_why_and_where(hall: TownHall) -> None:
    freezes, root = hall.administration.freezes, hall.actor("root")
    for reason in ("  ", "x" * 501):
        with pytest.raises(Invalid):
            await freezes.freeze(root, None, reason)
    with pytest.raises((Invalid, NotFound)):
        await freezes.freeze(root, "nowhere", "Fire.")
    olga = await freezes.list(hall.actor("olga"))
    assert olga == []


async def test_the_same_call_twice_freezes_once(hall: TownHall) -> None:
    freezes, root = hall.administration.freezes, hall.actor("root")
    once = Idempotency("slack:T1/UROOT", "view-1", "body")
    first = await freezes.freeze(root, None, "Fire.", once=once)
    assert (await freezes.freeze(root, None, "Fire.", once=once)).id == first.id
    assert len(await freezes.list(root)) == 1


async def test_with_four_eyes_freezing_holds_at_once_and_lifting_is_asked(hall: TownHall) -> None:
    await hall.switch_on()
    freezes, root = hall.administration.freezes, hall.actor("root")
    await freezes.freeze(root, "default", "Fire.")
    request = await hall.asked(lambda: freezes.lift(root, "default"))
    assert request.content.type == "countersign.freezes"
    assert request.content.description == "Lift the freeze in project default, by Root: Fire."
    assert len(await freezes.list(root)) == 1
    await hall.approve("ruth", request)
    assert await freezes.list(root) == []


async def test_freezing_and_lifting_stand_in_the_organisations_ledger(hall: TownHall) -> None:
    freezes, root = hall.administration.freezes, hall.actor("root")
    await freezes.freeze(root, None, "Fire.")
    await freezes.lift(root, None)
    rows = await hall.office.store.read(lambda reader: reader.ledger(ORG, after=0, limit=100))
    assert [row.word for row in rows][-2:] == ["frozen", "freeze_lifted"]
