"""From a request to an endpoint: which events, in which order, signed how, and what is hidden."""

from __future__ import annotations

import time
from typing import Any

import pytest
import standardwebhooks

from bot.webhook.signature import new_secret, signed
from tests.api.conftest import House, both_databases
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.anyio


async def hook(house: House, receiver: Receiver, path: str = "/hook", **filters: Any) -> Any:
    """A webhook of that path, made by the admin."""
    body = {"name": path.strip("/"), "url": receiver.url + path, **filters}
    made = await house.post("root", "/v1/webhooks", body)
    assert made.status_code == 201, made.text
    return made.json()


async def decide(house: House, who: str, asked: Any, verb: str = "approve", **body: Any) -> Any:
    done = await house.post(who, f"/v1/requests/{asked['id']}/{verb}", body)
    assert done.status_code == 200, done.text
    return done.json()


def test_our_signature_is_the_libraries() -> None:
    """E-96"""
    secret, body = new_secret(), b'{"type":"request.approved"}'
    headers = signed([secret], "evt_1", time.time(), body)
    assert standardwebhooks.Webhook(secret).verify(body.decode(), headers) == {"type": "request.approved"}
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret).verify(body.decode() + " ", headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(new_secret()).verify(body.decode(), headers)


def test_during_a_rotation_both_secrets_sign() -> None:
    old, new = new_secret(), new_secret()
    headers = signed([new, old], "evt_1", time.time(), b"{}")
    for secret in (old, new):
        assert standardwebhooks.Webhook(secret).verify("{}", headers) == {}


@both_databases
async def test_what_happens_to_a_request_is_told_in_order(house: House, receiver: Receiver) -> None:
    """E-90 E-91 C-08"""
    made = await hook(house, receiver)
    asked = await house.ask()
    await decide(house, "ada", asked)
    told = await receiver.until(4)
    assert [one.type for one in told] == ["request.created", "decision.recorded", "stage.passed", "request.approved"]
    checked = standardwebhooks.Webhook(made["secret"])
    for one in told:
        assert checked.verify(one.body.decode(), one.headers)["data"]["request"]["id"] == asked["id"]
    assert len({one.id for one in told}) == 4


@both_databases
async def test_each_ending_has_its_own_event_and_only_one(house: House, receiver: Receiver) -> None:
    """E-91 E-93 E-94 E-96"""
    await hook(house, receiver, events=[f"request.{word}" for word in ("approved", "rejected", "expired", "cancelled")])
    for verb, who in (("approve", "ada"), ("reject", "ben"), ("cancel", "ci")):
        await decide(house, who, await house.ask(), verb, **({"comment": "no"} if verb == "reject" else {}))
    await house.ask()
    house.turn(hours=25)
    await house.ring()
    house.assembly.webhooks.nudge()
    told = await receiver.until(4)
    assert sorted(one.type for one in told) == [
        "request.approved",
        "request.cancelled",
        "request.expired",
        "request.rejected",
    ]
    await house.assembly.webhooks.drain()
    assert len(receiver.got) == 4


async def test_a_yes_with_edits_and_a_yes_without_people_are_told_as_such(house: House, receiver: Receiver) -> None:
    """E-92 E-96"""
    await hook(house, receiver, events=["request.revised", "request.approved_with_edits", "request.auto_approved"])
    asked = await house.ask(cost={"usd": 50})
    await decide(house, "ada", asked, edits={"cost.usd": 30})
    told = await receiver.until(2)
    assert [one.type for one in told] == ["request.revised", "request.approved_with_edits"]
    edits = told[1].said["data"]["request"]["edits"]
    assert (edits["original"]["cost"]["usd"], edits["edited"]["cost"]["usd"]) == (50, 30)
    async with house.client("root") as client:
        await client.patch("/v1/projects/default/settings", json={"when_no_rule": "allow"})
    await house.ask()
    assert (await receiver.until(3))[-1].type == "request.auto_approved"


async def test_a_question_and_its_answer_are_told_with_their_words(house: House, receiver: Receiver) -> None:
    """E-95"""
    await hook(house, receiver, events=["request.asked_question", "request.answered"])
    asked = await house.ask()
    await decide(house, "ada", asked, "ask", question="Which ticket?")
    await decide(house, "ci", asked, "answer", answer="OPS-1")
    told = await receiver.until(2)
    assert [one.type for one in told] == ["request.asked_question", "request.answered"]
    assert [one.said["data"]["question"]["text"] for one in told] == ["Which ticket?"] * 2
    assert [one.said["data"]["question"]["answer"] for one in told] == [None, "OPS-1"]


async def test_a_refused_call_is_told_to_nobody(house: House, receiver: Receiver) -> None:
    """C-08"""
    await hook(house, receiver)
    asked = await house.ask()
    await receiver.until(1)
    refused = await house.post("rex", f"/v1/requests/{asked['id']}/approve", {})
    assert refused.status_code in {403, 404}
    await house.assembly.webhooks.drain()
    assert receiver.types == ["request.created"]


async def test_a_letter_that_is_late_tells_what_was_then(house: House, receiver: Receiver) -> None:
    made = await hook(house, receiver)
    await house.post("root", f"/v1/webhooks/{made['id']}/pause")
    asked = await house.ask()
    await decide(house, "ada", asked, comment="fine")
    await house.post("root", f"/v1/webhooks/{made['id']}/resume")
    told = await receiver.until(4)
    created, decided = told[0].said["data"], told[1].said["data"]
    assert (created["request"]["status"], created["request"]["decisions"]) == ("pending", [])
    assert created["request"]["waiting_for"]
    assert (decided["decision"]["comment"], decided["request"]["status"]) == ("fine", "approved")


async def test_only_what_is_wanted_is_told(house: House, receiver: Receiver) -> None:
    await house.administration.projects.add(house.host, "payments")
    await hook(house, receiver, "/project", projects=["payments"])
    await hook(house, receiver, "/type", types=["merge"], events=["request.created"])
    await house.ask()
    await house.ask(project="payments")
    await house.ask(type="merge")
    told = await receiver.until(2)
    await house.assembly.webhooks.drain()
    assert sorted((one.path, one.said["data"]["request"]["type"]) for one in told) == [
        ("/project", "deploy"),
        ("/type", "merge"),
    ]


async def test_what_looks_like_a_secret_is_hidden(house: House, receiver: Receiver) -> None:
    await hook(house, receiver, events=["request.created"])
    token = "ghp_" + "a1B2" * 9
    await house.ask(params={"password": "hunter2", "note": f"use {token}"}, description=f"with {token}")
    (told,) = await receiver.until(1)
    assert b"hunter2" not in told.body
    assert token.encode() not in told.body


async def test_what_a_type_keeps_secret_is_hidden_from_the_first_event_on(house: House, receiver: Receiver) -> None:
    kind = {
        "title": "Payout",
        "fields": {"type": "object", "properties": {"iban": {"type": "string"}}},
        "secret": ["params.iban"],
    }
    async with house.client("root") as client:
        assert (await client.put("/v1/types/payout", json=kind)).status_code == 200
    await hook(house, receiver)
    asked = await house.ask(
        type="payout", title="Pay DE89370400440532013000", params={"iban": "DE89370400440532013000"}
    )
    await decide(house, "ada", asked)
    told = await receiver.until(4)
    assert not [one for one in told if b"DE89370400440532013000" in one.body]


async def test_what_became_secret_meanwhile_is_hidden_in_a_letter_that_is_late(
    house: House, receiver: Receiver
) -> None:
    fields = {"type": "object", "properties": {"iban": {"type": "string"}}}
    made = await hook(house, receiver, events=["request.created"])
    await house.post("root", f"/v1/webhooks/{made['id']}/pause")
    async with house.client("root") as client:
        await client.put("/v1/types/payout", json={"title": "Payout", "fields": fields})
        body: dict[str, Any] = {"type": "payout", "title": "Pay", "params": {"iban": "DE89370400440532013000"}}
        asked = await house.ask(**body)
        await client.put("/v1/types/payout", json={"title": "Payout", "fields": fields, "secret": ["params.iban"]})
    await decide(house, "ci", asked, "revise", **body | {"title": "Pay Erin"})
    await house.post("root", f"/v1/webhooks/{made['id']}/resume")
    (told,) = await receiver.until(1)
    assert told.said["data"]["request"]["title"] == "Pay"
    assert b"DE89370400440532013000" not in told.body
