"""Somebody who lives in a terminal: a code from Slack, a login, the list of what waits, and an approval."""

import re

import pytest

from tests.stories.town import Town, some

pytestmark = pytest.mark.anyio


async def code_of(town: Town, who: str, line: str) -> str:
    said = await town.types(who, line)
    found = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", str(said["blocks"]))
    assert found is not None, said
    assert found[0] not in said["text"], "a notification must not show the code"
    return found[0]


async def test_login_list_approve_and_the_card_shows_it(town: Town) -> None:
    """A-16 D-42 E-34 E-40"""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(type="deploy", title="Deploy docs 7", stages=some(1, "@platform"), notify=["#deploys"])
    await town.settles()
    number = str(asked["number"])

    code = await code_of(town, "bob", "/countersign login deciding")
    assert "may read, ask and decide" in await town.countersign("login", typed=f"{code}\n")
    assert "Deploy docs 7" in await town.countersign("list", "--assignee", "me")
    assert "approved" in await town.countersign("approve", number, "--comment", "Read it all.")
    assert '"execution_status": "pending"' in await town.countersign("read", "--id", number, "--json")

    await town.settles()
    card = town.card("erin", asked)
    assert "Approved by Bob." in card["text"]
    assert "Read it all." in str(card["blocks"])
    decision = (await pipeline.reads(asked))["decisions"][0]
    assert (decision["way"], decision["email"]) == ("token", "bob@acme.example")

    # The code was good for one login.
    assert "code" in await town.countersign("login", typed=f"{code}\n", code=8)


async def test_a_token_without_the_right_to_decide_reads_and_asks_only(town: Town) -> None:
    """A-16 A-17"""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(type="deploy", title="Deploy docs 8", stages=some(1, "@platform"), notify=["#deploys"])
    await town.settles()
    code = await code_of(town, "bob", "/countersign login")
    assert "may read and ask" in await town.countersign("login", typed=f"{code}\n")
    assert "Deploy docs 8" in await town.countersign("list", "--assignee", "me")
    await town.countersign("approve", str(asked["number"]), code=8)
    assert (await pipeline.reads(asked))["status"] == "pending"
