"""During the freeze nothing is deployed: not by an allow rule, not by people somebody names."""

import pytest

from tests.stories.town import Json, Town, some

pytestmark = pytest.mark.anyio

DEPLOY: Json = {"type": "deploy", "title": "Deploy payments 4.2", "notify": ["#deploys"]}


async def test_nothing_a_rule_denies_reaches_people_whatever_else_is_said(town: Town) -> None:
    pipeline = await town.machine("deploy-bot")
    await town.rules("alice", '"all deploys are fine" for agent deploy-bot when type == "deploy" allow')
    await town.rules("alice", '"watched deploys" when type == "deploy" require @platform')
    assert (await pipeline.asks(**DEPLOY))["status"] == "pending"
    await town.rules("alice", '"winter freeze" when type == "deploy" deny because "Nobody is here"')
    request: Json = {}
    for named in ({}, {"approvers": ["bob@acme.example"]}, {"stages": some(1, "@platform")}):
        request = await pipeline.asks(**DEPLOY, **named)
        await town.settles()
        assert (request["status"], request["cause"].partition(":")[0]) == ("auto_rejected", "rule")
        why = str((await town.types("alice", f"/countersign why #{request['number']}"))["blocks"])
        assert "winter freeze" in why
    approving = await pipeline.tries("approve", request)
    assert approving.status_code == 403

    # Whatever is no deploy goes on as ever, and so do deploys when the freeze is over.
    assert (await pipeline.asks(**{**DEPLOY, "type": "custom"}))["status"] == "pending"
    await town.hand("alice").command("/countersign rules off winter freeze", "#general")
    await town.settles()
    await town.says("alice", {})
    assert (await pipeline.asks(**DEPLOY))["status"] == "pending"
