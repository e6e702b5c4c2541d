"""A pipeline does not wait: it asks, goes, and is called when there is an answer. It trusts nobody who calls it but us."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import standardwebhooks

from core.model.people import Verb
from tests.stories.town import Town
from tests.webhooks.receiver import Message, Receiver, receiving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pipeline(anyio_backend: str) -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


async def shown(town: Town, who: str, words: str) -> str:
    """What the window on top says once it says this."""
    async with asyncio.timeout(10):
        while words not in str(town.window(who)["blocks"]):  # noqa: ASYNC110 - Slack's views change by themselves
            await asyncio.sleep(0.02)
    return str(town.window(who)["blocks"])


async def test_a_pipeline_goes_on_when_it_is_told_and_can_prove_by_whom(town: Town, pipeline: Receiver) -> None:
    """C-08 E-90 E-91"""
    line = (
        f"/countersign webhooks add ci {pipeline.url}/done events request.created request.approved execution.succeeded"
    )
    await town.hand("alice").command(line, "#general")
    await town.settles()
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", str(town.window("alice")["blocks"]))
    assert found
    secret = found[0]

    # She tries it before anything depends on it.
    await town.hand("alice").command("/countersign webhooks test ci", "#general")
    assert "It was taken: the address answered 200" in await shown(town, "alice", "It was taken")

    bot = await town.machine("deploy-bot", Verb.ASK, Verb.READ)
    asked = await bot.asks(type="deploy", title="Deploy api 2.3", approvers=["bob@acme.example"], notify=["#deploys"])
    await town.settles()
    await town.clicks("bob", asked, "request.approve")

    told = await pipeline.until(3)
    assert [one.type for one in told] == ["webhook.test", "request.created", "request.approved"]
    approved = proven(told[-1], secret)
    assert approved["data"]["request"]["decisions"][0]["email"] == "bob@acme.example"
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        proven(Message("/done", told[-1].headers, told[-1].body.replace(b"approved", b"rejected"), 200), secret)

    # What it was told is enough to go on with.
    await bot.does("execution", approved["data"]["request"], status="executing")
    await bot.does("execution", approved["data"]["request"], status="success", detail="2.3 is live")
    last = (await pipeline.until(4))[-1]
    assert proven(last, secret)["data"]["request"]["execution"]["detail"] == "2.3 is live"


async def test_a_pipeline_that_was_away_is_told_when_it_is_back(town: Town, pipeline: Receiver) -> None:
    """E-96"""
    pipeline.status = 503
    await town.hand("alice").command(
        f"/countersign webhooks add ci {pipeline.url}/done events request.approved", "#general"
    )
    await town.settles()
    bot = await town.machine("deploy-bot")
    asked = await bot.asks(type="deploy", title="Deploy api 2.3", approvers=["bob@acme.example"], notify=["#deploys"])
    await town.settles()
    await town.clicks("bob", asked, "request.approve")
    await town.assembly.webhooks.drain()
    await town.hand("alice").command("/countersign webhooks show ci", "#general")
    assert "answered 503" in await shown(town, "alice", "Tried again")

    pipeline.status = 200
    await town.hand("alice").command("/countersign webhooks resume ci", "#general")
    (told,) = await pipeline.until(1)
    assert told.id == pipeline.got[0].id
    assert told.said["data"]["request"]["id"] == asked["id"]


def proven(message: Message, secret: str) -> dict[str, Any]:
    """What it says, if it is from us."""
    found: dict[str, Any] = standardwebhooks.Webhook(secret).verify(message.body.decode(), message.headers)
    return found
