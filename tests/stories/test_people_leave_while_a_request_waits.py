"""People leave while a request waits: whoever is gone no longer counts, and somebody else can take the place."""

import pytest

from tests.stories.town import Town, some

pytestmark = pytest.mark.anyio


async def test_the_approval_of_somebody_who_left_falls_before_the_last_vote(town: Town) -> None:
    """A-61"""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(type="deploy", title="Rotate keys", stages=some(2, "@security"), notify=["#deploys"])
    await town.settles()
    await town.clicks("carol", asked, "request.approve")
    town.sandbox.membership.change_user(town.hand("carol").id, deleted=True)
    await town.settles()

    # Dave's would have been the last vote; Carol's no longer counts.
    await town.clicks("dave", asked, "request.approve")
    reads = await pipeline.reads(asked)
    assert reads["status"] == "pending"
    assert {(d["name"], d["state"]) for d in reads["decisions"]} == {("Carol", "lapsed"), ("Dave", "live")}
    assert any("no longer counts" in line for line in town.thread("dave", asked))

    # Grace is taken into @security, and hers counts.
    groups = town.assembly.rooms.administration.groups
    await groups.set_members(town.host, "security", [town.members[name] for name in ("dave", "grace")])
    await town.clicks("grace", asked, "request.approve")
    assert (await pipeline.reads(asked))["status"] == "approved"
    assert "Approved by Dave and Grace." in town.card("erin", asked)["text"]


async def test_somebody_taken_out_of_the_group_cannot_decide_any_more(town: Town) -> None:
    """B-44"""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(type="deploy", title="Rotate keys", stages=some(2, "@security"), notify=["#deploys"])
    await town.settles()
    groups = town.assembly.rooms.administration.groups
    await groups.set_members(town.host, "security", [town.members[name] for name in ("dave", "grace")])
    await town.clicks("carol", asked, "request.approve")
    assert "@security" in town.told("carol")
    assert (await pipeline.reads(asked))["decisions"] == []
