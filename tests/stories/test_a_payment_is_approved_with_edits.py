"""An agent wants to spend money; an approver says yes to less; the agent gets both plans and acts on the smaller one."""

import asyncio

import pytest

from tests.stories.town import Town

pytestmark = pytest.mark.anyio

PAYMENT = {
    "type": "custom",
    "title": "Buy 50,000 translations for the help centre",
    "action": "payments.buy",
    "params": {"pages": 500, "language": "fr"},
    "editable": {"params.pages": {"kind": "integer", "minimum": 10, "maximum": 500}},
    "reasoning": "French customers ask the same questions again and again.",
    "cost": {"usd": 120.0, "tokens": 0},
    "side_effects": ["money leaves our account"],
    "if_denied": "Translate the ten most read pages by hand.",
    "approvers": ["bob@acme.example"],
    "notify": ["#deploys"],
}


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_the_agent_gets_the_original_and_the_edited_plan_and_both_digests(town: Town) -> None:
    """E-20 E-45 E-46 E-47 E-48 E-49 E-29"""
    agent = await town.machine("support-agent")
    asked = await agent.asks(**PAYMENT)
    waiting = asyncio.create_task(agent.waits(asked))
    await town.settles()

    # The form shows what may be changed; more money than asked for is refused under its field.
    await town.chooses("bob", asked, "edit")
    greedy = await town.hand("bob").submit({"edit.cost.usd": "500"})
    assert "at most 120" in (greedy.errors or {})["edit.cost.usd"]
    smaller = {"edit.cost.usd": "30", "edit.params.pages": "100", "comment": "Begin with the first hundred."}
    await town.says("bob", smaller)

    answered = await waiting
    assert answered["status"] == "approved_with_edits"
    plan = answered["edits"]
    assert plan["edits"] == {"cost.usd": 30, "params.pages": 100}
    assert (plan["original"]["cost"]["usd"], plan["original"]["params"]["pages"]) == (120, 500)
    assert (plan["edited"]["cost"]["usd"], plan["edited"]["params"]["pages"]) == (30, 100)
    assert answered["decisions"][-1]["comment"] == "Begin with the first hundred."
    assert answered["digest"] != asked["digest"]
    assert answered["action_digest"] != asked["action_digest"]

    # Whoever still acts on the old plan is stopped; the edited plan may be claimed.
    old = await agent.tries("execution", asked, status="executing", action_digest=asked["action_digest"])
    assert old.status_code == 409
    new = await agent.does("execution", asked, status="executing", action_digest=answered["action_digest"])
    assert new["request"]["execution_status"] == "executing"
    await town.settles()
    card = str(town.card("erin", asked)["blocks"])
    assert "Edited by Bob" in card
    assert "$120.00" not in card
    assert "Cost in US dollars: 120 → 30" in card
