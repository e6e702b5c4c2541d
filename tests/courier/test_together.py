"""What is recorded at one time is one commit, and what cannot be recorded spoils nobody else's."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from core.courier.together import Together
from core.errors import Invalid, Unavailable
from core.ports import Store, Transaction
from tests.courier.world import World

pytestmark = pytest.mark.anyio


class Counted:
    """A store that counts what it was asked to do in one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.transactions = 0

    async def transact(self, work: Callable[[Transaction], Any], **how: Any) -> Any:
        self.transactions += 1
        return await self._store.transact(work, **how)


def number(value: int) -> Callable[[Transaction], int]:
    return lambda _: value


def broken(_: Transaction) -> int:
    raise Invalid("This cannot be stored; leave it out.")


async def test_what_comes_at_one_time_is_written_together_and_each_has_its_own_answer(world: World) -> None:
    store = Counted(world.store)
    together = Together(store)  # type: ignore[arg-type]
    assert await asyncio.gather(*(together.write(number(n), str(n)) for n in range(50))) == list(range(50))
    assert store.transactions == 1
    assert await together.write(number(51), "1") == 51
    assert store.transactions == 2


async def test_what_cannot_be_written_fails_alone(world: World) -> None:
    together = Together(world.store)
    found = await asyncio.gather(
        together.write(number(1), "1"),
        together.write(broken, "2"),
        together.write(number(3), "3"),
        return_exceptions=True,
    )
    assert [type(one).__name__ for one in found] == ["int", "Invalid", "int"]


async def test_who_left_meanwhile_is_not_written_and_holds_up_nobody(world: World) -> None:
    written: list[str] = []

    def work(name: str) -> Callable[[Transaction], None]:
        return lambda _: written.append(name)

    together = Together(world.store)
    gone, stays = (asyncio.ensure_future(together.write(work(name), name)) for name in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert written == ["stays"]


async def test_of_one_request_one_row_is_written_after_the_other(world: World) -> None:
    """Two rows of one request locked in one transaction and a click that locks all its rows would wait for each other."""
    store = Counted(world.store)
    together = Together(store)  # type: ignore[arg-type]
    assert await asyncio.gather(*(together.write(number(n), str(n % 5)) for n in range(15))) == list(range(15))
    assert store.transactions == 3


async def test_a_database_that_is_away_is_asked_once_for_all(world: World) -> None:
    class Away(Counted):
        async def transact(self, work: Callable[[Transaction], Any], **how: Any) -> Any:
            self.transactions += 1
            raise Unavailable("The database cannot be reached; try again.")

    store = Away(world.store)
    together = Together(store)  # type: ignore[arg-type]
    found = await asyncio.gather(*(together.write(number(n), str(n)) for n in range(9)), return_exceptions=True)
    assert ([type(one).__name__ for one in found], store.transactions) == (["Unavailable"] * 9, 1)
