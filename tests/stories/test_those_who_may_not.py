"""The curious outsider, the malicious requester, the stolen key, the overheard click: refused, told kindly, written down."""

import re

import pytest

from core.model.people import Verb
from tests.stories.town import Town, some

pytestmark = pytest.mark.anyio

PHISHING = "<!channel> <https://evil.example|Approved by security> *no need to look*"


async def test_the_curious_outsider_is_told_privately_how_to_belong(town: Town) -> None:
    """A-61 A-63 C-05"""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(type="deploy", title="Deploy docs 7", stages=some(1, "@platform"), notify=["#deploys"])
    await town.settles()
    await town.clicks("frank", asked, "request.approve")
    assert "not linked to a member" in town.told("frank")
    assert not town.hand("bob").ephemerals()

    # For Erin, who may read only her own, it does not exist; Carol may approve, but was not asked.
    await town.clicks("erin", asked, "request.approve")
    await town.clicks("carol", asked, "request.approve")
    assert "@platform" in town.told("carol")
    assert await town.codes_in_ledger(asked) == ["not_mapped", "not_found", "not_an_approver"]
    assert (await pipeline.reads(asked))["decisions"] == []


async def test_the_malicious_requester_cannot_answer_itself_nor_dress_up_its_title(town: Town) -> None:
    """A-16 C-05"""
    said = await town.types("bob", "/countersign login deciding")
    code = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", str(said["blocks"]))
    assert code is not None
    login = await (await town.client("none")).post("/v1/login", json={"code": code[0], "label": "laptop"})
    bob = await town.client(login.json()["secret"])
    answer = await bob.post(
        "/v1/requests",
        json={"type": "custom", "title": PHISHING, "stages": some(1, "@platform"), "notify": ["#deploys"]},
    )
    asked = answer.json()
    town.known.append(asked["id"])
    await town.settles()

    card = town.card("grace", asked)
    header = next(block for block in card["blocks"] if block["type"] == "header")
    assert header["text"] == {"type": "plain_text", "text": PHISHING, "emoji": False}
    assert "<!channel>" not in card["text"]
    assert town.hand("grace").unread("#deploys")[1] == 0, "nobody was mentioned"

    await town.clicks("bob", asked, "request.approve")
    assert "asked for this yourself" in town.told("bob")
    refused = await bob.post(f"/v1/requests/{asked['id']}/approve", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "own_request")
    assert (await bob.get(f"/v1/requests/{asked['id']}")).json()["status"] == "pending"
    assert set(await town.codes_in_ledger(asked)) == {"own_request"}


async def test_a_stolen_key_can_ask_and_read_but_never_decide(town: Town) -> None:
    """A-16 A-17 C-05 E-12"""
    pipeline, other = await town.machine("deploy-bot"), await town.machine("other-bot", Verb.ASK, Verb.READ)
    asked = await pipeline.asks(type="deploy", title="Deploy docs 7", stages=some(1, "@platform"), notify=["#deploys"])
    for verb, body in (("approve", {}), ("reject", {"comment": "no"}), ("approve", {"edits": {"action": "less"}})):
        refused = await pipeline.tries(verb, asked, **body)
        assert (refused.status_code, refused.json()["code"]) == (403, "key_cannot_decide")
    assert (await other.tries("cancel", asked)).status_code in (403, 404)
    assert (await other.tries("execution", asked, status="executing")).status_code in (403, 404)
    assert "key_cannot_decide" in await town.codes_in_ledger(asked)
    assert (await pipeline.reads(asked))["status"] == "pending"


async def test_an_overheard_click_sent_again_does_nothing(town: Town) -> None:
    """A-36 A-64"""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(
        type="deploy",
        title="Deploy docs 7",
        stages=some(2, "@platform"),
        notify=["#deploys"],
    )
    await town.settles()
    await town.clicks("bob", asked, "request.approve")
    version = (await pipeline.reads(asked))["version"]
    again = await town.sandbox.replay_request()
    await town.settles()
    reads = await pipeline.reads(asked)
    assert again.body is None
    assert (reads["version"], reads["status"], len(reads["decisions"])) == (version, "pending", 1)
