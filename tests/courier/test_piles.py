"""Piles: whatever is due in one place leaves as one message, however much it is, and never twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from core.courier import OutletBusy, OutletRefused, Reminder
from core.courier.piles import SLICE
from core.model.request import Request
from core.ports import Notice, Transaction
from tests.courier.outlet import Board, Lost
from tests.courier.world import ORG, World

pytestmark = pytest.mark.anyio


@dataclass
class Gathering(Board):
    """Remembers how many requests each message was about."""

    gathered: list[tuple[str, int]] = field(default_factory=list)

    async def gather(self, organisation: str, place: str, reminders: Sequence[Reminder], more: int) -> None:
        await self._meet("gather", lambda: self.gathered.append((place, len(reminders) + more)))


@pytest.fixture
def board(world: World) -> Gathering:
    made = Gathering()
    world.boards[0] = made
    return made


async def pile_up(world: World, place: str, *requests: Request, times: int = 1) -> None:
    """So many reminders of each of these, due now."""

    def work(tx: Transaction) -> None:
        now = tx.now()
        tx.notify(
            [
                Notice(
                    f"ntc_{place}_{request.number}_{time}",
                    ORG,
                    request.id,
                    f"{request.id}:{100 + time}",
                    "board",
                    place,
                    "reminder",
                    "It still waits.",
                    state="piled",
                    next_try_at=now,
                )
                for request in requests
                for time in range(times)
            ]
        )

    await world.store.transact(work)


async def test_a_pile_of_several_slices_is_one_message(world: World, board: Gathering) -> None:
    asked = [await world.ask() for _ in range(3)]
    await pile_up(world, "member:ada", *asked, times=SLICE)
    await world.courier().drain()
    assert board.gathered == [("member:ada", 3)]


async def test_each_place_has_its_own_message(world: World, board: Gathering) -> None:
    asked = [await world.ask() for _ in range(2)]
    places = ["#deploys", *(f"member:{name}" for name in ("ada", "bob", "cleo"))]
    for place in places:
        await pile_up(world, place, *asked)
    await world.courier().drain()
    assert sorted(board.gathered) == [(place, 2) for place in places]


async def test_what_slack_was_too_busy_for_is_told_once_and_whole(world: World, board: Gathering) -> None:
    asked = [await world.ask() for _ in range(2)]
    await pile_up(world, "member:ada", *asked, times=SLICE)
    board.fails("gather", OutletBusy(30))
    courier = world.courier()
    await courier.drain()
    assert board.gathered == []
    await world.turn(31, courier)
    await world.turn(300, courier)
    assert board.gathered == [("member:ada", 2)]


async def test_a_pile_refused_in_passing_is_tried_again(world: World, board: Gathering) -> None:
    asked = [await world.ask() for _ in range(2)]
    await pile_up(world, "member:ada", *asked)
    board.fails("gather", OutletRefused("try_later", permanent=False))
    courier = world.courier()
    await courier.drain()
    await world.turn(301, courier)
    assert board.gathered == [("member:ada", 2)]


async def test_a_pile_of_unknown_outcome_counts_as_told(world: World, board: Gathering) -> None:
    asked = [await world.ask() for _ in range(2)]
    await pile_up(world, "member:ada", *asked)
    board.fails("gather", Lost(done=True))
    courier = world.courier()
    await courier.drain()
    await world.turn(301, courier)
    assert board.gathered == [("member:ada", 2)]
