"""A pipeline asks before it deploys: platform first, then two of security; it waits, claims, deploys and reports."""

import asyncio

import pytest

from tests.stories.town import Town

pytestmark = pytest.mark.anyio

DEPLOY = {
    "type": "deploy",
    "title": "Deploy payments 4.2 to production",
    "subject": {"kind": "run", "id": "run-8f2", "url": "https://ci.example.com/runs/8f2"},
    "action": "terraform apply plan-8f2",
    "params": {"service": "payments"},
    "facts": {"destroyed": 2, "added": 5},
    "metadata": {"env": "production", "tests": "412 passed", "securityScan": "clean"},
    "links": [{"title": "Diff", "url": "https://git.example.com/payments/4.2"}],
    "stages": [
        {"name": "Platform", "requirements": [{"approvals": {"min": 1, "from": ["@platform"]}}]},
        {"name": "Security", "requirements": [{"approvals": {"min": 2, "from": ["@security"]}}]},
    ],
    "notify": ["#deploys"],
}


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_deploy_waits_for_platform_then_security_and_then_happens_once(town: Town) -> None:
    """A-30 A-31 A-32 A-38 A-60 A-65 B-71 B-74 D-20 D-22 D-23 E-41"""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(**DEPLOY)
    waiting = asyncio.create_task(pipeline.waits(asked))
    await town.settles()

    # What an approver must know stands on the card.
    card = str(town.card("bob", asked)["blocks"])
    for known in ("terraform apply plan-8f2", "service payments", "destroyed 2", "tests 412 passed", "Diff"):
        assert known in card

    # Security is told that it is not their turn yet; platform's approval opens their stage.
    await town.clicks("carol", asked, "request.approve")
    assert "not your turn yet" in town.told("carol")
    await town.clicks("bob", asked, "request.approve")
    assert "Stage 2 (Security) is open and waits for @security." in town.thread("erin", asked)
    await town.clicks("carol", asked, "request.approve")
    assert not waiting.done()
    assert "so far Carol" in str(town.card("alice", asked)["blocks"])
    await town.clicks("dave", asked, "request.approve")

    # The pipeline hears the yes by the poll it has open, and takes it exactly once.
    answered = await waiting
    assert (answered["status"], answered["cause"], answered["execution_status"]) == ("approved", "people", "pending")
    assert [decision["name"] for decision in answered["decisions"]] == ["Bob", "Carol", "Dave"]
    claim = {"status": "executing", "action_digest": asked["action_digest"]}
    assert (await pipeline.does("execution", asked, **claim))["request"]["execution_status"] == "executing"
    assert (await pipeline.tries("execution", asked, **claim)).json()["code"] == "already_executing"
    await pipeline.does("execution", asked, status="success", detail="12 pods replaced")

    # The card says it all, and can no longer be clicked.
    await town.settles()
    over = town.card("erin", asked)
    assert "Approved by Bob, Carol and Dave." in over["text"]
    assert "Executed: 12 pods replaced" in over["text"]
    assert not [block for block in over["blocks"] if block["type"] == "actions"]
