"""An approver tired of saying yes leases: five of these, for four hours; everybody sees it, and an admin takes it back."""

import pytest

from tests.stories.town import Json, Town

pytestmark = pytest.mark.anyio

RESTART = {"type": "custom", "title": "Restart worker 7", "action": "restart worker 7", "notify": ["#deploys"]}
USUAL = {"uses": "2", "lasts": "4h", "action": "restart worker *"}


async def opens_the_form(town: Town, who: str, asked: Json) -> None:
    await town.chooses(who, asked, "details")
    await town.clicks_on(town.window(who), who, "request.lease")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_its_like_passes_until_the_lease_is_used_up_or_taken_back(town_both_ways: Town) -> None:
    town = town_both_ways
    agent = await town.machine("ops-agent")
    asked = await agent.asks(**RESTART)
    await town.settles()

    # Bob opens Details, then the form, which says what it covers; a lease for anything else is refused under its field.
    await opens_the_form(town, "bob", asked)
    assert "may then do the like without asking" in str(town.window("bob"))
    greedy = await town.hand("bob").submit({**USUAL, "action": "drop *"})
    assert "would not cover this very request" in (greedy.errors or {})["action"]
    await town.says("bob", USUAL)
    assert "Up to 2 like this by ops-agent" in str(town.window("bob"))

    # The card says so, the request itself is still to be decided, and admins were told.
    card = str(town.card("grace", asked)["blocks"])
    assert "let up to 2 like this by ops-agent pass unasked" in card
    assert "request.approve" in card
    assert "pass without asking" in town.heard("alice")

    # The next one passes without a card in anybody's way, and names the lease; another kind of action does not.
    passed = await agent.asks(**{**RESTART, "action": "restart worker 8"})
    assert (passed["status"], passed["cause"].partition(":")[0]) == ("auto_approved", "lease")
    assert (await agent.asks(**{**RESTART, "action": "drop table"}))["status"] == "pending"

    # Alice finds it in the list and takes it back; people are asked again.
    await town.hand("alice").command("/countersign leases", "#general")
    await town.settles()
    assert "1 of 2 used" in str(town.window("alice"))
    await town.clicks_on(town.window("alice"), "alice", "leases.revoke")
    assert "taken back by Alice" in str(town.window("alice"))
    assert "took that back" in str(town.card("grace", asked)["blocks"])
    assert (await agent.asks(**RESTART))["status"] == "pending"


async def test_it_is_taken_back_from_the_card_by_who_granted_it_and_by_nobody_else(town_both_ways: Town) -> None:
    town = town_both_ways
    agent = await town.machine("ops-agent")
    asked = await agent.asks(**RESTART)
    await town.settles()
    await opens_the_form(town, "bob", asked)
    await town.says("bob", USUAL)
    await town.clicks("grace", asked, "lease.take_back.0")
    assert "Only Bob" in town.told("grace")
    await town.clicks("bob", asked, "lease.take_back.0")
    card = str(town.card("grace", asked)["blocks"])
    assert "took that back" in card
    assert "lease.take_back" not in card
    assert (await agent.asks(**RESTART))["status"] == "pending"


async def test_those_who_could_not_end_it_alone_are_told_before_the_form(town_both_ways: Town) -> None:
    town = town_both_ways
    agent = await town.machine("ops-agent")
    two = [{"requirements": [{"approvals": {"min": 2, "from": ["@platform"]}}]}]
    asked = await agent.asks(**RESTART, stages=two)
    await town.settles()
    await opens_the_form(town, "bob", asked)
    assert "somebody whose one approval ends the request" in str(town.window("bob"))
    await opens_the_form(town, "carol", asked)
    assert "does not ask for you" in str(town.window("carol"))


async def test_a_late_form_is_refused_in_words(town_both_ways: Town) -> None:
    """The window stays open while somebody else rejects."""
    town = town_both_ways
    agent = await town.machine("ops-agent")
    asked = await agent.asks(**RESTART)
    await town.settles()
    await opens_the_form(town, "bob", asked)
    await town.clicks("grace", asked, "request.reject")
    await town.says("grace", {"comment": "Not today."})
    sent = await town.hand("bob").submit(USUAL)
    assert "already rejected" in (sent.errors or {})["uses"]
    assert (await agent.asks(**RESTART))["status"] == "pending"
