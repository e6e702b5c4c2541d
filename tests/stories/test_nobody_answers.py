"""Nobody answers: those who owe an answer are reminded, then the request expires, and says honestly why."""

import asyncio

import pytest

from tests.stories.town import Town, some

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_request_nobody_answers_is_reminded_and_expires(town: Town) -> None:
    """A-53 B-33 B-39 D-09 D-32 E-26 E-28 C-24"""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(
        type="deploy", title="Rebuild the search index", stages=some(1, "@platform"), notify=["#deploys"]
    )
    waiting = asyncio.create_task(pipeline.waits(asked, 60))
    await town.settles()
    stale = town.card("bob", asked)
    bob, erin = town.hand("bob"), town.hand("erin")

    # After an hour those who have not answered hear of it again; nobody else does.
    await town.later(hours=1, seconds=1)
    await bob.sees(lambda: "still waits for you" in town.heard("bob"))
    await erin.sees(lambda: "Still waiting for" in " ".join(town.thread("erin", asked)))
    assert "waits for you" not in town.heard("erin")
    assert not waiting.done()

    # At the deadline it is over, and nobody is said to have refused.
    await town.later(hours=3)
    answered = await waiting
    assert (answered["status"], answered["cause"]) == ("expired", "nobody_answered")
    assert answered["decisions"] == []
    await erin.sees(lambda: "Expired: nobody answered within 4h." in town.card("erin", asked)["text"])
    assert not [block for block in town.card("erin", asked)["blocks"] if block["type"] == "actions"]

    # A late click on a page that was not reloaded decides nothing, and says why.
    await town.clicks_on(stale, "bob", "request.approve")
    assert "expired" in town.told("bob")
    assert await town.codes_in_ledger(asked) == ["approval_expired"]
    assert (await pipeline.reads(asked))["status"] == "expired"


async def test_a_question_nobody_answers_is_told_apart_from_silence(town: Town) -> None:
    """E-60"""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(
        type="deploy", title="Drop the old table", stages=some(1, "@platform"), notify=["#deploys"]
    )
    await town.settles()
    await town.clicks("bob", asked, "request.comment")
    await town.says("bob", {"text": "Is there a backup?", "kind": "question"})
    await town.later(hours=4, seconds=1)
    erin = town.hand("erin")
    await erin.sees(lambda: "a question was not answered" in town.card("erin", asked)["text"])
    assert (await pipeline.reads(asked))["cause"] == "question_unanswered"
