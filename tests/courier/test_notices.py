"""Notices: each once, after the cards they belong under, in the order in which things happened."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from core.courier import OutletBusy, OutletRefused
from core.courier.errands import Parted, Sieve
from core.courier.road import Road
from core.model import command as c
from core.ports import Due, Notice
from tests.courier.outlet import QUICK, Board, Hang, Lost
from tests.courier.world import ORG, World

pytestmark = pytest.mark.anyio


def lines(world: World, place: str) -> list[str]:
    return [sentence for where, sentence in world.board.told if where == place]


async def test_a_remark_is_a_line_under_every_card(world: World) -> None:
    request = await world.ask(approvers=("ada", "bob"))
    await world.do("ada", request, c.Comment("looks fine"))
    await world.courier().drain()
    assert {place for place, sentence in world.board.told if "looks fine" in sentence} == {
        "#deploys",
        "member:ada",
        "member:bob",
    }
    assert world.board.calls.index("tell") > world.board.calls.index("post")


async def test_lines_stand_in_the_order_in_which_things_happened(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    for number in range(6):
        await world.do("ada", request, c.Comment(f"remark {number}"))
    await world.courier().drain()
    assert [line[-1] for line in lines(world, "#deploys")] == list("012345")


async def test_order_is_kept_when_the_outlet_is_busy_in_between(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    world.board.fails("tell", OutletBusy(30))
    await world.do("ada", request, c.Comment("remark 0"))
    await courier.drain()
    await world.do("ada", request, c.Comment("remark 1"))
    await courier.drain()
    assert lines(world, "#deploys") == []
    for _ in range(4):
        await world.turn(31, courier)
    assert [line[-1] for line in lines(world, "#deploys")] == list("01")


async def test_nothing_overtakes_a_line_that_is_tried_again(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    world.board.fails("tell", OutletRefused("try_later", permanent=False))
    await world.do("ada", request, c.Comment("remark 0"))
    await courier.drain()
    await world.do("ada", request, c.Comment("remark 1"))
    await courier.drain()
    assert lines(world, "#deploys") == []
    for _ in range(4):
        await world.turn(2, courier)
    assert [line[-1] for line in lines(world, "#deploys")] == list("01")


async def test_a_thread_waits_for_its_card(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    world.board.fails("post", Lost(done=False))
    await world.do("ada", request, c.Comment("early"))
    courier = world.courier()
    await courier.drain()
    assert world.board.told == []
    await world.turn(70, courier)
    await world.turn(10, courier)
    assert len(lines(world, "#deploys")) == 1


async def test_a_notice_is_told_once_however_often_the_courier_goes(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    await world.do("ada", request, c.Comment("once"))
    for owner in ("one", "two", "three"):
        courier = world.courier(owner)
        await courier.drain()
        await world.turn(100, courier)
    assert len(lines(world, "#deploys")) == 1


async def test_a_reminder_of_unknown_outcome_counts_as_sent(world: World) -> None:
    request = await world.ask(approvers=("ada",))
    courier = world.courier()
    await courier.drain()
    world.board.fails("tell", *[Lost(done=True)] * 9)
    await world.do("rita", request, c.Remind())
    await courier.drain()
    told = list(world.board.told)
    await world.turn(3600, courier)
    assert told != []
    assert world.board.told == told


async def test_a_refused_notice_is_dropped_and_holds_up_no_other(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    world.board.fails("tell", OutletRefused("is_archived"))
    await world.do("ada", request, c.Comment("remark 0"))
    await courier.drain()
    await world.do("ada", request, c.Comment("remark 1"))
    await courier.drain()
    assert [line[-1] for line in lines(world, "#deploys")] == ["1"]


async def test_a_notice_refused_in_passing_is_tried_again(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    world.board.fails("tell", OutletRefused("try_later", permanent=False))
    await world.do("ada", request, c.Comment("remark"))
    await courier.drain()
    assert world.board.told == []
    await world.turn(5, courier)
    assert len(lines(world, "#deploys")) == 1


class Crier(Board):
    """It can tell outside users, too."""

    async def inform(self, notice: Notice) -> Notice:
        def say() -> Notice:
            self.told.append((notice.place, notice.sentence))
            return notice

        return await self._meet("tell", say)


async def what_is_no_requests(world: World) -> None:
    notice = Notice("ntc_1", ORG, "", "claim:1", "board", "identity:slack/T1/U9", "linked", "You are linked now.")
    await world.store.transact(lambda tx: tx.notify([notice]))


async def test_what_is_no_requests_is_told_once_and_waits_while_the_outlet_is_busy(world: World) -> None:
    world.boards[0] = board = Crier()
    board.fails("tell", OutletBusy(30))
    await what_is_no_requests(world)
    courier = world.courier()
    await courier.drain()
    assert board.told == []
    await what_is_no_requests(world)
    for _ in range(3):
        await world.turn(31, courier)
    assert board.told == [("identity:slack/T1/U9", "You are linked now.")]


async def test_an_outlet_that_knows_requests_alone_leaves_the_rest_untold(world: World) -> None:
    await what_is_no_requests(world)
    await world.courier().drain()
    assert (world.board.told, world.board.calls) == ([], [])
    assert not await world.store.read(lambda reader: reader.due_out("board", 10).notices)


async def test_a_notice_that_cannot_be_said_holds_up_no_other(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    world.board.fails("tell", ZeroDivisionError("a bug"))
    await world.do("ada", request, c.Comment("remark 0"))
    await world.do("ada", request, c.Comment("remark 1"))
    await courier.drain()
    assert [line[-1] for line in lines(world, "#deploys")] == ["1"]


async def test_reminders_in_one_channel_are_paced(world: World) -> None:
    world.board.pace = replace(QUICK, post_gap=1)
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    for number in range(5):
        await world.do("ada", request, c.Comment(f"remark {number}"))
    await courier.drain()
    assert lines(world, "#deploys") == []
    for _ in range(3):
        await world.turn(1, courier)
    assert 2 <= len(lines(world, "#deploys")) <= 3
    for _ in range(5):
        await world.turn(1, courier)
    assert [line[-1] for line in lines(world, "#deploys")] == list("01234")


async def test_a_line_behind_another_in_a_crowded_place_waits_for_its_turn_and_looks_no_oftener(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked every second, of three thousand decided requests each: the courier did little else, for hours."""
    put_off: list[str] = []
    note, part = Road.note, Sieve.part

    async def noted(road: Road, row: Notice, change: Callable[[datetime], Notice]) -> Notice:
        after = await note(road, row, change)
        if after.state == "due":
            put_off.append(after.id)
        return after

    def parted(sieve: Sieve, due: Due) -> Parted:
        found = part(sieve, due)
        put_off.extend(later.id for later in found.later_notices)
        return found

    requests = [await world.ask(approvers=("ada",)) for _ in range(4)]
    courier = world.courier()
    await courier.drain()
    world.board.pace = replace(QUICK, post_gap=100)
    monkeypatch.setattr(Road, "note", noted)
    monkeypatch.setattr(Sieve, "part", parted)
    for request in requests:
        await world.do("ada", request, c.Comment("first"))
        await world.do("ada", request, c.Comment("second"))
        await courier.drain()
    for _ in range(90):
        await world.turn(10, courier)
    assert 7 <= len(put_off) <= 2 * 8
    assert [sentence.rpartition(" ")[2] for sentence in lines(world, "#deploys")] == ["first", "second"] * 4


