"""The requester changes the plan while people decide: approvals of the old plan fall, and an old card decides nothing."""

import pytest

from tests.stories.town import Town, some

pytestmark = pytest.mark.anyio


async def test_earlier_approvals_fall_and_an_old_cards_click_is_refused_privately(town: Town) -> None:
    """E-58 E-59 B-45"""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(
        type="deploy",
        title="Deploy search 1.20",
        params={"replicas": 3},
        stages=some(2, "@platform"),
        notify=["#deploys"],
    )
    await town.settles()
    old = town.card("grace", asked)
    await town.clicks("bob", asked, "request.approve")

    revised = (await pipeline.does("revise", asked, revision=1, params={"replicas": 30}))["request"]
    await town.settles()
    assert (revised["revision"], revised["number"]) == (2, asked["number"])
    assert revised["expires_at"] == asked["expires_at"]
    assert [decision["state"] for decision in revised["decisions"]] == ["stale"]
    card = str(town.card("grace", asked)["blocks"])
    assert "Changed in revision 2" in card
    assert "3 → 30" in card
    assert "Earlier approvals no longer count." in " ".join(town.thread("grace", asked))

    # Grace's page still shows the old plan; she clicks Approve there.
    seen = len(town.hand("bob").ephemerals())
    await town.clicks_on(old, "grace", "request.approve")
    assert "changed since" in town.told("grace")
    assert len(town.hand("bob").ephemerals()) == seen
    assert await town.codes_in_ledger(asked) == ["stale_revision"]
    by_api = await pipeline.tries("approve", asked, revision=1)
    assert by_api.json()["code"] == "key_cannot_decide"

    # Both look again, and only their approvals of what is asked now count.
    await town.clicks("grace", asked, "request.approve")
    assert (await pipeline.reads(asked))["status"] == "pending"
    await town.clicks("bob", asked, "request.approve")
    over = await pipeline.reads(asked)
    assert over["status"] == "approved"
    assert {(d["name"], d["revision"], d["state"]) for d in over["decisions"]} == {
        ("Bob", 1, "stale"),
        ("Grace", 2, "live"),
        ("Bob", 2, "live"),
    }
