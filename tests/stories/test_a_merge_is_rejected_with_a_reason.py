"""A merge is asked of two reviewers by name; one says yes, one says no and why; whoever waits hears the reason."""

import asyncio

import pytest

from tests.stories.town import Town

pytestmark = pytest.mark.anyio


async def test_the_waiter_of_a_merge_gets_the_rejection_with_its_reason(town: Town) -> None:
    """A-22 A-23 A-24 B-15 B-32 B-35 B-36 B-74 E-51"""
    bot = await town.machine("merge-bot")
    asked = await bot.asks(
        type="merge",
        title="Merge “Retry failed payouts” into main",
        metadata={"files_changed": 5, "target_branch": "main"},
        approvers=["bob@acme.example", "carol@acme.example"],
        if_denied="The branch stays open; payouts are retried by hand.",
        notify=["#deploys"],
    )
    waiting = asyncio.create_task(bot.waits(asked))
    await town.settles()

    await town.clicks("bob", asked, "request.approve")
    assert (await bot.reads(asked))["status"] == "pending"

    # Carol must say why; spaces are no reason, and the form says so under the field.
    await town.clicks("carol", asked, "request.reject")
    blank = await town.hand("carol").submit({"comment": "   "})
    assert blank.errors
    await town.says("carol", {"comment": "A payout may be retried twice; please add an idempotency key."})

    answered = await waiting
    assert (answered["status"], answered["cause"], answered["execution_status"]) == ("rejected", "people", None)
    no = answered["decisions"][-1]
    assert (no["email"], no["decision"]) == ("carol@acme.example", "rejected")
    assert no["comment"] == "A payout may be retried twice; please add an idempotency key."
    assert answered["if_denied"] == "The branch stays open; payouts are retried by hand."
    assert (await bot.tries("execution", asked, status="executing")).status_code == 409

    # Everybody reads it: on the card in the channel, and on the copies in Bob's and Carol's own conversations.
    for who in ("bob", "carol"):
        own = town.hand(who).find_message(town.hand(who).dm_channel, f"#{asked['number']} ")
        assert "Rejected by Carol: A payout may be retried twice" in own["text"]
    assert "Rejected by Carol" in town.card("erin", asked)["text"]


async def test_a_merge_is_approved_by_both_and_merged(town: Town) -> None:
    """B-31 B-74"""
    bot = await town.machine("merge-bot")
    asked = await bot.asks(type="merge", title="Merge the new payout table", approvers=["bob@acme.example"])
    await town.settles()
    bob = town.hand("bob")
    await town.clicks_on(bob.find_message(bob.dm_channel, "Merge the new payout table"), "bob", "request.approve")
    assert (await bot.reads(asked))["status"] == "approved"
    await bot.does("execution", asked, status="executing")
    done = await bot.does("execution", asked, status="success", detail="merged as 4f2c1d")
    assert done["request"]["execution_status"] == "success"


async def test_when_nobody_is_named_one_of_those_who_may_approve_suffices(town: Town) -> None:
    """B-37"""
    bot = await town.machine("merge-bot")
    asked = await bot.asks(type="merge", title="Merge a typo fix", notify=["#deploys"])
    await town.settles()
    assert "anyone who may approve" in str(town.card("grace", asked)["blocks"])
    await town.clicks("grace", asked, "request.approve")
    assert (await bot.reads(asked))["status"] == "approved"
