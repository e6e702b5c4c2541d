"""Rules by chat: read back, tried on the past, confirmed as they were seen, saved, taken back; errors point at the character."""

from typing import Any

import pytest

from core.model.rule import Mode
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio

PROD = '"prod deploys" when type == "deploy" && metadata.env == "production" require 1 of @platform then 2 of @security'


async def says(world: World, name: str, line: str) -> str:
    """What the person is told privately."""
    before = len(world.hand(name).ephemerals())
    ack = await world.hand(name).command(f"/countersign {line}", "#general")
    assert ack.ok, ack
    await world.settle()
    return " ".join(f"{each['text']} {each.get('blocks')}" for each in world.hand(name).ephemerals()[before:])


def window(world: World, name: str) -> dict[str, Any]:
    found = world.hand(name).open_modal()
    assert found is not None
    return found


async def sends(world: World, name: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    """Sends the window on top, and gives what it has become."""
    done = await world.hand(name).submit(values or {})
    assert done.errors is None, done.errors
    await world.settle()
    return window(world, name)


async def clicks(world: World, name: str, action: str) -> dict[str, Any]:
    ack = await world.hand(name).click(window(world, name), action)
    assert ack.ok, ack
    await world.settle()
    return window(world, name)


async def rules(world: World) -> dict[str, tuple[Mode, int]]:
    found = await world.rooms.administration.rules.list(world.host)
    return {rule.name: (rule.mode, rule.version) for rule in found.rules}


async def test_a_line_is_read_back_tried_confirmed_saved_and_undone(world: World) -> None:
    await world.ask(("@platform",), metadata={"env": "production"})
    await world.ask(("@platform",), metadata={"env": "test"})
    await says(world, "alice", f"rules add {PROD}")
    shown = window(world, "alice")
    assert "these must say yes" in str(shown)
    assert "2. Security: 2 of @security" in str(shown)
    assert "2 past requests, 1 of them as before." in str(shown)
    assert "1 would ask for more people (#1)." in str(shown)
    assert "Carol: 0 → 1 asked" in str(shown)
    assert await rules(world) == {}, "nothing is saved before it is confirmed"
    saved = await sends(world, "alice")
    assert "Saved as version 1" in str(saved)
    assert await rules(world) == {"prod deploys": (Mode.ON, 1)}
    undone = await clicks(world, "alice", "rules.undo")
    assert "New requests are judged without it" in str(undone)
    assert await rules(world) == {}
    back = await clicks(world, "alice", "rules.undo")
    assert "Saved as version 3" in str(back)
    assert "prod deploys" in await rules(world)
