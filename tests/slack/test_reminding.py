"""Reminders as people hear them: one message for all that is due, as each prefers, at their hours; looking, and more time."""

from datetime import UTC, datetime, timedelta

import pytest
from ulid import ULID

from core.administration import operator
from core.desk.digests import Digests
from core.model.request import Request
from tests.slack.conftest import World
from tests.slack.test_absence import mention, run

pytestmark = pytest.mark.anyio


def heard(world: World, name: str) -> list[str]:
    """What the app has said to them about what waits."""
    said = [str(each["text"]) for each in world.hand(name).dms()]
    return [text for text in said if "waits for you" in text or "wait for you" in text]


async def until(world: World, at: datetime) -> None:
    now = world.clock.now()
    await world.turn(seconds=(at - now).total_seconds())


def monday(world: World, hour: int, *, days: int = 0) -> datetime:
    """Of the week to come, in UTC."""
    now = world.clock.now()
    start = now.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=7 - now.weekday() + days)
    return start.astimezone(UTC)


async def slow(world: World, *people: str, count: int = 1) -> list[Request]:
    """Requests that have a day, and remind after an hour."""
    projects = world.rooms.administration.projects
    await projects.change(operator(world.organisation), "default", {"reply_window": timedelta(days=7)})
    return [await world.ask(people or ("@platform",), title=f"Deploy {number}") for number in range(count)]


async def test_several_reminders_are_one_message_to_a_person_and_one_in_the_channel(world: World) -> None:
    await slow(world, "@platform", count=3)
    before = len(world.hand("bob").messages("#deploys"))
    await world.turn(hours=1)
    assert heard(world, "bob") == [text for text in heard(world, "bob") if text.startswith("3 requests wait for you.")]
    assert len(heard(world, "bob")) == 1
    in_channel = [str(each["text"]) for each in world.hand("bob").messages("#deploys")[before:]]
    assert [text.split(".")[0] for text in in_channel] == ["3 requests still wait here"]


async def test_a_lone_reminder_stands_under_its_card(world: World) -> None:
    (request,) = await slow(world, "@platform")
    await world.turn(hours=1)
    assert any("Still waiting for @platform" in text for text in world.thread("bob", request))
    assert len(heard(world, "bob")) == 1


async def test_who_wants_none_is_not_reminded(world: World) -> None:
    await run(world, "bob", "settings me told nothing")
    await slow(world, "@platform")
    await world.turn(hours=1)
    assert heard(world, "bob") == []
    assert len(heard(world, "grace")) == 1


async def test_who_wants_a_mention_is_mentioned_under_the_card(world: World) -> None:
    await run(world, "bob", "settings me told mention")
    (request,) = await slow(world, "@platform")
    await world.turn(hours=1)
    assert heard(world, "bob") == []
    assert any(f"<@{world.hand('bob').id}>" in text for text in world.thread("bob", request))


async def test_quiet_hours_move_reminders_and_no_deadline(world: World) -> None:
    await run(world, "bob", "settings me zone UTC")
    await run(world, "bob", "settings me quiet 20:00-07:00")
    await until(world, monday(world, 21))
    (request,) = await slow(world, "@platform")
    await world.turn(hours=1)
    assert heard(world, "bob") == []
    assert len(heard(world, "grace")) == 1
    await world.turn(hours=9)
    assert len(heard(world, "bob")) == 1
    assert (await world.now(request)).expires_at == request.expires_at


async def test_a_reminder_that_waited_is_not_said_when_it_was_decided_meanwhile(world: World) -> None:
    await run(world, "bob", "settings me zone UTC")
    await run(world, "bob", "settings me quiet 20:00-07:00")
    await until(world, monday(world, 21))
    (request,) = await slow(world, "@platform")
    await world.turn(hours=1)
    await world.hand("grace").click(world.card("grace", request), "request.approve")
    await world.settle()
    await world.turn(hours=10)
    assert heard(world, "bob") == []


async def test_a_digest_is_one_message_at_the_hour_of_the_next_working_day(world: World) -> None:
    for line in ("zone UTC", "days mon-fri", "digest 09:00", "told digest"):
        await run(world, "bob", f"settings me {line}")
    await until(world, monday(world, 10, days=4))
    digests = Digests(world.rooms.store, lambda: str(ULID()), ("slack",))
    await digests.send()
    await slow(world, "@platform", count=3)
    for hours, expected in ((1, 0), (24, 0), (46, 1)):
        await world.turn(hours=hours)
        await digests.send()
        world.courier.nudge()
        await world.settle()
        assert len(heard(world, "bob")) == expected
    assert heard(world, "bob")[0].startswith("3 requests wait for you.")


async def test_reminders_go_to_whoever_stands_in(world: World) -> None:
    await run(world, "bob", f"delegate {mention(world, 'carol')} until 5d")
    await slow(world, "@platform")
    await world.turn(hours=1)
    assert heard(world, "bob") == []
    assert len(heard(world, "carol")) == 1


async def test_the_others_see_on_the_card_who_is_looking(world: World) -> None:
    (request,) = await slow(world, "@platform")
    await world.turn(hours=1)
    reminder = world.hand("bob").dms()[-1]
    await world.hand("bob").click(reminder, "request.looking")
    await world.settle()
    assert "is looking at it" in str(world.card("grace", request)["blocks"])


async def test_the_deadline_is_moved_by_chat_and_by_form(world: World) -> None:
    (request,) = await slow(world, "@platform")
    said = await run(world, "bob", f"extend #{request.number} tomorrow 5pm")
    assert "later than the present one" in said
    await world.turn(hours=24 * 5)
    assert "waits until" in await run(world, "bob", f"extend #{request.number} 5d")
    moved = await world.now(request)
    assert moved.expires_at is not None
    assert request.expires_at is not None
    assert moved.expires_at > request.expires_at
