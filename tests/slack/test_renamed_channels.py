"""Channels that are called otherwise by now: a card goes where its name says, not where it said so once."""

import pytest

from tests.slack.conftest import World

pytestmark = pytest.mark.anyio

A_WHILE = 601.0


async def room_of(world: World, name: str) -> str:
    """The id of the channel in which a new card came to stand."""
    request = await world.ask(("@platform",))
    return str(world.card("alice", request, name)["channel"])


async def test_a_private_channel_that_was_renamed_is_no_longer_the_one_of_its_old_name(world: World) -> None:
    before = await room_of(world, "#deploys")
    channel = world.sandbox.workspace.find_channel("#deploys")
    other = world.sandbox.workspace.find_channel("#general")
    assert channel is not None
    assert other is not None
    channel.kind = "private"
    world.sandbox.membership.rename(channel, "old-deploys")
    other.name = "deploys"
    await world.settle()
    assert await room_of(world, "#deploys") == other.id != before


async def test_a_renaming_nobody_told_of_is_noticed_after_ten_minutes_by_one_call(http: World) -> None:
    now = 1_000.0
    http.slack.channels.seconds = lambda: now
    http.slack.channels.forget()
    await room_of(http, "#deploys")
    lists = len(http.calls("conversations.list"))
    now += A_WHILE
    await room_of(http, "#deploys")
    assert len(http.calls("conversations.list")) == lists
    channel, other = (http.sandbox.workspace.find_channel(name) for name in ("#deploys", "#general"))
    assert channel is not None
    assert other is not None
    channel.name, other.name = "old-deploys", "deploys"
    now += A_WHILE
    assert await room_of(http, "#deploys") == other.id


async def test_a_channel_the_app_no_longer_sees_is_forgotten(http: World) -> None:
    now = 1_000.0
    channels = http.slack.channels
    channels.seconds = lambda: now
    channels.forget()
    assert await channels.id_of("#deploys") is not None
    channel = http.sandbox.workspace.find_channel("#deploys")
    assert channel is not None
    del http.sandbox.workspace.channels[channel.id]
    now += A_WHILE
    assert await channels.id_of("#deploys") is None
