"""Umbra, an Enterprise organisation of two workspaces, has the app as a whole: one token, one organisation, both workspaces."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.grid import AMERICA, EUROPE, UMBRA, Grid
from bot.sandbox.hand import Hand
from core.administration import operator
from core.model.installation import Installation, InstallState
from core.model.people import Actor, Role
from tests.stories.installing import allows, browser, learns, to_slack
from tests.stories.town import Json, Machine, Town, peopled, some
from tests.stories.town import town as begun

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["http", "sockets"])
async def city(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[Town]:
    """Over signed HTTP and over Socket Mode."""
    sockets = request.param == "sockets"
    async with begun(database, tmp_path, sockets=sockets, install="open", enterprise=True) as empty:
        yield await peopled(empty)


@pytest.fixture
async def town(database: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Town]:
    async with begun(database, tmp_path, install="open", enterprise=True) as empty:
        yield await peopled(empty)


def grid(town: Town) -> Grid:
    assert town.sandbox.grid is not None
    return town.sandbox.grid


async def installs(town: Town, who: str) -> str:
    """The page on which whoever allowed it ends."""
    async with browser() as surfer:
        done = await allows(surfer, await to_slack(surfer, town), who)
    assert done.status_code == 200, done.text
    await town.settles()
    return done.text


async def kept(town: Town, workspace: str = UMBRA) -> Installation:
    found = await town.assembly.rooms.store.read(lambda reader: reader.installation_in(workspace))
    assert found is not None
    return found


async def host(town: Town, workspace: str = UMBRA) -> Actor:
    return operator((await kept(town, workspace)).organisation)


async def umbra(town: Town) -> Machine:
    """Installed by Ursula, given to both workspaces, with Viktor and Wendy as approvers; its machine."""
    await installs(town, f"{UMBRA}/ursula")
    await staffed(town)
    grid(town).grant(EUROPE, AMERICA)
    await town.settles()
    town.host = await host(town)
    return await town.machine("umbra-bot")


async def staffed(town: Town, workspace: str = UMBRA) -> None:
    members = town.assembly.rooms.administration.members
    for name in ("viktor", "wendy"):
        await members.add(await host(town, workspace), f"{name}@umbra.example", name.title(), roles=(Role.APPROVER,))


def cards(hand: Hand, channel: str) -> list[Any]:
    return [each for each in hand.messages(channel) if "#" in str(each["text"]) and not each.get("is_ephemeral")]


async def types(town: Town, hand: Hand, line: str) -> str:
    await hand.command(line, "#general")
    await town.settles()
    return str(hand.ephemerals()[-1]["text"])


async def follows(town: Town, hand: Hand, user_group: str) -> None:
    """The group of this name follows Slack's."""
    await hand.command(f"/countersign groups mirror {user_group}", "#general")
    await town.settles()
    assert "Let the group" in str(hand.open_modal())
    assert (await hand.submit({})).errors is None
    await town.settles()
    assert "follows the Slack user group now" in str(hand.open_modal()) + str(hand.ephemerals())


async def hears_twice(town: Town, tell: Callable[[], None]) -> None:
    """Slack says the same again when the first word was acted upon already."""
    for _ in range(2):
        for team in grid(town).teams.values():
            team.delivery.resume_events()
        tell()
        await town.settles()
        assert town.assembly.workspaces is not None
        await town.assembly.workspaces.refresh()
        await town.settles()


async def loses(town: Town, asked: Json, place: str) -> None:
    """Until the card there is given up."""
    async with asyncio.timeout(10):
        while True:
            await town.assembly.courier.drain()
            found = await town.assembly.rooms.store.read(lambda reader: reader.deliveries(asked["id"]))
            if any((one.place, one.state) == (place, "lost") for one in found):
                return
            await asyncio.sleep(0.005)


async def asks(machine: Machine, **more: Any) -> Json:
    return await machine.asks(type="deploy", title="Ship Umbra", **more)


async def test_one_installation_serves_every_workspace_that_was_given_the_app(city: Town) -> None:
    town, org = city, grid(city)
    page = await installs(town, f"{UMBRA}/ursula")
    assert "Countersign is in Umbra Group" in page
    assert "add it to those that should" in page
    installation = await kept(town)
    assert (installation.enterprise_wide, installation.team) == (True, None)

    # Its people are known once a workspace was given the app, and not before.
    await staffed(town)
    org.grant(EUROPE, AMERICA)
    await town.settles()
    viktor, wendy = org.hand("viktor"), org.hand("wendy")
    for hand in (viktor, wendy, org.hand("ursula", AMERICA)):
        assert "linked" not in await types(town, hand, "/countersign list")

    # A card in a channel of each, decided in one, changed in both.
    machine = await _machine(town)
    asked = await asks(machine, stages=some(2, "role:approver"), notify=["#ships-europe", "#ships-america"])
    await town.settles()
    assert (await viktor.click(cards(viktor, "#ships-europe")[-1], "request.approve")).ok
    await town.settles()
    assert "Viktor" in str(cards(wendy, "#ships-america")[-1])

    # A window opened in the other workspace, sent, and the end seen in both.
    await wendy.click(cards(wendy, "#ships-america")[-1], "request.reject")
    await town.settles()
    sent = await wendy.submit({"comment": "Not on a Friday"})
    assert sent.errors is None
    await town.settles()
    assert (await machine.reads(asked))["status"] == "rejected"
    assert "Not on a Friday" in str(cards(viktor, "#ships-europe")[-1])


async def _machine(town: Town) -> Machine:
    town.host = await host(town)
    return await town.machine("umbra-bot")


