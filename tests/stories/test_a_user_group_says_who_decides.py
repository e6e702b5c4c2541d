"""The security team keeps its people in a Slack user group; Countersign follows, and lets nobody slip in for one decision."""

import pytest

from tests.stories.town import Json, Machine, Town, some

pytestmark = pytest.mark.anyio

SECURITY = "S0SECURITY"


async def guards(town: Town, *names: str) -> None:
    """What an admin of Slack does to the user group."""
    town.sandbox.membership.set_group(SECURITY, [town.hand(name).id for name in names])
    await town.settles()


async def asks(pipeline: Machine, least: int, whom: str) -> Json:
    return await pipeline.asks(type="deploy", title="Rotate keys", stages=some(least, whom), notify=["#deploys"])


async def test_the_team_changes_in_slack_and_requests_follow(town_both_ways: Town) -> None:
    """A-61 A-64 B-44"""
    town = town_both_ways
    pipeline = await town.machine("deploy-bot")

    # Alice reads what it means, and says yes.
    await town.hand("alice").command("/countersign groups mirror @security", "#general")
    await town.settles()
    assert "2 of 2 people linked here: Carol, Dave" in str(town.window("alice"))
    await town.says("alice", {})

    # Carol has said yes; then she leaves the team, and her yes with her.
    asked = await asks(pipeline, 2, "@security")
    await town.settles()
    await town.clicks("carol", asked, "request.approve")
    await guards(town, "dave", "grace")
    assert any("Carol is no longer among those asked" in line for line in town.thread("dave", asked))

    # Grace came while it was being asked: somebody could have taken her in for just this.
    await town.clicks("dave", asked, "request.approve")
    await town.clicks("grace", asked, "request.approve")
    assert "while request #" in town.told("grace")
    assert (await pipeline.reads(asked))["status"] == "pending"

    # For the next request she counts like everybody.
    after = await asks(pipeline, 2, "@security")
    await town.settles()
    for name in ("dave", "grace"):
        await town.clicks(name, after, "request.approve")
    assert (await pipeline.reads(after))["status"] == "approved"

    # The team gets another name, on the open card too.
    town.sandbox.membership.rename_group(SECURITY, "guards")
    await town.settles()
    assert "@guards" in str(town.card("dave", asked)["blocks"])
