"""An admin switches trust budgets on; a machine earns its way past the approvers, and loses it in a day."""

import pytest

from tests.stories.town import Json, Machine, Town

pytestmark = pytest.mark.anyio

SMALL = {"type": "custom", "title": "Restart worker 7", "action": "restart worker 7", "notify": ["#deploys"]}


async def asks(machine: Machine, usd: float = 0.5) -> Json:
    return await machine.asks(**SMALL, cost={"usd": usd})


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_an_agent_earns_trust_by_peoples_yeses_and_loses_it_by_their_noes(town_both_ways: Town) -> None:
    """E-85 E-86 E-87 E-88 E-89"""
    town = town_both_ways
    agent = await town.machine("ops-agent")

    # An admin looks at the settings, fills the form, and switches trust on without spot checks but the least.
    await town.hand("alice").command("/countersign settings safety change", "#general")
    await town.settles()
    form = {"enabled": "on", "usd_each": "1", "usd_a_day": "20", "count_a_day": "20"}
    await town.says("alice", {**form, "spot_checks": "1", "least_score": "0.5"})
    assert "Trust budgets are on" in str(town.window("alice"))

    # People say yes six times; each time they are asked.
    for _ in range(6):
        asked = await asks(agent)
        assert asked["status"] == "pending"
        await town.settles()
        await town.clicks("bob", asked, "request.approve")

    # The next small one passes, and says why; a dear one does not.
    unasked = await _trusted(agent)
    assert unasked["cause"] == "trust_budget"
    listed = await agent.http.get("/v1/requests", params={"status": "auto_approved"})
    assert unasked["id"] in {one["id"] for one in listed.json()["data"]}
    explained = await agent.reads(unasked, "/explain")
    assert "6 of 6 alike approved; $" in str(explained)
    assert (await asks(agent, usd=3.0))["status"] == "pending"

    # Two rejections, and people are asked again; the admin reads why.
    for _ in range(2):
        dear = await asks(agent, usd=3.0)
        await town.settles()
        await town.clicks("bob", dear, "request.reject")
        await town.says("bob", {"comment": "Not today."})
    assert (await asks(agent))["status"] == "pending"
    await town.hand("alice").command("/countersign settings safety", "#general")
    await town.settles()
    said = str(town.window("alice"))
    assert "is below 0.50, so people are asked (6 of 8 alike approved;" in said


async def _trusted(agent: Machine) -> Json:
    """One of a hundred is asked all the same."""
    tried = [await asks(agent) for _ in range(4)]
    return next(asked for asked in tried if asked["status"] == "auto_approved")


async def test_nobody_but_an_admin_sees_or_sets_safety(town_both_ways: Town) -> None:
    """E-87 E-88"""
    town = town_both_ways
    for line in ("settings safety", "settings safety on", "settings safety change"):
        told = await town.types("bob", f"/countersign {line}")
        assert "admin" in str(told), told