async def test_people_are_told_and_have_their_home_wherever_they_are(city: Town) -> None:
    town, org = city, grid(city)
    machine = await umbra(town)
    asked = await asks(machine, stages=some(1, "wendy@umbra.example"))
    await town.settles()
    wendy = org.hand("wendy")
    assert "Ship Umbra" in str(wendy.dms()[-1]["text"])
    home = await wendy.home()
    await town.settles()
    assert "Ship Umbra" in str(wendy.published_home() or home)
    assert (await wendy.click(wendy.dms()[-1], "request.approve")).ok
    await town.settles()
    assert (await machine.reads(asked))["status"] == "approved"


async def test_a_group_follows_a_user_group_of_any_of_its_workspaces(town: Town) -> None:
    org = grid(town)
    machine = await umbra(town)
    ursula = org.hand("ursula")
    await follows(town, ursula, "@leads-america")
    asked = await asks(machine, stages=some(1, "@leads-america"), notify=["#ships-america"])
    await town.settles()
    wendy = org.hand("wendy")
    assert (await wendy.click(cards(wendy, "#ships-america")[-1], "request.approve")).ok
    await town.settles()
    assert (await machine.reads(asked))["status"] == "approved"


async def test_a_workspace_that_loses_the_app_leaves_the_others_alone(city: Town) -> None:
    town, org = city, grid(city)
    machine = await umbra(town)
    asked = await asks(machine, stages=some(2, "role:approver"), notify=["#ships-europe", "#ships-america"])
    await town.settles()
    org.revoke(AMERICA)
    await town.settles()
    assert (await kept(town)).is_active

    # The card there stays as it is; whoever is waited for and was told there is told directly where that can be.
    viktor = org.hand("viktor")
    assert (await viktor.click(cards(viktor, "#ships-europe")[-1], "request.approve")).ok
    await loses(town, asked, "#ships-america")
    await viktor.sees(lambda: "Viktor" in str(cards(viktor, "#ships-europe")[-1]), within=10)
    assert "Viktor" not in str(cards(org.hand("wendy"), "#ships-america")[-1])

    # Given the app again, new cards come.
    town.known.remove(asked["id"])
    org.grant(AMERICA)
    await town.settles()
    await asks(machine, stages=some(1, "role:approver"), notify=["#ships-america"])
    await town.settles()
    assert len(cards(org.hand("wendy"), "#ships-america")) == 2


async def test_the_whole_organisation_takes_the_app_away_and_installs_it_again(city: Town) -> None:
    town, org = city, grid(city)
    machine = await umbra(town)
    org.uninstall()
    await town.settles()
    assert not (await kept(town)).is_active
    await asks(machine, stages=some(1, "role:approver"), notify=["#ships-europe"])
    await town.assembly.courier.drain()
    waiting, town.known[:] = list(town.known), []
    page = await installs(town, f"{UMBRA}/ursula")
    assert "was here already" in page

    # What was asked meanwhile waits until a workspace has the app, and is shown there.
    org.grant(EUROPE)
    town.known += waiting
    await town.settles()
    assert len(cards(org.hand("viktor"), "#ships-europe")) == 1


async def test_a_workspace_becomes_part_of_the_whole(town: Town) -> None:
    """Europe had the app for itself first. Its own installation then goes, and nothing that is open is lost."""
    org, europe = grid(town), grid(town).team(EUROPE)
    await installs(town, f"{EUROPE}/ursula")
    await staffed(town, EUROPE)
    await learns(town)
    town.host = await host(town, EUROPE)
    machine = await town.machine("umbra-bot")
    ursula, viktor = org.hand("ursula"), org.hand("viktor")
    await follows(town, ursula, "@leads-europe")
    asked = await asks(machine, stages=some(1, "viktor@umbra.example"), notify=["#ships-europe"])
    await town.settles()
    assert len(cards(viktor, "#ships-europe")) == 1

    # The whole organisation installs it: the same organisation here, the same people.
    await installs(town, f"{UMBRA}/ursula")
    assert (await kept(town)).organisation == (await kept(town, EUROPE)).organisation
    waiting, town.known[:] = list(town.known), []
    await hears_twice(town, lambda: town.sandbox.uninstall(europe))
    org.grant(EUROPE, AMERICA)
    town.known += waiting
    await town.settles()
    assert not (await kept(town, EUROPE)).is_active
    assert (await kept(town)).state is InstallState.ACTIVE, "word of one workspace ends only that one"

    # The open card, which the new installation may not change, stands there anew and can be decided.
    assert len(cards(viktor, "#ships-europe")) == 2
    assert (await viktor.click(cards(viktor, "#ships-europe")[-1], "request.approve")).ok
    await town.settles()
    assert (await machine.reads(asked))["status"] == "approved"
    assert "Approved" in str(cards(viktor, "#ships-europe")[-1]["text"])

    # And a group that followed one of Europe's user groups follows on: who leaves it may no longer say yes.
    europe.membership.set_group("S1EU1LEADS", [ursula.id])
    await town.settles()
    found = await town.assembly.rooms.administration.groups.list(town.host)
    assert [len(one.members) for one in found if one.group.name == "leads-europe"] == [1]


async def test_word_of_the_whole_never_ends_a_workspace_that_has_the_app_for_itself(town: Town) -> None:
    org = grid(town)
    await umbra(town)
    await installs(town, f"{EUROPE}/ursula")
    await hears_twice(town, org.uninstall)
    assert not (await kept(town)).is_active
    assert (await kept(town, EUROPE)).is_active
