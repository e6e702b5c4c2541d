"""A pipeline that nobody waits for: approved in Slack, run by a click, proven by a receipt, done once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from core.model.people import Verb
from countersign_client import Expected, ReceiptRefused
from countersign_client.receipts import verify
from tests.stories.town import Town
from tests.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.anyio

ACTION, PARAMS = "helm upgrade api", {"version": "2.3"}


@pytest.fixture
async def pipeline(anyio_backend: str) -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


async def test_an_approver_runs_it_and_the_pipeline_does_exactly_that_once(town: Town, pipeline: Receiver) -> None:
    """A-71 C-06 C-11 C-30 C-31 B-74"""
    await town.hand("alice").command(
        f"/countersign webhooks add runner {pipeline.url}/run events execution.requested", "#general"
    )
    await town.settles()
    bot = await town.machine("deploy-bot", Verb.ASK, Verb.READ)
    asked = await bot.asks(
        type="deploy",
        title="Deploy api 2.3",
        action=ACTION,
        params=PARAMS,
        approvers=["bob@acme.example"],
        notify=["#deploys"],
    )
    await town.settles()
    await town.clicks("bob", asked, "request.approve")
    await town.settles()
    assert pipeline.got == []
    assert "Handed over, to be executed" in town.card("erin", asked)["text"]

    # Carol did not approve it, and cannot have it run; Bob did.
    await town.clicks("carol", asked, "request.run")
    await town.settles()
    assert "those who approved it" in str(town.hand("carol").ephemerals())
    await town.clicks("bob", asked, "request.run")
    (called,) = await pipeline.until(1)

    # The runner trusts nobody's word: it checks the receipt against what it is about to do.
    keys = json.loads((await bot.http.get("/.well-known/jwks.json")).text)
    receipt = called.said["data"]["receipt"]
    with pytest.raises(ReceiptRefused):
        verify(receipt, keys, Expected(action=ACTION, params={"version": "6.6"}))
    proven = verify(receipt, keys, Expected(request=asked["id"], action=ACTION, params=PARAMS))
    assert [one.proof["kind"] for one in proven.deciders if one.proof] == ["slack"]

    await bot.does("execution", asked, status="executing", action_digest=proven.action_digest, detail="1 of 3 pods")
    assert (await bot.tries("execution", asked, status="executing")).json()["code"] == "already_executing"
    await town.settles()
    assert "Executing: 1 of 3 pods" in town.card("erin", asked)["text"]
    await bot.does("execution", asked, status="success", detail="3 of 3 pods")
    await town.settles()
    over = town.card("erin", asked)
    assert "Executed: 3 of 3 pods" in over["text"]
    assert "request.run" not in str(over["blocks"])


async def test_where_the_project_has_it_so_the_last_click_is_enough(town: Town, pipeline: Receiver) -> None:
    """A-33 A-70 A-73"""
    await town.hand("alice").command(
        f"/countersign webhooks add runner {pipeline.url}/run events execution.requested", "#general"
    )
    await town.hand("alice").command("/countersign projects set default auto_execute on", "#general")
    await town.settles()
    bot = await town.machine("deploy-bot", Verb.ASK, Verb.READ)
    asked = await bot.asks(
        type="deploy",
        title="Deploy api 2.3",
        action=ACTION,
        stages=[
            {"name": name, "requirements": [{"approvals": {"min": 1, "from": [f"{who}@acme.example"]}}]}
            for name, who in (("Platform", "bob"), ("Security", "carol"))
        ],
        notify=["#deploys"],
    )
    await town.settles()
    await town.clicks("bob", asked, "request.approve")
    await town.settles()
    assert pipeline.got == []
    await town.clicks("carol", asked, "request.approve")
    (called,) = await pipeline.until(1)
    assert called.said["data"]["request"]["status"] == "approved"
    assert "request.run" not in str(town.card("bob", asked)["blocks"])
