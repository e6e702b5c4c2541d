"""Any history of decisions, faults, crashes and restarts ends with one card per place that shows the last state."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from core.courier import OutletBusy, OutletRefused
from core.model import command as c
from core.model.request import Request
from tests.courier.outlet import Fault, Killed, Lost
from tests.courier.world import World, opened

OWNERS = ("first", "second")
FAULTS: tuple[Fault, ...] = (
    Lost(done=True),
    Lost(done=False),
    Killed(done=True),
    Killed(done=False),
    OutletBusy(7),
    OutletRefused("try_later", permanent=False),
    ZeroDivisionError("a bug"),
)

Step = tuple[str, object]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.none()),
        st.tuples(st.just("remark"), st.integers(0, 5)),
        st.tuples(st.just("turn"), st.sampled_from([1, 10, 70])),
        st.tuples(st.just("go"), st.sampled_from(OWNERS)),
        st.tuples(st.sampled_from(["post", "update", "tell"]), st.sampled_from(FAULTS)),
        st.tuples(st.just("remark and meet"), st.sampled_from(FAULTS)),
        st.tuples(st.just("ask and meet"), st.sampled_from(FAULTS)),
    ),
    max_size=25,
)


@given(steps)
@settings(max_examples=20, deadline=None)
def test_every_history_ends_with_one_true_card_per_place(history: list[Step]) -> None:
    asyncio.run(live_through(history))


async def live_through(history: list[Step]) -> None:
    async with opened() as world:
        asked: list[Request] = [await world.ask(approvers=("@team",))]
        for number, (word, what) in enumerate(history):
            await live(world, asked, word, what, number)
        world.board.forgive()
        await settle(world)
        await must_be_true(world, asked)


async def live(world: World, asked: list[Request], word: str, what: object, step: int) -> None:
    match word, what:
        case "ask", _:
            asked.append(await world.ask(approvers=("@team",)))
        case "remark", int(which):
            await world.do("ada", asked[which % len(asked)], c.Comment(f"remark {step}"))
        case "turn", int(seconds):
            world.clock.turn(seconds)
        case "go", str(owner):
            await world.killed(world.courier(owner))
        case "ask and meet", Lost() | Exception() | Killed() as fault:
            world.board.fails("post", fault)
            asked.append(await world.ask(approvers=("@team",)))
            await world.killed(world.courier("first"))
        case "remark and meet", Lost() | Exception() | Killed() as fault:
            world.board.fails("update", fault)
            world.board.fails("tell", fault)
            await world.do("ada", asked[0], c.Comment(f"remark {step}"))
            await world.killed(world.courier("first"))
        case call, Lost() | Exception() | Killed() as fault:
            world.board.fails(call, fault)
        case _:
            raise AssertionError(word)


async def settle(world: World) -> None:
    """Two hours without faults, in small steps: longer than any patience."""
    courier = world.courier("the last")
    for seconds in (1, 5, 20, 40, 61, 120, 300, 300, 600, 900, 900, 3600):
        await world.turn(seconds, courier)


async def must_be_true(world: World, asked: list[Request]) -> None:
    for request in asked:
        [card] = await world.cards(request)
        mine = [message for message in world.board.messages.values() if message.delivery == card.id]
        assert [message.version for message in mine] == [await world.version(request)], card
    assert len(world.board.told) == len(set(world.board.told))
    calls = len(world.board.calls)
    await world.courier("the last").drain()
    assert len(world.board.calls) == calls
