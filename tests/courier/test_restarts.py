"""Crashes, restarts and replicas: nothing is lost, nothing is shown twice, and one courier serves an outlet at a time."""

import asyncio
from dataclasses import replace

import pytest

from core.courier import Courier
from core.model import command as c
from tests.courier.outlet import QUICK, Hang, Killed, Lost
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
