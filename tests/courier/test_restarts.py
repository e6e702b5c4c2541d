"""Crashes, restarts and replicas: nothing is lost, nothing is shown twice, and one courier serves an outlet at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.courier import Courier, OutletBusy
from core.courier.road import Road
from core.model import command as c
from core.ports import Notice, Reader, Store
from tests.courier.outlet import QUICK, Hang, Killed, Lost
from tests.courier.test_notices import lines
from tests.courier.test_putting_off import Watched, courier_on
from tests.courier.world import World

pytestmark = pytest.mark.anyio


async def test_a_crash_between_commit_and_claim_costs_nothing(world: World) -> None:
    request = await world.ask()
    await world.courier("the next life").drain()
    assert len(world.board.standing("#deploys")) == 1
    assert [card.state for card in await world.cards(request)] == ["shown"]


async def test_a_crash_between_claim_and_post_costs_until_the_claim_lapses(world: World) -> None:
    await world.ask()
    await world.claim("the dead")
    courier = world.courier("the next life")
    await courier.drain()
    assert world.board.messages == {}
    await world.turn(61, courier)
    assert len(world.board.standing("#deploys")) == 1


@pytest.mark.parametrize("done", [True, False], ids=["posted", "not posted"])
async def test_a_crash_while_posting_leaves_one_card(world: World, done: bool) -> None:
    request = await world.ask()
    world.board.fails("post", Killed(done=done))
    await world.killed(world.courier("the dead"))
    courier = world.courier("the next life")
    await world.turn(30, courier)
    await world.turn(60, courier)
    await world.turn(3600, courier)
    [card] = world.board.standing("#deploys")
    assert card.version == await world.version(request)
    assert world.board.calls.count("post") == (1 if done else 2)


async def test_a_crash_while_updating_is_made_good(world: World) -> None:
    request = await world.ask()
    await world.courier("the dead").drain()
    await world.do("ada", request, c.Approve())
    world.board.fails("update", Killed(done=False))
    await world.killed(world.courier("the dead"))
    await world.turn(61, world.courier("the next life"))
    assert world.board.standing("#deploys")[0].status == "approved"


async def test_a_crash_while_telling_tells_nobody_twice(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    await world.courier("the dead").drain()
    await world.do("ada", request, c.Comment("once"))
    world.board.fails("tell", Killed(done=True))
    await world.killed(world.courier("the dead"))
    await world.turn(3600, world.courier("the next life"))
    assert len(world.board.told) == 1


async def test_only_whoever_holds_the_lease_serves(world: World) -> None:
    first, second = world.courier("first"), world.courier("second")
    await world.ask()
    await first.drain()
    await world.ask()
    await second.drain()
    assert len(world.board.messages) == 1
    await first.drain()
    assert len(world.board.messages) == 2


async def test_another_takes_over_when_the_lease_lapses(world: World) -> None:
    first, second = world.courier("first"), world.courier("second")
    await world.ask()
    await first.drain()
    await world.ask()
    await world.turn(16, second)
    assert len(world.board.messages) == 2
    await world.ask()
    await first.drain()
    assert len(world.board.messages) == 2


async def test_whoever_lost_the_lease_while_waiting_sends_nothing(world: World) -> None:
    first, second = world.courier("first"), world.courier("second")
    one, two = await world.ask(), await world.ask()
    await first.drain()
    for request in (one, two):
        await world.do("ada", request, c.Comment("more"))
    await world.turn(16, second)
    await first.drain()
    assert world.board.calls.count("update") == 2


async def test_what_waited_too_long_for_its_turn_is_left_to_whoever_claims_it_next(world: World) -> None:
    world.board.pace = replace(QUICK, post_gap=0.5)
    asked = [await world.ask() for _ in range(2)]
    slow = world.courier("slow", linger=1.0)
    draining = asyncio.create_task(slow.drain())
    async with asyncio.timeout(20):
        while "shown" not in [card.state for request in asked for card in await world.cards(request)]:  # noqa: ASYNC110
            await asyncio.sleep(0)
    world.clock.turn(61)
    claimed = await world.claim("somebody else")
    await asyncio.wait_for(draining, 5)
    assert len(claimed) == 1
    assert world.board.calls.count("post") == 1


async def test_two_couriers_on_one_store_show_each_card_once(world: World) -> None:
    requests = [await world.ask() for _ in range(10)]
    couriers = [world.courier("first"), world.courier("second")]
    await asyncio.gather(*(courier.drain() for courier in couriers))
    assert len(world.board.standing("#deploys")) == len(requests)
    assert world.board.calls.count("post") == len(requests)


async def test_stopping_ends_what_is_on_its_way_and_lets_the_lease_go(world: World) -> None:
    request = await world.ask()
    world.board.fails("post", Hang())
    running = asyncio.create_task(world.courier("first").run())
    await world.until(lambda: world.board.at_once == 1)
    running.cancel()
    await asyncio.sleep(0)
    world.board.released.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [card.state for card in await world.cards(request)] == ["shown"]
    await world.ask()
    await world.courier("second").drain()
    assert len(world.board.messages) == 2


async def test_what_hangs_while_stopping_is_left_and_made_good_later(world: World) -> None:
    await world.ask()
    world.board.fails("post", Hang())
    running = asyncio.create_task(world.courier("first").run())
    await world.until(lambda: world.board.at_once == 1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    courier = world.courier("second")
    await world.turn(30, courier)
    await world.turn(60, courier)
    assert len(world.board.standing("#deploys")) == 1


async def test_the_loop_serves_what_is_nudged_and_comes_back_by_itself(world: World) -> None:
    courier = world.courier()
    running = asyncio.create_task(courier.run())
    await world.ask()
    courier.nudge("org", "req", 1)
    await world.until(lambda: len(world.board.messages) == 1)
    world.board.fails("post", Lost(done=False))
    await world.ask()
    courier.nudge("org", "req", 1)
    await world.until(lambda: world.board.calls.count("post") == 2)
    await world.until(lambda: a_while_later(world, courier) and len(world.board.messages) == 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def a_while_later(world: World, courier: Courier) -> bool:
    world.clock.turn(1)
    courier.nudge()
    return True


async def test_a_courier_ends_when_told_to_in_the_moment_it_is_woken(world: World) -> None:
    courier = world.courier("leaving")
    running = asyncio.create_task(courier.run())
    await world.ask()
    while not world.board.messages:  # noqa: ASYNC110 (the courier tells nobody what it has posted)
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)  # at rest: what it does between rounds is what may swallow a cancellation
    courier.nudge()
    await asyncio.sleep(0)
    running.cancel()
    ended, _ = await asyncio.wait({running}, timeout=20)
    assert ended == {running}
    assert running.cancelled()


async def test_what_another_told_while_the_lease_was_away_silences_nothing_after_it(world: World) -> None:
    """The first one stalls, a second one tells its line and stops; the first one has the lease again, and never was refused."""
    request = await world.ask()
    first = world.courier("first")
    await first.drain()
    world.board.fails("tell", OutletBusy(30))
    await world.do("ada", request, c.Comment("one"))
    await first.drain()
    await world.turn(31, world.courier("second"))
    await world.do("ada", request, c.Comment("two"))
    await world.turn(20, first)
    assert lines(world, "#deploys") == ["Ada: one", "Ada: two"]


async def test_a_look_from_before_a_line_was_told_silences_nothing_after_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock jumps, so what is being told has a claim that lapsed, and a look finds it due; then it is told."""
    watched, request = Watched(world.store), await world.ask()
    courier = courier_on(world, watched)
    await courier.drain()
    (route,) = courier._routes.values()
    world.board.pace = replace(QUICK, post_gap=100, burst=1)
    announced, told = asyncio.Event(), asyncio.Event()
    note = Road.note

    async def late(road: Road, row: Notice, change: Any) -> Notice:
        announced.set()
        await told.wait()
        return await note(road, row, change)

    async def meanwhile() -> None:
        told.set()
        await asyncio.wait(set(route._in_hand.values()))

    monkeypatch.setattr(Road, "note", late)
    await world.do("ada", request, c.Comment("one"))
    await route.round()
    await announced.wait()
    world.clock.turn(61)
    assert await world.store.transact(lambda tx: tx.hold_lease("courier:board", "one", 15))
    watched.meanwhile = meanwhile
    await route.round()
    await world.do("ada", request, c.Comment("two"))
    await world.turn(100, courier)
    assert lines(world, "#deploys") == ["Ada: one", "Ada: two"]


class Stalling(Watched):
    """Its first glance is answered late, with what was there when it was asked."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def glance(self, work: Callable[[Reader], Any]) -> Any:
        found = await super().glance(work)
        self.asked.set()
        await self.goes_on.wait()
        return found


async def test_whoever_comes_too_late_does_not_have_a_line_told_again(world: World) -> None:
    """It still sees no card, would wait for one, and by that called the line due that another has told long since."""
    request = await world.ask()
    world.board.fails("post", Lost(done=True))
    await world.do("ada", request, c.Comment("one"))
    stalling = Stalling(world.store)
    first, second = courier_on(world, stalling), world.courier("second")
    serving = asyncio.create_task(first.drain())
    await stalling.asked.wait()
    await world.turn(61, second)
    await world.turn(61, second)
    assert lines(world, "#deploys") == ["Ada: one"]
    stalling.goes_on.set()
    await serving
    await world.turn(61, second)
    assert lines(world, "#deploys") == ["Ada: one"]
