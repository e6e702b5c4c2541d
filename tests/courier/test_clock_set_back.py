"""The clock on the wall is set back: the courier goes on as if nothing had happened, and doubles nothing."""

import asyncio
import contextlib
from dataclasses import dataclass, replace

import pytest

from core.courier import Courier, OutletBusy
from core.model import command as c
from tests.courier.outlet import QUICK, Hang, Killed, Lost
from tests.courier.world import PATIENCE, World

pytestmark = pytest.mark.anyio

HOUR = 3600.0


@dataclass
class Times:
    """The clock on the wall and the steady one, which go alike but where the first is set."""

    world: World
    steady: float = 0.0

    def courier(self, owner: str) -> Courier:
        for board in self.world.boards:
            board.revive()
        return Courier(self.world.store, self.world.boards, owner=owner, patience=PATIENCE, seconds=lambda: self.steady)

    async def pass_by(self, courier: Courier, *seconds: float) -> None:
        for each in seconds:
            self.steady += each
            self.world.clock.turn(each)
            await courier.drain()

    def set_back(self) -> None:
        self.world.clock.turn(-HOUR)


@pytest.fixture
def times(world: World) -> Times:
    return Times(world)


async def test_what_was_put_back_comes_when_it_was_to_come(world: World, times: Times) -> None:
    world.board.fails("post", OutletBusy(100))
    await world.ask()
    courier = times.courier("one")
    await courier.drain()
    times.set_back()
    await times.pass_by(courier, 6, 40, 40)
    assert world.board.calls.count("post") == 1
    await times.pass_by(courier, 20)
    assert len(world.board.standing("#deploys")) == 1


async def test_a_card_waiting_in_a_long_line_keeps_its_place(world: World, times: Times) -> None:
    world.board.pace = replace(QUICK, post_gap=100)
    asked = [await world.ask() for _ in range(5)]
    courier = times.courier("one")
    await courier.drain()
    times.set_back()
    await times.pass_by(courier, 6)
    for standing in (2, 3, 4, 5):
        await times.pass_by(courier, 100)
        assert len(world.board.standing("#deploys")) == standing
    shown = [await world.request_of(message.delivery, asked) for message in world.board.messages.values()]
    assert shown == [request.id for request in asked]


@pytest.mark.parametrize("lost", [OutletBusy(30), Lost(done=False), Lost(done=True)], ids=["busy", "not done", "done"])
@pytest.mark.parametrize("is_killed", [False, True], ids=["ended", "killed"])
async def test_after_a_restart_too_it_is_not_silent_until_the_clock_is_where_it_was(
    world: World, times: Times, is_killed: bool, lost: Lost | OutletBusy
) -> None:
    first = await world.ask()
    before = times.courier("before")
    await before.drain()
    world.board.fails("post", lost)
    second = await world.ask()
    if is_killed:
        await before.drain()
    else:
        running = asyncio.create_task(before.run())
        await world.until(lambda: world.board.calls.count("post") == 2)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    times.set_back()
    await world.do("ada", first, c.Approve())
    await world.do("ada", second, c.Approve())
    after = times.courier("after")
    await after.drain()
    await times.pass_by(after, 16, 10, 10, 10, 20, 20, 20)
    assert [message.status for message in world.board.standing("#deploys")] == ["approved", "approved"]
    assert world.board.calls.count("post") == (2 if lost == Lost(done=True) else 3)


@pytest.mark.parametrize("done", [True, False], ids=["posted", "not posted"])
async def test_a_post_on_its_way_when_the_process_was_killed_is_there_once(
    world: World, times: Times, done: bool
) -> None:
    await world.ask()
    world.board.fails("post", Killed(done=done))
    await times.courier("before").drain()
    times.set_back()
    after = times.courier("after")
    await after.drain()
    await times.pass_by(after, *[16] * 10)
    assert len(world.board.standing("#deploys")) == 1


async def test_a_claim_of_the_dead_lapses_after_a_minute(world: World, times: Times) -> None:
    await world.ask()
    assert await world.store.transact(lambda tx: tx.hold_lease("courier:board", "before", 15))
    await world.claim("before")
    times.set_back()
    after = times.courier("after")
    await after.drain()
    await times.pass_by(after, 16, 30)
    assert world.board.messages == {}
    await times.pass_by(after, 16)
    assert len(world.board.standing("#deploys")) == 1


async def test_what_is_on_its_way_meanwhile_is_left_alone_by_the_others(world: World, times: Times) -> None:
    world.board.can_look_up = False
    world.board.fails("post", Hang())
    await world.ask()
    one, other = times.courier("one"), times.courier("other")
    serving = asyncio.create_task(one.drain())
    await world.until(lambda: world.board.at_once == 1)
    times.set_back()
    await other.drain()
    await times.pass_by(other, 6, 2)
    world.board.released.set()
    await serving
    for _ in range(10):
        await times.pass_by(one, 5)
        await other.drain()
        await times.pass_by(one, 5)
    assert world.board.calls.count("post") == 1
    assert len(world.board.standing("#deploys")) == 1


async def test_what_is_to_be_told_is_told(world: World, times: Times) -> None:
    request = await world.ask()
    courier = times.courier("one")
    await courier.drain()
    world.board.fails("tell", OutletBusy(100))
    await world.do("ada", request, c.Comment("looks fine"))
    await world.do("ada", request, c.Comment("indeed"))
    await courier.drain()
    times.set_back()
    await times.pass_by(courier, 6, *[10] * 11)
    assert [sentence for place, sentence in world.board.told if place == "#deploys"][-2:] == [
        next(said for _, said in world.board.told if "looks fine" in said),
        next(said for _, said in world.board.told if "indeed" in said),
    ]


async def test_a_post_that_nobody_can_find_is_repeated_after_a_minute(world: World, times: Times) -> None:
    world.board.can_look_up = False
    await world.ask()
    world.board.fails("post", Lost(done=False))
    courier = times.courier("one")
    await courier.drain()
    times.set_back()
    await times.pass_by(courier, *[10] * 8)
    assert len(world.board.standing("#deploys")) == 1
