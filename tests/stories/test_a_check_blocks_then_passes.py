"""A deploy may only happen once the change window is open: the check fails, blocks, is run again, passes, and people decide."""

import base64
from typing import Any

import pytest

from core.model.people import Verb
from tests.policies.serving import saying, serving
from tests.stories.town import Town, some

pytestmark = pytest.mark.anyio

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
DEPLOY = {"type": "deploy", "title": "Deploy payments", "stages": some(1, "@platform"), "notify": ["#deploys"]}


async def the_check(town: Town, **changes: Any) -> None:
    written = {"name": "change-window", "when": 'type == "deploy"', **changes}
    secret = SECRET if "url" in changes else None
    await town.assembly.rooms.administration.checks.add(town.host, written, secret)


async def test_a_check_blocks_then_passes(town_both_ways: Town) -> None:
    """A-04 A-05"""
    town = town_both_ways
    async with serving(saying({"status": "failed", "summary": "the window opens at 18:00"})) as window:
        await the_check(town, url=window.url)
        pipeline = await town.machine("deploy-bot")
        asked = await pipeline.asks(**DEPLOY)
        await town.settles()

        await town.later(seconds=5)  # a line for a thread waits until its card is there

        # It blocks: the card says why, and no approval gets past it.
        assert "the window opens at 18:00" in str(town.card("bob", asked)["blocks"])
        assert "Check change-window failed: the window opens at 18:00" in town.thread("erin", asked)
        await town.clicks("bob", asked, "request.approve")
        assert "change-window" in town.told("bob")
        assert (await pipeline.reads(asked))["status"] == "pending"

        # Later it is run again from Details, and passes.
        window.answer = saying({"status": "passed", "summary": "open until 20:00"})
        await town.later(hours=1)
        await town.chooses("bob", asked, "details", stage=0)
        ack = await town.hand("bob").click(town.window("bob"), "request.run_check")
        assert ack.ok, ack
        await town.settles()
    assert len(window.heard) == 2
    assert "Check change-window is running: run again by Bob" in town.thread("erin", asked)
    assert "Check change-window passed: open until 20:00" in town.thread("erin", asked)
    await town.clicks("bob", asked, "request.approve")
    assert (await pipeline.reads(asked))["status"] == "approved"


async def test_a_check_reports_by_itself_and_nobody_in_its_place(town: Town) -> None:
    """A-04"""
    window = await town.machine("change-window", Verb.REPORT_CHECK)
    pipeline = await town.machine("deploy-bot", Verb.ASK, Verb.READ, Verb.REPORT_CHECK)
    await the_check(town, reporter="change-window")
    asked = await pipeline.asks(**DEPLOY)
    own = await pipeline.tries("checks/change-window", asked, status="passed")
    assert (own.status_code, own.json()["code"]) == (403, "own_request")
    await town.settles()
    assert await town.codes_in_ledger(asked) == ["own_request"]
    assert (await window.tries("checks/change-window", asked, status="passed", summary="open")).status_code == 200
    await town.settles()
    assert "open" in str(town.card("bob", asked)["blocks"])
    await town.clicks("bob", asked, "request.approve")
    assert (await pipeline.reads(asked))["status"] == "approved"
