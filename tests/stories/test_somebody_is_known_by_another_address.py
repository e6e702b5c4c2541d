"""Bob marries, and his address in Slack changes: he loses his link, says who he is, and an admin who asked him confirms it."""

import pytest

from tests.stories.town import Town, some

pytestmark = pytest.mark.anyio


async def test_bob_is_bob_again_when_an_admin_has_said_so(town_both_ways: Town) -> None:
    """A-61 A-63"""
    town = town_both_ways
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(type="deploy", title="Rotate keys", stages=some(1, "@platform"), notify=["#deploys"])
    await town.settles()

    town.sandbox.membership.change_user(town.hand("bob").id, email="bob.baxter@acme.example")
    await town.settles()
    assert "say so with /countersign link" in town.heard("bob")
    assert "No longer linked to Slack" in town.heard("alice")

    await town.clicks("bob", asked, "request.approve")
    assert "/countersign link" in town.told("bob")
    await town.types("bob", "/countersign link bob@acme.example")
    assert "An admin is asked whether you are bob@acme.example" in town.told("bob")
    await town.clicks("bob", asked, "request.approve")
    assert (await pipeline.reads(asked))["status"] == "pending"

    await town.clicks_on(town.hand("alice").dms()[-1], "alice", "link.look")
    assert "bob.baxter@acme.example" in str(town.window("alice"))
    await town.says("alice", {})
    assert "confirmed that you are bob@acme.example" in town.heard("bob")

    await town.clicks("bob", asked, "request.approve")
    reads = await pipeline.reads(asked)
    assert (reads["status"], [decision["name"] for decision in reads["decisions"]]) == ("approved", ["Bob"])
    assert set(await town.codes_in_ledger(asked)) == {"not_mapped"}
