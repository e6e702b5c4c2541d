"""`/countersign audit`: what is kept of a request is checked where people are, and the ledger's head is told to who may."""

import re

import pytest

from core.model.people import Role
from tests.slack.conftest import World
from tests.slack.test_commands import run

pytestmark = pytest.mark.anyio


async def test_a_request_is_checked_row_by_row(world: World) -> None:
    request = await world.ask(("@platform",))
    await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    said = await run(world, "bob", f"audit #{request.number}")
    assert f"#{request.number} is kept as it was written" in said
    assert re.search(r"[1-9] rows checked", said)


async def test_what_one_may_not_read_one_may_not_check(world: World) -> None:
    request = await world.ask(("@platform",))
    await world.join("karl")
    await world.sync()
    assert "kept as it was written" not in await run(world, "karl", f"audit #{request.number}")


async def test_the_head_is_for_those_who_may_read_everything(world: World) -> None:
    await world.ask(("@platform",))
    await world.settle()
    assert "may read the whole organisation" in await run(world, "erin", "audit")
    await world.join("frank", Role.AUDITOR)
    await world.sync()
    said = await run(world, "frank", "audit")
    assert re.search(r"countersign audit verify --against [0-9]+:[0-9a-f]{64}", said)


async def test_what_is_not_a_number_is_said_to_be_none(world: World) -> None:
    assert "'everything' is not the number of a request" in await run(world, "bob", "audit everything")
