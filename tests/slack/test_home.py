"""App Home: what waits for me, decided in place, paged, and fresh."""

import asyncio

import pytest

from bot.slack import inbox
from bot.slack.cards.home import Inbox
from bot.slack.look import Look
from core.model.command import GiveSeat
from core.model.people import Role
from core.model.request import Status
from core.ports import Reader
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


async def test_home_leaves_out_what_was_handed_over_and_what_one_asked_oneself(world: World) -> None:
    """B-57"""
    given = await world.ask(("@platform",), title="Deploy one")
    await world.ask(("@platform",), by=world.actor("bob"), title="Deploy two")
    await world.rooms.desk.do(world.actor("bob"), given.id, GiveSeat(world.members["dave"]))
    await world.settle()
    assert "Nothing waits for you" in await home(world, "bob")
    assert "Waiting for me: 1" in await home(world, "dave")


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


async def test_of_very_many_home_says_that_they_are_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "PLENTY", 2)
    monkeypatch.setattr("bot.slack.cards.home.PLENTY", 2)
    for _ in range(2):
        await world.ask(("@platform",))
    assert "Waiting for me: 2" in await home(world, "bob")
    await world.ask(("@platform",))
    assert "Waiting for me: over 100" in await home(world, "bob")


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


async def pick(world: World, name: str, action: str, chosen: str | None = None) -> str:
    """Somebody uses their Home; how it looks then."""
    hand = world.hand(name)
    await hand.click(hand.published_home() or {}, action, chosen)
    await world.settle()
    return str(hand.published_home())


async def test_home_is_narrowed_by_project_and_type_and_keeps_that_while_it_is_refreshed(world: World) -> None:
    """B-51"""
    project = await world.rooms.administration.projects.add(world.host, "payments")
    await world.ask(("@platform",), title="Deploy one")
    await world.ask(("@platform",), title="Merge one", type="merge")
    await home(world, "bob")
    merges = await pick(world, "bob", "home.type", "merge")
    assert "Merge one" in merges
    assert "Deploy one" not in merges
    await world.ask(("@platform",), title="Merge two", type="merge")
    await world.slack.events.homes.refresh()
    refreshed = str(world.hand("bob").published_home())
    assert "Merge two" in refreshed
    assert "Deploy one" not in refreshed
    nothing = await pick(world, "bob", "home.project", project.id)
    assert "Nothing like this waits for you" in nothing
    await pick(world, "bob", "home.project", "*")
    assert "Deploy one" in await pick(world, "bob", "home.type", "*")


async def test_only_the_homes_a_change_concerns_are_drawn_anew(http: World) -> None:
    world = http
    await home(world, "bob")
    await home(world, "carol")
    world.rooms.store.subscribe(world.slack.nudge)
    before = len(world.calls("views.publish"))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(world.slack.events.homes.run())
        await world.ask(("@platform",), title="For bob alone")
        async with asyncio.timeout(10):
            while "For bob alone" not in str(world.hand("bob").published_home()):  # noqa: ASYNC110 - Slack tells no other way
                await asyncio.sleep(0.02)
        running.cancel()
    told = [call["request"]["user_id"] for call in world.calls("views.publish")[before:]]
    assert set(told) == {world.hand("bob").id}


async def test_somebody_who_decided_in_their_home_sees_it_change_after_a_restart(world: World) -> None:
    """A-60"""
    await world.ask(("@platform",))
    await home(world, "bob")
    world.slack.events.homes._viewers.clear()
    await pick(world, "bob", "request.approve")
    await world.slack.events.homes.refresh()
    assert "Nothing waits for you" in str(world.hand("bob").published_home())


async def test_all_that_somebody_asked_or_decided_is_paged_in_a_window(world: World) -> None:
    """B-54"""
    for n in range(22):
        await world.ask(("@platform",), by=world.actor("erin"), title=f"Number {n:02}")
    await home(world, "erin")
    erin = world.hand("erin")
    await pick(world, "erin", "home.asked")
    assert "Number 21" in str(erin.open_modal())
    assert "Number 01" not in str(erin.open_modal())
    await erin.click(erin.open_modal() or {}, "home.asked.more")
    await world.settle()
    assert "Number 01" in str(erin.open_modal())
    await erin.click(erin.open_modal() or {}, "home.asked.back")
    await world.settle()
    assert "Number 21" in str(erin.open_modal())


async def test_admins_see_how_the_place_fares_and_what_needs_their_care(world: World) -> None:
    await world.rooms.administration.members.add(world.host, "ghost@acme.example", "Ghost", roles=(Role.APPROVER,))
    shown = await home(world, "alice")
    assert "For admins" in shown
    assert "Ghost" in shown
    assert "no card reaches them" in shown
    await pick(world, "alice", "home.topic")
    assert "Ghost" in str(world.hand("alice").open_modal())
    await pick(world, "alice", "home.rules")
    assert "'Rules'" in str((world.hand("alice").open_modal() or {})["title"])


async def test_nobody_but_admins_sees_what_needs_care(world: World) -> None:
    assert "For admins" not in await home(world, "bob")


async def test_work_for_a_narrowed_home_is_bounded_however_much_waits(http: World) -> None:
    """B-53"""
    world, reads = http, 0
    for n in range(30):
        await world.ask(("@platform",), by=world.actor("erin"), title=f"Deploy {n:02}")

    def work(reader: Reader) -> Inbox:
        return inbox.read(Counting(reader), world.actor("bob"), Look(type="merge"))  # type: ignore[arg-type]

    class Counting:
        """The reader, counting pages of requests."""

        def __init__(self, reader: Reader) -> None:
            self._reader = reader

        def __getattr__(self, name: str) -> object:
            nonlocal reads
            reads += name == "requests"
            return getattr(self._reader, name)

    found = await world.rooms.store.read(work)
    assert found.waiting == ()
    assert reads <= inbox.LOOKED_THROUGH + 2
