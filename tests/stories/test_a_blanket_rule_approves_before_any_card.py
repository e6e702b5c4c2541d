"""Small, harmless things need not interrupt anybody: an admin says so once, and no card is posted for them."""

import pytest

from tests.stories.town import Json, Town

pytestmark = pytest.mark.anyio

SMALL: Json = {
    "type": "custom",
    "title": "Fetch the exchange rates",
    "action": "api_call:rates.example",
    "cost": {"usd": 3, "tokens": 500},
    "side_effects": [],
    "notify": ["#deploys"],
}
LINE = (
    '"small calls" for agent researcher when {"action.prefix": "api_call:", "cost.usd.max": 3, "cost.tokens.max": 9000, '
    '"sideEffects.none": true} allow'
)


def seen_of(town: Town, request: Json) -> list[str]:
    """Whatever anybody was shown of it."""
    names = ("alice", "bob", "carol", "dave", "erin", "grace")
    said = [one["text"] for name in names for one in (*town.hand(name).messages("#deploys"), *town.hand(name).dms())]
    return [text for text in said if f"#{request['number']} " in text]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_what_the_rule_allows_passes_at_once_and_nobody_is_shown_anything(town: Town) -> None:
    """E-65 E-67 E-69 E-70 E-71 E-72 E-73"""
    agent = await town.machine("researcher")
    assert "Saved as version 1" in str(await town.rules("alice", LINE))

    passed = await agent.asks(**SMALL)
    await town.settles()
    assert (passed["status"], passed["cause"].partition(":")[0]) == ("auto_approved", "rule")
    assert seen_of(town, passed) == []
    assert "small calls" in str((await town.types("alice", f"/countersign why #{passed['number']}"))["blocks"])

    # One cent more, one side effect, a cost left out, another agent: a person is asked.
    other = await town.machine("writer")
    dearer = {**SMALL, "cost": {"usd": 3.01, "tokens": 500}}
    effect = {**SMALL, "side_effects": ["sends an e-mail"]}
    silent = {**SMALL, "cost": {"tokens": 500}}
    for machine, asked in ((agent, dearer), (agent, effect), (agent, silent), (other, SMALL)):
        request = await machine.asks(**asked)
        await town.settles()
        assert request["status"] == "pending"
        assert seen_of(town, request) != []


async def test_a_rule_taken_out_stops_at_once_and_what_it_passed_stays(town: Town) -> None:
    """E-77"""
    agent = await town.machine("researcher")
    await town.rules("alice", LINE)
    passed = await agent.asks(**SMALL)
    await town.hand("alice").command("/countersign rules remove small calls", "#general")
    await town.settles()
    assert "1 would newly ask people (#1)." in str(town.window("alice")["blocks"])
    await town.says("alice", {})
    assert (await agent.asks(**SMALL))["status"] == "pending"
    assert (await agent.reads(passed))["status"] == "auto_approved"
