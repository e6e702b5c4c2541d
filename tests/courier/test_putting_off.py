"""What cannot go yet is put off together, unclaimed: it costs little, holds up nothing else, and loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.courier import Courier, OutletBusy, Patience
from core.courier.errands import Parted, Sieve
from core.courier.route import LOOK
from core.model import command as c
from core.model.request import Request
from core.ports import Delivery, Due, Reader, Store, Transaction
from tests.courier.outlet import QUICK, Board, Lost
from tests.courier.test_notices import lines
from tests.courier.world import ORG, World

pytestmark = pytest.mark.anyio

CROWD = 100
SLOW = replace(QUICK, post_gap=100, updates=0.6, burst=1)


class Watched:
    """A store that counts what it is asked for, and lets something happen right after a look."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.transactions = 0
        self.reads = 0
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def transact(self, work: Callable[[Transaction], Any], **how: Any) -> Any:
        self.transactions += 1
        return await self._store.transact(work, **how)

    async def read(self, work: Callable[[Reader], Any]) -> Any:
        self.reads += 1
        found = await self._store.read(work)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return found

    async def glance(self, work: Callable[[Reader], Any]) -> Any:
        self.reads += 1
        return await self._store.glance(work)


@pytest.fixture
def watched(world: World) -> Watched:
    return Watched(world.store)


def courier_on(world: World, store: Watched, linger: float = 0.0) -> Courier:
    patience = Patience(linger=linger, parting=0.2)
    return Courier(store, world.boards, owner="one", patience=patience, seconds=world.clock.seconds)  # type: ignore[arg-type]


async def shown(world: World, count: int = 1) -> list[Request]:
    """So many requests, on show in one channel by an outlet that is slow from now on."""
    requests = [await world.ask(approvers=("@team",)) for _ in range(count)]
    await world.courier("one").drain()
    world.board.pace = SLOW
    return requests


async def as_they_stand(world: World, *requests: Request) -> list[Delivery]:
    return [card for request in requests for card in await world.cards(request)]


