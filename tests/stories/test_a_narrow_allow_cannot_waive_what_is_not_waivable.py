"""An allow rule for one trusted agent sets aside what may be set aside, and nothing else."""

import pytest

from tests.stories.town import Json, Town

pytestmark = pytest.mark.anyio

DEPLOY: Json = {"type": "deploy", "title": "Deploy payments 4.2", "notify": ["#deploys"]}


def waits_for(request: Json) -> list[str]:
    return [one["label"] for stage in request["stages"] for one in stage["requirements"]]


async def test_an_allow_for_one_agent_sets_aside_only_what_says_that_it_may_be(town: Town) -> None:
    trusted, other = await town.machine("trusted-bot"), await town.machine("other-bot")
    await town.rules("alice", '"security looks" when type == "deploy" require 2 of @security')
    await town.rules("alice", '"a second look" when type == "deploy" require @platform waivable')
    window = await town.rules("alice", '"trust it" for agent trusted-bot when type == "deploy" allow')
    assert "Saved as version 1" in str(window)

    spared = await trusted.asks(**DEPLOY)
    assert (spared["status"], waits_for(spared)) == ("pending", ["2 of @security"])
    assert sorted(waits_for(await other.asks(**DEPLOY))) == ["1 of @platform", "2 of @security"]

    # People whom the request itself names are asked, however trusted the agent is.
    named = await trusted.asks(**DEPLOY, approvers=["bob@acme.example"])
    assert sorted(waits_for(named)) == ["2 of @security", "Bob"]
    why = str((await town.types("alice", f"/countersign why #{spared['number']}"))["blocks"])
    assert "a second look" in why
    assert "trust it" in why


async def test_a_broad_allow_does_not_rescue_what_the_narrow_one_leaves_out(town: Town) -> None:
    """E-74 E-75"""
    agent = await town.machine("trusted-bot")
    await town.rules("alice", '"everybody may" when type == "deploy" allow')
    await town.rules("alice", '"but this one only in test" for agent trusted-bot when type == "deploy" && metadata.env == "test" allow')  # fmt: skip
    assert (await agent.asks(**DEPLOY, metadata={"env": "test"}))["status"] == "auto_approved"
    assert (await agent.asks(**DEPLOY, metadata={"env": "production"}))["status"] == "pending"