async def test_a_line_whose_first_one_failed_in_a_way_nobody_foresaw_goes_on(world: World) -> None:
    """It was announced, so it counts as told; those behind it waited for it for ever."""
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    world.board.fails("tell", OutletBusy(30), ZeroDivisionError())
    await world.do("ada", request, c.Comment("remark 0"))
    await courier.drain()
    await world.do("ada", request, c.Comment("remark 1"))
    for _ in range(4):
        await world.turn(31, courier)
    assert [line[-1] for line in lines(world, "#deploys")] == ["1"]


async def test_a_line_that_waited_for_a_refused_one_does_not_go_at_once(world: World) -> None:
    request = await world.ask(approvers=("ada",))
    courier = world.courier()
    await courier.drain()
    world.board.pace = replace(QUICK, post_gap=10)
    world.board.fails("tell", OutletRefused("try_later", permanent=False))
    for number in range(4):
        await world.do("ada", request, c.Comment(f"remark {number}"))
    await courier.drain()
    told = []
    for _ in range(90):
        before = len(lines(world, "#deploys"))
        await world.turn(1, courier)
        told.append(len(lines(world, "#deploys")) - before)
    assert [line[-1] for line in lines(world, "#deploys")] == list("0123")
    assert max(told) == 1


async def test_nothing_overtakes_a_line_that_waits_for_its_card_to_be_drawn(world: World) -> None:
    request = await world.ask(approvers=("@team",))
    courier = world.courier()
    await courier.drain()
    world.board.fails("update", Hang())
    running = asyncio.create_task(courier.run())
    await world.do("ada", request, c.Comment("remark 0"))
    courier.nudge()
    await world.until(lambda: world.board.at_once == 1)
    await world.do("ada", request, c.Comment("remark 1"))
    courier.nudge()
    await asyncio.sleep(0.3)  # long enough for the next look
    assert lines(world, "#deploys") == []
    world.board.released.set()
    await world.until(lambda: len(world.board.told) == 2)
    assert [line[-1] for line in lines(world, "#deploys")] == list("01")
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
