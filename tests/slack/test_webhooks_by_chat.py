"""Webhooks by chat: through the real Bolt, over both transports."""

import asyncio
import re

import pytest

from tests.slack.conftest import World
from tests.slack.test_rules_by_chat import clicks, says, sends, window

pytestmark = pytest.mark.anyio
HOOK = "https://ci.acme.example/hook"


async def found(world: World, name: str = "deploys") -> object:
    return await world.rooms.administration.webhooks.get(world.host, name)


async def test_an_admin_adds_one_and_sees_its_secret_once(world: World) -> None:
    await says(world, "alice", f"webhooks add deploys {HOOK} events request.approved, request.rejected types deploy")
    shown = str(window(world, "alice")["blocks"])
    assert re.search(r"whsec_[A-Za-z0-9+/=]{44}", shown)
    one = (await world.rooms.administration.webhooks.get(world.host, "deploys")).endpoint
    assert (one.url, one.events, one.types) == (HOOK, ("request.approved", "request.rejected"), ("deploy",))
    await says(world, "alice", "webhooks show deploys")
    assert "whsec_" not in str(window(world, "alice")["blocks"])
    assert "whsec_" not in str([world.hand(name).messages("#general") for name in ("alice", "bob")])


async def test_it_is_looked_at_paused_resumed_given_a_new_secret_and_removed(world: World) -> None:
    office = world.rooms.administration.webhooks
    await office.add(world.host, "deploys", HOOK)
    await says(world, "alice", "webhooks")
    await clicks(world, "alice", "webhooks.show")
    assert HOOK in str(window(world, "alice")["blocks"])
    await clicks(world, "alice", "webhooks.pause")
    assert (await office.get(world.host, "deploys")).state == "paused"
    await clicks(world, "alice", "webhooks.resume")
    assert (await office.get(world.host, "deploys")).state == "active"
    await clicks(world, "alice", "webhooks.rotate")
    assert "whsec_" in str(window(world, "alice")["blocks"])
    await says(world, "alice", "webhooks remove deploys")
    await sends(world, "alice")
    assert await office.list(world.host) == []


async def test_a_test_says_what_came_of_it(http: World) -> None:
    """A name that leads to a private address is only found out when it is called."""
    await http.rooms.administration.webhooks.add(http.host, "inside", "https://localhost/hook")
    await says(http, "alice", "webhooks test inside")
    async with asyncio.timeout(10):
        while "only public ones are called" not in str(window(http, "alice")["blocks"]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await says(http, "alice", "webhooks deliveries inside")
    assert "webhook.test" in str(window(http, "alice")["blocks"])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("webhooks add deploys", "missing"),
        ("webhooks add deploys https://10.0.0.1/hook", "only public ones"),
        ("webhooks add deploys http://ci.acme.example/hook", "https://"),
        (f"webhooks add deploys {HOOK} events request.aproved", "There is no event"),
        (f"webhooks add deploys {HOOK} events", "Nothing stands after events"),
        (f"webhooks add deploys {HOOK} projects nowhere", "no project"),
        ("webhooks show nothing", "no such webhook"),
    ],
)
async def test_what_cannot_be_is_explained(http: World, line: str, told: str) -> None:
    assert told in await says(http, "alice", line)
    assert await http.rooms.administration.webhooks.list(http.host) == []


@pytest.mark.parametrize("line", ["webhooks list", f"webhooks add deploys {HOOK}", "webhooks test x"])
async def test_whoever_is_no_admin_is_refused_privately(http: World, line: str) -> None:
    for name in ("bob", "erin"):
        said = await says(http, name, line)
        assert "admin" in said
        assert http.hand(name).open_modal() is None