async def test_a_crowd_that_must_wait_costs_a_few_transactions_and_reads_and_no_tasks(
    world: World, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cost three transactions and a read for each click, when they came quicker than Slack's pace."""
    requests = await shown(world, CROWD)
    for request in requests:
        await world.do("ada", request, c.Comment("one"))
    tasks: list[str] = []
    create_task = asyncio.create_task

    def counted(work: Any, **how: Any) -> Any:
        tasks.append(work.__qualname__)
        return create_task(work, **how)

    monkeypatch.setattr(asyncio, "create_task", counted)
    await courier_on(world, watched).drain()
    assert world.board.calls[CROWD:] == ["update", "tell"]
    assert watched.transactions < 15
    assert watched.reads < 15
    assert len(tasks) < 10


async def test_all_that_was_put_off_goes_in_its_turn(world: World, watched: Watched) -> None:
    requests = await shown(world, 5)
    for request in requests:
        await world.do("ada", request, c.Comment("one"))
    courier = courier_on(world, watched)
    await courier.drain()
    for turn in range(1, 6):
        assert world.board.calls.count("update") == turn
        assert len(lines(world, "#deploys")) == turn
        await world.turn(100, courier)
    assert all(card.wanted == card.shown for card in await as_they_stand(world, *requests))


async def test_what_stands_behind_a_thousand_that_must_wait_goes_within_a_few_looks(
    world: World, watched: Watched
) -> None:
    world.board.pace = SLOW

    def crowd(tx: Transaction) -> None:
        tx.deliver([Delivery(f"dlv_!{n}", ORG, f"req_{n}", "board", "#deploys", 1, 0, "new") for n in range(1000)])

    await world.store.transact(crowd)
    await world.ask(notify=("#quiet",))
    await courier_on(world, watched).drain()
    assert len(world.board.standing("#quiet")) == 1
    assert watched.reads <= 1000 // LOOK + 10


async def test_a_card_that_is_decided_on_while_it_is_put_off_shows_the_decision_in_its_turn(
    world: World, watched: Watched
) -> None:
    requests = await shown(world, 4)
    for request in requests:
        await world.do("ada", request, c.Comment("one"))

    async def decide() -> None:
        for request in requests:
            await world.do("ada", request, c.Approve())

    watched.meanwhile = decide
    courier = courier_on(world, watched)
    await courier.drain()
    for turn in range(1, 5):
        statuses = [message.status for message in world.board.standing("#deploys")]
        assert sorted(statuses) == ["approved"] * turn + ["pending"] * (4 - turn)
        await world.turn(100, courier)
    assert all(card.wanted == card.shown for card in await as_they_stand(world, *requests))


async def test_what_another_courier_claims_meanwhile_is_left_to_it(world: World, watched: Watched) -> None:
    requests = await shown(world, 4)
    for request in requests:
        await world.do("ada", request, c.Approve())
    before = [card.next_try_at for card in await as_they_stand(world, *requests)]
    watched.meanwhile = lambda: world.claim("another")
    await courier_on(world, watched).drain()
    assert world.board.calls.count("update") == 0
    assert [card.next_try_at for card in await as_they_stand(world, *requests)] == before


async def test_what_a_command_gives_another_moment_meanwhile_keeps_it(world: World, watched: Watched) -> None:
    first, second = await shown(world, 2)
    for request in (first, second):
        await world.do("ada", request, c.Comment("one"))
    [card] = await world.cards(second)
    later = world.clock.now() + timedelta(seconds=7)

    async def another_moment() -> None:
        await world.store.transact(lambda tx: tx.record_delivery(replace(card, next_try_at=later)))

    watched.meanwhile = another_moment
    await courier_on(world, watched).drain()
    assert [one.next_try_at for one in await world.cards(second)] == [later]


async def test_a_thread_is_told_by_the_errand_that_posts_its_card(world: World, watched: Watched) -> None:
    request = await world.ask(approvers=("@team",))
    for number in range(3):
        await world.do("ada", request, c.Comment(f"remark {number}"))
    await courier_on(world, watched).drain()
    assert world.board.calls == ["post", *["tell"] * 3]


async def test_lines_that_have_waited_go_together_where_there_is_room(world: World, watched: Watched) -> None:
    [request] = await shown(world)
    world.board.pace = QUICK
    world.board.fails("tell", OutletBusy(30))
    courier = courier_on(world, watched)
    for number in range(3):
        await world.do("ada", request, c.Comment(f"remark {number}"))
    await courier.drain()
    assert lines(world, "#deploys") == []
    await world.turn(31, courier)
    await world.turn(1, courier)
    assert [line[-1] for line in lines(world, "#deploys")] == list("012")


async def test_what_is_put_off_is_not_overtaken_by_what_comes_when_its_way_is_free(
    world: World, watched: Watched
) -> None:
    world.board.fails("post", Lost(done=True))
    request = await world.ask(approvers=("@team",))
    courier = courier_on(world, watched)
    await courier.drain()
    await world.do("ada", request, c.Comment("remark 0"))
    await courier.drain()  # no thread yet
    [card] = await world.cards(request)
    await courier.adopt(card, {"id": 1})
    await world.do("ada", request, c.Comment("remark 1"))
    await courier.drain()
    assert lines(world, "#deploys") == []
    await world.turn(1, courier)
    await world.turn(1, courier)
    assert [line[-1] for line in lines(world, "#deploys")] == list("01")


async def test_a_thread_whose_card_has_an_hour_to_wait_looks_when_that_is_over_and_no_sooner(
    world: World, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.board.pace = SLOW
    put_off: list[str] = []
    part = Sieve.part

    def parted(sieve: Sieve, due: Due) -> Parted:
        found = part(sieve, due)
        put_off.extend(later.id for later in found.later_notices)
        return found

    monkeypatch.setattr(Sieve, "part", parted)
    requests = [await world.ask(approvers=("@team",)) for _ in range(4)]
    for request in requests:
        await world.do("ada", request, c.Comment("early"))
    courier = courier_on(world, watched)
    await courier.drain()
    for _ in range(100):
        await world.turn(10, courier)
    assert len(lines(world, "#deploys")) == 4
    assert len(put_off) <= 4 * 3


class Unsure(Board):
    """It must ask somebody where anything goes."""

    def known_spot(self, *_: Any) -> None:  # type: ignore[override]
        return None

    async def spot(self, organisation: str, place: str, address: Any) -> Any:
        return super().known_spot(organisation, place, address)


async def test_an_outlet_that_must_ask_where_something_goes_is_asked_by_errands_and_paced_alike(
    world: World, watched: Watched
) -> None:
    world.boards[0] = Unsure(pace=SLOW)
    for _ in range(3):
        await world.ask()
    courier = courier_on(world, watched)
    await courier.drain()
    for turn in range(1, 4):
        assert len(world.board.standing("#deploys")) == turn
        await world.turn(100, courier)


async def test_a_row_that_cannot_be_parted_holds_up_no_other(world: World, watched: Watched) -> None:
    class Broken(Board):
        def known_spot(self, organisation: str, place: str, address: Any) -> Any:
            if place == "#broken":
                raise ZeroDivisionError
            return super().known_spot(organisation, place, address)

    world.boards[0] = Broken()
    for place in ("#broken", "#deploys"):
        await world.ask(notify=(place,))
    await courier_on(world, watched).drain()
    assert len(world.board.standing("#deploys")) == 1
