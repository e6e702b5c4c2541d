"""Webhooks through the API: made, changed, tried, rotated, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import standardwebhooks

from core.administration import operator
from core.model.people import Role
from tests.api.conftest import House
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_faults import settled
from tests.webhooks.test_telling import decide, hook

pytestmark = pytest.mark.anyio


async def test_a_webhook_is_made_changed_and_removed(house: House, receiver: Receiver) -> None:
    made = await hook(house, receiver, events=["request.approved"], types=["deploy"])
    assert made["secret"].startswith("whsec_")
    assert made["state"] == "active"
    seen = (await house.get("root", f"/v1/webhooks/{made['id']}")).json()
    assert (seen["secret"], seen["events"], seen["types"], seen["projects"]) == (
        None,
        ["request.approved"],
        ["deploy"],
        None,
    )
    async with house.client("root") as client:
        changed = await client.patch("/v1/webhooks/hook", json={"name": "renamed", "events": None})
        assert (changed.json()["name"], changed.json()["events"], changed.json()["types"]) == (
            "renamed",
            None,
            ["deploy"],
        )
        assert (await client.delete("/v1/webhooks/renamed")).status_code == 200
    assert (await house.get("root", "/v1/webhooks")).json()["data"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "https://[64:ff9b::7f00:1]/"}, "url"),
        ({"url": "http://ci.example.com@10.0.0.1/"}, "url"),
        ({"url": "gopher://example.com/"}, "url"),
        ({"url": "no address"}, "url"),
        ({"url": ""}, "url"),
        ({"name": ""}, "name"),
        ({"name": "whk_1"}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"events": []}, "events"),
        ({"events": ["invented"]}, "events"),
        ({"projects": ["nowhere"]}, "projects"),
        ({"types": ["invented"]}, "types"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
async def test_what_cannot_be_is_400_and_says_which_field(house: House, body: dict[str, Any], field: str) -> None:
    answer = await house.post("root", "/v1/webhooks", {"name": "hook", "url": "https://ci.example.com/", **body})
    assert answer.status_code == 400, answer.text
    assert field in answer.text


async def test_a_private_address_is_refused_in_words_an_admin_understands(house: House) -> None:
    answer = (await house.post("root", "/v1/webhooks", {"name": "hook", "url": "https://192.168.1.7/hook"})).json()
    assert answer["detail"] == (
        "The address leads to a private address, and only public ones are called. Give a public address, or have its "
        "network added to COUNTERSIGN_ALLOW_PRIVATE_ADDRESSES."
    )


async def test_only_admins_look_at_webhooks_and_change_them(house: House, receiver: Receiver) -> None:
    made = await hook(house, receiver)
    path = f"/v1/webhooks/{made['id']}"
    for who in ("ada", "rex", "ci"):
        assert (await house.get(who, "/v1/webhooks")).status_code == 403
        assert (await house.get(who, path)).status_code == 403
        assert (await house.get(who, f"{path}/deliveries")).status_code == 403
        for verb in ("rotate", "test", "pause", "resume", "deliveries/1/redeliver"):
            assert (await house.post(who, f"{path}/{verb}")).status_code == 403
        assert (await house.post(who, "/v1/webhooks", {"nonsense": 1})).status_code == 403


async def test_another_organisations_webhook_does_not_exist(house: House, receiver: Receiver) -> None:
    made = await hook(house, receiver)
    organisation = await house.administration.organisations.add("Elsewhere")
    other = House(house.assembly, house.clock, operator(organisation.id), house.credentials)
    await other.member("eve", Role.ADMIN)
    await other.post("eve", "/v1/webhooks", {"name": "hook", "url": f"{receiver.url}/eve"})
    assert (await other.get("eve", f"/v1/webhooks/{made['id']}")).status_code == 404
    assert (await other.post("eve", f"/v1/webhooks/{made['id']}/test")).status_code == 404
    await house.ask()
    await receiver.until(1)
    await settled(house)
    assert {one.path for one in receiver.got} == {"/hook"}


async def test_a_repeat_with_the_same_key_makes_one_and_shows_no_secret(house: House, receiver: Receiver) -> None:
    body, key = {"name": "hook", "url": receiver.url}, {"Idempotency-Key": "once"}
    first = await house.post("root", "/v1/webhooks", body, headers=key)
    again = await house.post("root", "/v1/webhooks", body, headers=key)
    assert (first.json()["id"], again.json()["secret"]) == (again.json()["id"], None)
    other = await house.post("root", "/v1/webhooks", {**body, "name": "x"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert (await house.post("root", "/v1/webhooks", body)).json()["code"] == "already_exists"


async def test_a_test_is_signed_and_its_outcome_is_said(house: House, receiver: Receiver) -> None:
    made = await hook(house, receiver)
    tested = (await house.post("root", f"/v1/webhooks/{made['id']}/test")).json()
    assert (tested["delivered"], tested["status"], tested["event"]) == (True, 200, "webhook.test")
    (told,) = receiver.got
    assert standardwebhooks.Webhook(made["secret"]).verify(told.body.decode(), told.headers)["type"] == "webhook.test"
    receiver.status = 404
    tested = (await house.post("root", f"/v1/webhooks/{made['id']}/test")).json()
    assert (tested["delivered"], tested["problem"]) == (
        False,
        "It answered 404; only 2xx means that it took the message.",
    )


async def test_what_was_delivered_is_sent_again_by_hand_under_the_same_id(house: House, receiver: Receiver) -> None:
    made = await hook(house, receiver, events=["request.created"])
    await house.ask()
    await receiver.until(1)
    await settled(house)
    (tried,) = (await house.get("root", f"/v1/webhooks/{made['id']}/deliveries")).json()["data"]
    again = (await house.post("root", f"/v1/webhooks/{made['id']}/deliveries/{tried['id']}/redeliver")).json()
    assert (again["delivered"], again["number"]) == (True, 2)
    assert receiver.got[0].id == receiver.got[1].id
    assert receiver.got[0].body == receiver.got[1].body
    for strange in ("999999", "x", "0"):
        path = f"/v1/webhooks/{made['id']}/deliveries/{strange}/redeliver"
        assert (await house.post("root", path)).status_code == 404


async def test_deliveries_are_paged(house: House, receiver: Receiver) -> None:
    made = await hook(house, receiver)
    await decide(house, "ada", await house.ask())
    await receiver.until(4)
    await settled(house)
    path = f"/v1/webhooks/{made['id']}/deliveries?limit=3"
    first = (await house.get("root", path)).json()
    rest = (await house.get("root", f"{path}&cursor={first['next_cursor']}")).json()
    assert [one["event"] for one in first["data"]] == ["request.approved", "stage.passed", "decision.recorded"]
    assert ([one["event"] for one in rest["data"]], rest["next_cursor"]) == (["request.created"], None)


async def test_an_old_secret_signs_on_until_its_time_is_over(house: House, receiver: Receiver) -> None:
    made = await hook(house, receiver, events=["request.created"])
    rotated = (await house.post("root", f"/v1/webhooks/{made['id']}/rotate", {"overlap": "2h"})).json()
    old, new = (standardwebhooks.Webhook(one["secret"]) for one in (made, rotated))
    await house.ask()
    (told,) = await receiver.until(1)
    assert old.verify(told.body.decode(), told.headers) == new.verify(told.body.decode(), told.headers)
    house.turn(hours=3)
    await house.ask()
    told = (await receiver.until(2))[-1]
    new.verify(told.body.decode(), told.headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        old.verify(told.body.decode(), told.headers)


async def test_secrets_are_kept_unreadable(house: House, receiver: Receiver) -> None:
    made = await hook(house, receiver)
    kept = await house.assembly.rooms.store.read(lambda reader: reader.endpoint_secrets(made["id"]))
    assert made["secret"] not in str(kept)
    ledger = await house.assembly.rooms.store.read(
        lambda reader: reader.ledger(house.host.organisation, after=0, limit=500)
    )
    assert made["secret"] not in str(ledger)
    assert "webhook_added" in {row.word for row in ledger}


async def test_with_four_eyes_another_admin_agrees_and_the_secret_is_made_then(
    house: House, receiver: Receiver
) -> None:
    for name in ("ann", "bea"):
        await house.member(name, Role.ADMIN)
    await house.administration.organisations.change(house.host, four_eyes=True)
    asked = await house.post("root", "/v1/webhooks", {"name": "hook", "url": receiver.url})
    assert asked.status_code == 202, asked.text
    assert (await house.get("root", "/v1/webhooks")).json()["data"] == []
    await decide(house, "ann", asked.json()["asked"])
    (made,) = (await house.get("root", "/v1/webhooks")).json()["data"]
    assert made["state"] == "needs_secret"
    rotated = (await house.post("root", f"/v1/webhooks/{made['id']}/rotate")).json()
    assert (rotated["state"], bool(rotated["secret"])) == ("active", True)
    async with house.client("root") as client:
        assert (await client.delete(f"/v1/webhooks/{made['id']}")).status_code == 202
        assert (await client.patch(f"/v1/webhooks/{made['id']}", json={"name": "other"})).status_code == 202
