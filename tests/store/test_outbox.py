"""Deliveries, notices and leases: the queue of what is not on show yet."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from operator import methodcaller
from typing import Any

import pytest

from core.model.request import Request
from core.ports import Delivery, Later, Notice, Transaction
from core.store.engine import Engine
from tests.store.builders import ORG, Clock, a_request, comment_on, store_new

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)


def a_delivery(request: Request, place: str = "#deploys", **changes: Any) -> Delivery:
    plain = Delivery(f"dlv_{request.number}_{place}", ORG, request.id, "slack", place, request.version, 0, "new")
    return replace(plain, **changes)


def a_notice(request: Request, place: str = "member:mem_ada", **changes: Any) -> Notice:
    plain = Notice(
        f"ntc_{request.number}_{place}", ORG, request.id, f"{request.id}:1", "slack", place, "opened", "Look."
    )
    return replace(plain, **changes)


async def shown_in(store: Engine, *deliveries: Delivery) -> Request:
    request = await store.transact(store_new(a_request()))
    mine = [replace(delivery, request=request.id) for delivery in deliveries] or [a_delivery(request)]
    await store.transact(lambda tx: tx.deliver(mine))
    return request


async def claimed(store: Engine, owner: str = "one", outlet: str = "slack", limit: int = 10) -> Sequence[Delivery]:
    return await store.transact(
        lambda tx: tx.claim_deliveries([one.id for one in tx.due_out(outlet, limit).deliveries], owner, 30)
    )


async def claimed_notices(store: Engine) -> Sequence[Notice]:
    return await store.transact(
        lambda tx: tx.claim_notices([one.id for one in tx.due_out("slack", 9).notices], "one", 30)
    )


async def test_a_new_delivery_is_behind_until_it_shows_the_version(store: Engine) -> None:
    request = await shown_in(store)
    (delivery,) = await claimed(store)
    address = {"channel": "C1", "ts": "1.2"}
    await store.transact(
        lambda tx: tx.record_delivery(replace(delivery, state="shown", shown=delivery.wanted, address=address))
    )
    assert await claimed(store) == []
    (kept,) = await store.read(lambda reader: reader.deliveries(request.id))
    assert (kept.state, kept.shown, kept.address) == ("shown", 1, address)


async def test_what_is_shown_in_one_channel_is_due_anew_and_nothing_else(store: Engine) -> None:
    for place, channel in (("#deploys", "C1"), ("#agents", "C2")):
        await shown_in(store, a_delivery(a_request(), place))
        (delivery,) = await claimed(store)
        address = {"channel": channel, "ts": "1.2"}
        await store.transact(
            lambda tx, one=delivery, at=address: tx.record_delivery(  # type: ignore[misc]
                replace(one, state="shown", shown=one.wanted, address=at)
            )
        )
    assert await store.transact(lambda tx: tx.draw_again("org_other", "slack", "C1")) == 0
    assert await store.transact(lambda tx: tx.draw_again(ORG, "slack", "C1")) == 1
    assert [delivery.place for delivery in await claimed(store)] == ["#deploys"]


async def test_every_save_puts_the_card_behind_again(store: Engine) -> None:
    request = await shown_in(store)
    (delivery,) = await claimed(store)
    await store.transact(lambda tx: tx.record_delivery(replace(delivery, state="shown", shown=delivery.wanted)))
    await store.transact(comment_on(request.id))
    (again,) = await claimed(store)
    assert (again.wanted, again.shown) == (2, 1)


async def test_a_change_made_while_it_was_drawn_is_not_forgotten(store: Engine) -> None:
    request = await shown_in(store)
    (delivery,) = await claimed(store)
    await store.transact(comment_on(request.id))
    await store.transact(lambda tx: tx.record_delivery(replace(delivery, state="shown", shown=delivery.wanted)))
    (again,) = await claimed(store)
    assert (again.wanted, again.shown) == (2, 1)


async def test_a_claimed_delivery_is_nobody_elses_until_the_claim_ends(store: Engine, clock: Clock) -> None:
    await shown_in(store)
    assert len(await claimed(store, "one")) == 1
    assert await claimed(store, "two") == []
    clock.turn(MINUTE)
    assert len(await claimed(store, "two")) == 1


async def test_many_claimants_share_the_queue_without_overlap(store: Engine) -> None:
    for _ in range(6):
        await shown_in(store)
    shares = await asyncio.gather(*(claimed(store, f"courier {n}") for n in range(4)))
    ids = [delivery.id for share in shares for delivery in share]
    assert len(ids) == len(set(ids)) == 6


async def test_a_delivery_waits_for_its_next_try(store: Engine, clock: Clock) -> None:
    await shown_in(store)
    (delivery,) = await claimed(store)
    later = replace(delivery, attempts=1, next_try_at=clock.now() + MINUTE, problem="ratelimited")
    await store.transact(lambda tx: tx.record_delivery(later))
    assert await claimed(store) == []
    clock.turn(2 * MINUTE)
    (again,) = await claimed(store)
    assert (again.attempts, again.problem) == (1, "ratelimited")


async def test_a_lost_delivery_is_left_alone(store: Engine) -> None:
    await shown_in(store)
    (delivery,) = await claimed(store)
    await store.transact(lambda tx: tx.record_delivery(replace(delivery, state="lost")))
    assert await claimed(store) == []


async def test_a_place_shows_a_request_once(store: Engine) -> None:
    """One card per place."""
    request = await shown_in(store)
    await store.transact(lambda tx: tx.deliver([a_delivery(request, id="dlv_again")]))
    assert len(await store.read(lambda reader: reader.deliveries(request.id))) == 1


async def test_an_outlet_claims_only_its_own(store: Engine) -> None:
    request = await shown_in(store)
    await store.transact(lambda tx: tx.deliver([a_delivery(request, id="dlv_board", outlet="board")]))
    assert [delivery.id for delivery in await claimed(store, outlet="board")] == ["dlv_board"]


async def test_a_notice_is_told_once_per_event_place_and_outlet(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))
    notice = a_notice(request, extra={"question": "q1"})
    for _ in range(2):
        await store.transact(lambda tx: tx.notify([notice, a_notice(request, "thread")]))
    await store.transact(lambda tx: tx.notify([replace(notice, id="ntc_other")]))
    claims = await claimed_notices(store)
    assert sorted(found.place for found in claims) == ["member:mem_ada", "thread"]
    assert notice in claims


async def test_a_told_notice_leaves_the_queue(store: Engine, clock: Clock) -> None:
    request = await store.transact(store_new(a_request()))
    await store.transact(lambda tx: tx.notify([a_notice(request)]))

    def tell(tx: Transaction) -> int:
        found = tx.claim_notices([one.id for one in tx.due_out("slack", 9).notices], "one", 30)
        for notice in found:
            tx.record_notice(replace(notice, state="sent", attempts=1, address={"ts": "1.2"}))
        return len(found)

    assert [await store.transact(tell), await store.transact(tell)] == [1, 0]
    clock.turn(MINUTE)
    assert await store.transact(tell) == 0


async def test_a_lease_has_one_owner_at_a_time(store: Engine, clock: Clock) -> None:
    async def held(owner: str) -> bool:
        return await store.transact(lambda tx: tx.hold_lease("slack:T1", owner, 30))

    assert [await held("one"), await held("one"), await held("two")] == [True, True, False]
    clock.turn(MINUTE)
    assert [await held("two"), await held("one")] == [True, False]


async def test_a_lease_from_before_the_clock_was_set_back_lasts_no_longer_than_any_other(
    store: Engine, clock: Clock
) -> None:
    async def held(owner: str) -> bool:
        return await store.transact(lambda tx: tx.hold_lease("slack:T1", owner, 30))

    assert await held("one")
    clock.turn(-60 * MINUTE)
    assert not await held("two")
    clock.turn(MINUTE / 4)
    assert [await held("one"), await held("two")] == [True, False]
    clock.turn(MINUTE)
    assert await held("two")


async def test_whoever_lets_go_of_a_lease_shortens_nobody_elses(store: Engine) -> None:
    async def held(owner: str, seconds: float) -> bool:
        return await store.transact(lambda tx: tx.hold_lease("slack:T1", owner, seconds))

    assert await held("one", 30)
    assert not await held("two", 0)
    assert not await held("two", 30)


async def set_back(store: Engine, clock: Clock, by: timedelta) -> float:
    clock.turn(-by)
    return await store.transact(lambda tx: tx.follow_clock("slack", "courier:slack", 15, 60))


async def test_what_waits_waits_as_long_as_before_after_the_clock_was_set_back(store: Engine, clock: Clock) -> None:
    request = await store.transact(store_new(a_request()))
    later = clock.now() + MINUTE * 30
    places = {f"#{seconds:04d}": clock.now() + timedelta(seconds=seconds) for seconds in (-600, 30, 500, 5000)}
    cards = [a_delivery(request, place, next_try_at=at) for place, at in places.items()]
    lines = [a_notice(request, f"member:{place}", next_try_at=at) for place, at in places.items()]
    await store.transact(lambda tx: tx.deliver([*cards, a_delivery(request, "#at once")]))
    await store.transact(lambda tx: tx.deliver([a_delivery(request, id="dlv_b", outlet="board", next_try_at=later)]))
    await store.transact(lambda tx: tx.notify(lines))
    assert await store.transact(lambda tx: tx.hold_lease("courier:slack", "one", 15))
    assert await set_back(store, clock, 60 * MINUTE) == pytest.approx(3600, abs=5)
    assert await store.transact(lambda tx: tx.hold_lease("courier:slack", "one", 15))
    assert await set_back(store, clock, timedelta(0)) == 0
    for due, seconds in ((2, 31), (3, 470), (4, 4400), (4, 100), (5, 0)):
        found = await store.read(lambda reader: reader.due_out("slack", 10))
        assert (len(found.deliveries), len(found.notices)) == (due, due - 1)
        clock.turn(timedelta(seconds=seconds))
    assert await claimed(store, outlet="board") == []


async def test_a_claim_from_before_the_clock_was_set_back_ends_like_one_made_now(store: Engine, clock: Clock) -> None:
    await shown_in(store)
    assert await store.transact(lambda tx: tx.hold_lease("courier:slack", "one", 15))
    assert len(await claimed(store)) == 1
    await set_back(store, clock, 60 * MINUTE)
    assert await claimed(store) == []
    clock.turn(MINUTE)
    assert len(await claimed(store)) == 1


async def test_what_is_piled_for_somebodys_working_hours_waits_for_them(store: Engine, clock: Clock) -> None:
    request = await store.transact(store_new(a_request()))
    piled = [
        a_notice(request, f"member:{minutes}", state="piled", word="told", next_try_at=clock.now() + minutes * MINUTE)
        for minutes in (-10, 3, 400)
    ]
    await store.transact(lambda tx: tx.notify(piled))
    assert await store.transact(lambda tx: tx.hold_lease("courier:slack", "one", 15))
    await set_back(store, clock, 60 * MINUTE)

    async def told() -> list[str]:
        return [pile.place for pile in await store.transact(lambda tx: tx.claim_piles("slack", "one", 60, 9))]

    assert await told() == ["member:-10"]
    clock.turn(4 * MINUTE)
    assert await told() == ["member:-10", "member:3"]
    clock.turn(450 * MINUTE)
    assert await told() == ["member:-10", "member:3"]
    clock.turn(6 * MINUTE)
    assert sorted(await told()) == ["member:-10", "member:3", "member:400"]


async def test_no_clock_was_set_back_where_nobody_held_the_lease_or_it_is_over(store: Engine, clock: Clock) -> None:
    assert await set_back(store, clock, timedelta(0)) == 0
    assert await store.transact(lambda tx: tx.hold_lease("courier:slack", "one", 15))
    assert await set_back(store, clock, timedelta(0)) == 0
    assert await set_back(store, clock, timedelta(seconds=4)) == 0
    assert await set_back(store, clock, -MINUTE) == 0


async def test_of_many_who_want_a_lease_one_has_it(store: Engine) -> None:
    outcomes = await asyncio.gather(
        *(store.transact(methodcaller("hold_lease", "seal", f"replica {n}", 30)) for n in range(8))
    )
    assert outcomes.count(True) == 1


async def test_what_is_due_is_found_with_the_cards_of_its_threads(store: Engine) -> None:
    request = await shown_in(store)
    other = await shown_in(store)
    due = [a_notice(request, "thread"), a_notice(other)]
    await store.transact(lambda tx: tx.deliver([a_delivery(request, id="dlv_board", outlet="board")]))
    await store.transact(lambda tx: tx.notify(due))
    found = await store.read(lambda reader: reader.due_out("slack", 10))
    assert sorted(card.request for card in found.deliveries) == sorted([request.id, other.id])
    assert sorted(found.notices, key=lambda one: one.id) == sorted(due, key=lambda one: one.id)
    assert {of: [card.outlet for card in cards] for of, cards in found.cards.items()} == {request.id: ["slack"]}


async def put_off(store: Engine, *seen: Delivery, seconds: float = 30) -> None:
    later = [Later(one.id, one.next_try_at, seconds) for one in seen]
    await store.transact(lambda tx: tx.put_off_deliveries(later))


async def test_what_is_put_off_is_due_in_so_many_seconds_and_otherwise_as_it_was(store: Engine, clock: Clock) -> None:
    request = await shown_in(store)
    [seen] = (await store.read(lambda reader: reader.due_out("slack", 10))).deliveries
    await store.transact(comment_on(request.id))
    await put_off(store, seen)
    assert await claimed(store) == []
    clock.turn(MINUTE)
    [after] = await claimed(store)
    assert replace(after, next_try_at=None) == replace(seen, wanted=seen.wanted + 1)


async def test_each_of_many_is_put_off_to_its_own_moment(store: Engine, clock: Clock) -> None:
    request = await store.transact(store_new(a_request()))
    many = [a_notice(request, f"member:{n:03d}") for n in range(150)]
    await store.transact(lambda tx: tx.notify(many))
    later = [Later(one.id, None, 60 * (number + 0.5)) for number, one in enumerate(many)]
    await store.transact(lambda tx: tx.put_off_notices(later))
    for hour in range(4):
        found = await store.read(lambda reader: reader.due_out("slack", 200))
        assert len(found.notices) == min(60 * hour, 150)
        clock.turn(60 * MINUTE)


async def test_what_is_claimed_or_has_another_moment_by_now_is_not_put_off(store: Engine, clock: Clock) -> None:
    await shown_in(store)
    [seen] = await claimed(store)
    await put_off(store, seen, seconds=600)
    clock.turn(MINUTE)
    [again] = await claimed(store)
    at = clock.now() - MINUTE
    await store.transact(lambda tx: tx.record_delivery(replace(again, next_try_at=at)))
    await put_off(store, seen, seconds=600)
    assert [one.next_try_at for one in await claimed(store)] == [at]


async def test_what_is_on_show_by_now_is_not_put_off(store: Engine) -> None:
    request = await shown_in(store)
    [seen] = await claimed(store)
    await store.transact(lambda tx: tx.record_delivery(replace(seen, state="shown", shown=seen.wanted)))
    await put_off(store, seen)
    await store.transact(comment_on(request.id))
    assert len(await claimed(store)) == 1


async def test_clicks_and_putting_off_of_the_same_rows_do_not_hinder_each_other(store: Engine) -> None:
    """On PostgreSQL whoever locked rows of two requests, in whatever order, could wait for a click, and it for them."""
    first, second = await shown_in(store), await shown_in(store)
    seen = (await store.read(lambda reader: reader.due_out("slack", 10))).deliveries

    async def click(request: Request) -> None:
        await store.transact(comment_on(request.id))

    await asyncio.gather(
        *(click(request) for request in (first, second) * 5), *(put_off(store, *seen) for _ in range(10))
    )
    [one, two] = [card for each in (first, second) for card in await store.read(lambda r, id=each.id: r.deliveries(id))]  # type: ignore[misc]
    assert (one.wanted, two.wanted) == (6, 6)
