"""Batches: what was asked together is one card in each place, whatever happens on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from core.courier import OutletRefused
from core.desk import Draft, DraftRequirement, DraftStage
from core.model import command as c
from core.model.request import Content, Request
from core.ports import Delivery
from tests.courier.outlet import Board, Killed, Lost, Message
from tests.courier.world import World, called

pytestmark = pytest.mark.anyio


@dataclass
class Binding(Board):
    """A board that shows what was asked together as one message."""

    async def show_batch(self, delivery: Delivery, requests: Sequence[Request]) -> Delivery:
        call = "update" if delivery.state == "shown" else "post"
        assert delivery.id not in self.drawing, "one in flight per card"
        self.drawing.add(delivery.id)
        try:
            return await self._meet(call, lambda: self._draw_together(delivery, requests))
        finally:
            self.drawing.discard(delivery.id)

    def _draw_together(self, delivery: Delivery, requests: Sequence[Request]) -> Delivery:
        if delivery.place in self.closed:
            raise OutletRefused("is_archived")
        if delivery.state == "shown" and delivery.address["id"] not in self.messages:
            raise OutletRefused("message_not_found", gone=True)
        id = delivery.address["id"] if delivery.state == "shown" else next(self._ids)
        said = " ".join(f"{request.number}:{request.status}" for request in requests)
        self.messages[id] = Message(delivery.place, delivery.id, sum(one.version for one in requests), said)
        return replace(delivery, address={"id": id})


@pytest.fixture
def world(world: World) -> World:
    world.boards[:] = [Binding()]
    return world


async def ask(
    world: World, count: int, approvers: Sequence[str] = ("@team",), notify: tuple[str, ...] = ("#deploys",)
) -> list[Request]:
    stage = DraftStage((DraftRequirement(tuple(map(called, approvers)), min=len(approvers)),))
    drafts = [
        Draft(Content(type="custom", title=f"Restart printer {n}"), stages=(stage,), notify=notify)
        for n in range(count)
    ]
    return list((await world.desk.create_batch(world.actor("rita"), drafts)).requests)


def said(world: World, place: str = "#deploys") -> list[str]:
    return [message.status for message in world.board.standing(place)]


async def all_is_shown(world: World, asked: Sequence[Request]) -> bool:
    cards = [card for one in asked for card in await world.cards(one)]
    return all(card.wanted == card.shown for card in cards if card.state != "lost")


async def test_one_card_shows_all_of_them_and_is_drawn_anew_with_each(world: World) -> None:
    """A-65"""
    asked = await ask(world, 3)
    courier = world.courier()
    await courier.drain()
    assert said(world) == ["1:pending 2:pending 3:pending"]
    await world.do("ada", asked[1], c.Approve())
    await courier.drain()
    assert said(world) == ["1:pending 2:approved 3:pending"]
    assert [call for call in world.board.calls if call != "tell"] == ["post", "update"]
    assert await all_is_shown(world, asked)


async def test_decisions_on_many_of_them_make_one_update(world: World) -> None:
    asked = await ask(world, 20)
    courier = world.courier()
    await courier.drain()
    for one in asked:
        await world.do("ada", one, c.Approve())
    await courier.drain()
    assert [call for call in world.board.calls if call != "tell"] == ["post", "update"]
    assert await all_is_shown(world, asked)


async def test_twenty_of_them_are_one_message_to_each_of_those_asked(world: World) -> None:
    asked = await ask(world, 20, notify=())
    await world.courier().drain()
    assert {place: len(world.board.standing(place)) for place in ("member:ada", "member:bob")} == {
        "member:ada": 1,
        "member:bob": 1,
    }
    assert await all_is_shown(world, asked)


async def test_an_outlet_that_cannot_bind_shows_each_by_itself(world: World) -> None:
    world.boards[:] = [Board()]
    asked = await ask(world, 3)
    courier = world.courier()
    await courier.drain()
    assert len(world.board.standing("#deploys")) == 3
    await world.do("ada", asked[0], c.Approve())
    await courier.drain()
    assert sorted(message.status for message in world.board.standing("#deploys")) == ["approved", "pending", "pending"]
    assert await all_is_shown(world, asked)


@pytest.mark.parametrize("can_look_up", [True, False])
@pytest.mark.parametrize("done", [True, False])
async def test_a_post_whose_reply_is_lost_is_never_blindly_repeated(
    world: World, *, done: bool, can_look_up: bool
) -> None:
    world.board.can_look_up = can_look_up
    world.board.fails("post", Lost(done=done))
    asked = await ask(world, 3)
    courier = world.courier()
    await courier.drain()
    await world.turn(10, courier)
    assert world.board.calls.count("post") == 1
    await world.turn(120, courier)
    assert world.board.calls.count("post") == (1 if done and can_look_up else 2)
    assert await all_is_shown(world, asked)


@pytest.mark.parametrize("done", [True, False])
async def test_a_crash_at_the_post_leaves_one_card(world: World, *, done: bool) -> None:
    world.board.fails("post", Killed(done=done))
    asked = await ask(world, 3)
    await world.killed(world.courier("the dead"))
    courier = world.courier("the next life")
    for _ in range(6):
        await world.turn(60, courier)
    assert said(world) == ["1:pending 2:pending 3:pending"]
    assert await all_is_shown(world, asked)


async def test_a_card_that_was_deleted_is_posted_again_once(world: World) -> None:
    asked = await ask(world, 2)
    courier = world.courier()
    await courier.drain()
    world.board.delete("#deploys")
    await world.do("ada", asked[0], c.Comment("still there?"))
    await courier.drain()
    assert said(world) == ["1:pending 2:pending"]
    world.board.delete("#deploys")
    await world.do("ada", asked[1], c.Comment("again?"))
    await courier.drain()
    assert said(world) == []
    assert said(world, "member:ada") == ["1:pending 2:pending"]  # somebody does not want it there


async def test_where_the_channel_is_lost_each_of_those_asked_gets_one_card(world: World) -> None:
    world.board.closed.add("#deploys")
    asked = await ask(world, 3)
    await world.courier().drain()
    assert said(world, "member:ada") == said(world, "member:bob") == ["1:pending 2:pending 3:pending"]
    assert await all_is_shown(world, asked)


async def test_one_that_comes_to_a_place_later_joins_the_card_there(world: World) -> None:
    asked = await ask(world, 2, notify=(), approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    await world.do("ada", asked[1], c.GiveSeat("cleo"))
    await courier.drain()
    assert said(world, "member:cleo") == ["2:pending"]
    await world.do("ada", asked[0], c.GiveSeat("cleo"))
    await courier.drain()
    assert said(world, "member:cleo") == ["1:pending 2:pending"]
    assert len(world.board.standing("member:cleo")) == 1
    assert await all_is_shown(world, asked)


async def test_a_second_copy_that_a_click_reveals_becomes_the_card(world: World) -> None:
    asked = await ask(world, 2)
    courier = world.courier()
    await courier.drain()
    (card,) = await world.cards(asked[1])
    assert await courier.adopt(card, {"id": 77}) == {"id": 1}
    cards = [one for request in asked for one in await world.cards(request)]
    assert [one.address for one in cards] == [{"id": 77}, {"id": 77}]
