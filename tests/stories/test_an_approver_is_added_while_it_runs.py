"""An approver is added while the server runs: asked by direct message, though they never typed or clicked anything."""

import asyncio

import pytest

from tests.stories.town import Town, some

pytestmark = pytest.mark.anyio

FRANK = "frank@acme.example"


async def heard(town: Town, who: str, what: str) -> None:
    async with asyncio.timeout(10):
        while what not in town.heard(who):  # noqa: ASYNC110 - nothing else tells that a link came
            await asyncio.sleep(0.02)


async def test_somebody_added_by_chat_is_asked_by_direct_message_and_decides(town: Town) -> None:
    """A-61"""
    pipeline = await town.machine("deploy-bot")
    await town.types("alice", f'/countersign members add {FRANK} "Frank" approver')
    asked = await pipeline.asks(type="deploy", title="Rotate keys", stages=some(1, FRANK))
    await heard(town, "frank", "Rotate keys")
    await town.settles()
    card = next(message for message in town.hand("frank").dms() if "Rotate keys" in message["text"])
    await town.clicks_on(card, "frank", "request.approve")
    assert (await pipeline.reads(asked))["status"] == "approved"
