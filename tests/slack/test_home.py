"""App Home: what waits for me, decided in place, paged, and fresh."""

import pytest

from core.model.request import Status
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio


async def home(world: World, name: str) -> str:
    await world.hand(name).home()
    await world.settle()
    return str(world.hand(name).published_home())


async def test_home_shows_what_waits_for_me_what_i_asked_and_what_i_decided(world: World) -> None:
    """B-50 B-54"""
    await world.ask(("@platform",), title="Deploy one")
    asked = await world.ask(("@security",), by=world.actor("bob"), title="Deploy two")
    decided = await world.ask(("@platform",), title="Deploy three")
    await world.hand("bob").click(world.card("bob", decided), "request.approve")
    await world.settle()
    shown = await home(world, "bob")
    assert "Waiting for me: 1" in shown
    assert shown.index("Deploy one") < shown.index("Asked by me")
    assert shown.index("Asked by me") < shown.index(f"#{asked.number}") < shown.index("Decided by me")
    assert "Approved by Bob" in shown


async def test_a_request_is_decided_in_place_and_home_is_drawn_anew(world: World) -> None:
    """A-60"""
    request = await world.ask(("@platform",))
    await home(world, "bob")
    bob = world.hand("bob")
    view = bob.published_home()
    assert view is not None
    await bob.click(view, "request.approve")
    await world.settle()
    assert (await world.now(request)).status is Status.APPROVED
    await world.slack.events.homes.refresh()
    assert "Nothing waits for you" in str(bob.published_home())


async def test_home_is_left_alone_while_nothing_in_it_changes(world: World) -> None:
    await home(world, "bob")
    published = len(world.calls("views.publish"))
    await world.slack.events.homes.refresh()
    assert len(world.calls("views.publish")) == published


async def test_a_refusal_from_home_is_said_in_a_window(world: World) -> None:
    """A-63"""
    request = await world.ask(("anyone",))
    await home(world, "carol")
    carol = world.hand("carol")
    stale = carol.published_home()
    assert stale is not None
    await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    await carol.click(stale, "request.approve")
    await world.settle()
    modal = carol.open_modal()
    assert modal is not None
    assert "already approved by Bob" in str(modal["blocks"])


async def test_home_is_turned_page_by_page_oldest_deadline_first(world: World) -> None:
    """B-53"""
    for n in range(12):
        await world.ask(("@platform",), title=f"Deploy number {n:02}")
    shown = await home(world, "bob")
    assert "Waiting for me: 12" in shown
    assert "Deploy number 00" in shown
    assert "Deploy number 11" not in shown
    bob = world.hand("bob")
    view = bob.published_home()
    assert view is not None
    await bob.click(view, "home.next")
    await world.settle()
    second = str(bob.published_home())
    assert "Deploy number 11" in second
    assert "Deploy number 00" not in second
    await bob.click(bob.published_home() or {}, "home.first")
    await world.settle()
    assert "Deploy number 00" in str(bob.published_home())


async def test_somebody_unmapped_sees_why_and_what_to_do(world: World) -> None:
    """A-63"""
    assert "not linked to a member" in await home(world, "frank")


async def test_asking_begins_at_home(world: World) -> None:
    await home(world, "erin")
    erin = world.hand("erin")
    await erin.click(erin.published_home() or {}, "home.ask")
    await world.settle()
    modal = erin.open_modal()
    assert modal is not None
    assert modal["callback_id"] == "ask"
