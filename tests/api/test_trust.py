"""`/v1/trust`, `/v1/leases`, `/v1/schedules`: looked at, granted, taken back, by those who may."""

from typing import Any

import pytest

from core.model.people import Role, Verb
from tests.api.conftest import House

pytestmark = pytest.mark.anyio

RESTART: dict[str, Any] = {"title": "Restart worker 7", "action": "restart worker 7", "cost": {"usd": 0.5}}


async def asked(house: House) -> Any:
    return await house.ask(**RESTART)


async def leased(house: House, who: str = "ada", **said: Any) -> Any:
    request = await asked(house)
    answer = await house.post(who, "/v1/leases", {"request": request["id"], "uses": 3, "lasts": "1h", **said})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def delete(house: House, who: str, path: str) -> Any:
    async with house.client(who) as client:
        return await client.delete(path)


# ---------------------------------------------------------------------------------------------------------------- trust


async def test_trust_is_shown_with_counts_score_and_its_sentence(house: House) -> None:
    """E-86, E-88"""
    for _ in range(2):
        request = await asked(house)
        await house.post("ada", f"/v1/requests/{request['id']}/approve")
    rejected = await asked(house)
    await house.post("ada", f"/v1/requests/{rejected['id']}/reject", {"comment": "no"})
    (line,) = (await house.get("root", "/v1/trust")).json()["data"]
    assert (line["agent_name"], line["type"], line["approved"], line["rejected"]) == ("ci", "deploy", 2, 1)
    assert 0 < line["score"] < 0.4
    assert line["sentence"] == (
        "Trust budgets are off, so people are asked (2 of 3 alike approved; $0.00 of $20.00 and 0 of 20 today)."
    )


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
async def test_trust_cannot_be_set(house: House, method: str) -> None:
    """E-87, E-88"""
    async with house.client("root") as client:
        answer = await client.request(method.upper(), "/v1/trust")
    assert answer.status_code == 405


@pytest.mark.parametrize(("who", "status"), [("rex", 403), ("ci", 403), (None, 401)])
async def test_trust_is_not_for_everybody_to_see(house: House, who: str | None, status: int) -> None:
    assert (await house.get(who, "/v1/trust")).status_code == status


async def test_an_auditor_sees_it(house: House) -> None:
    await house.member("audrey", Role.AUDITOR)
    assert (await house.get("audrey", "/v1/trust")).status_code == 200


# --------------------------------------------------------------------------------------------------------------- leases


async def test_a_lease_is_granted_seen_used_and_taken_back(house: House) -> None:
    lease = await leased(house)
    assert lease["covers"] == 'deploy "restart worker 7", at most $0.50'
    passed = await asked(house)
    assert (passed["status"], passed["cause"]) == ("auto_approved", f"lease:{lease['id']}")
    assert (await house.get("ben", "/v1/leases")).json()["data"][0]["used"] == 1
    gone = await delete(house, "root", f"/v1/leases/{lease['id']}")
    assert (gone.status_code, gone.json()["revoked_by"]) == (200, "Root")
    assert (await asked(house))["status"] == "pending"


async def test_an_idempotency_key_grants_one_lease(house: House) -> None:
    request = await asked(house)
    body = {"request": request["id"], "uses": 3, "lasts": "1h"}
    first, second = [
        (await house.post("ada", "/v1/leases", body, headers={"Idempotency-Key": "k1"})).json() for _ in range(2)
    ]
    assert first["id"] == second["id"]
    assert len((await house.get("ada", "/v1/leases")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [({"uses": 21}, "uses"), ({"uses": 0}, "uses"), ({"lasts": "25h"}, "lasts"), ({"lasts": "soon"}, "lasts"),
     ({"action": "drop *"}, "action"), ({"request": "req_none"}, "request")],
)  # fmt: skip
async def test_what_is_wrong_with_a_lease_is_named(house: House, said: Any, field: str) -> None:
    request = await asked(house)
    answer = await house.post("ada", "/v1/leases", {"request": request["id"], "uses": 3, "lasts": "1h", **said})
    assert (answer.status_code, answer.json()["field"]) == (400, field), answer.text


async def test_neither_machines_nor_those_who_may_not_decide_grant_one(house: House) -> None:
    request = await asked(house)
    body = {"request": request["id"], "uses": 1, "lasts": "1h"}
    machine = await house.post("ci", "/v1/leases", body)
    assert (machine.status_code, machine.json()["code"]) == (403, "key_cannot_decide")
    await house.member("tim", Role.APPROVER, may_decide=False)
    assert (await house.post("tim", "/v1/leases", body)).status_code == 403
    assert (await house.post("rex", "/v1/leases", body)).status_code == 400


async def test_the_agent_sees_its_own_leases_and_no_others(house: House) -> None:
    await leased(house)
    await house.agent("other", Verb.ASK)
    assert len((await house.get("ci", "/v1/leases")).json()["data"]) == 1
    assert (await house.get("other", "/v1/leases")).json()["data"] == []
    assert (await house.get("rex", "/v1/leases")).json()["data"] == []


async def test_somebody_elses_lease_cannot_be_taken_back(house: House) -> None:
    lease = await leased(house)
    assert (await delete(house, "ben", f"/v1/leases/{lease['id']}")).status_code == 403
    assert (await delete(house, "rex", f"/v1/leases/{lease['id']}")).status_code == 404
    assert (await delete(house, "ci", f"/v1/leases/{lease['id']}")).status_code == 403


# ------------------------------------------------------------------------------------------------------------ schedules


async def test_a_schedule_whose_feed_cannot_be_read_says_why(house: House) -> None:
    added = await house.post("root", "/v1/schedules", {"name": "primary", "url": "https://localhost/duty.ics"})
    assert added.status_code == 201, added.text
    said = added.json()
    assert (said["host"], said["on_duty"]) == ("localhost", [])
    assert "this machine itself" in said["nobody"]
    assert "duty.ics" not in added.text
    rule = await house.post("root", "/v1/rules", {"rule": "add urgent when true require oncall:primary"})
    assert rule.status_code == 201
    assert (await delete(house, "root", "/v1/schedules/primary")).status_code == 409
    again = await house.post("root", "/v1/schedules/primary/refresh")
    assert again.status_code == 200


@pytest.mark.parametrize("url", ["https://10.0.0.1/x.ics", "http://example.com/x.ics", "file:///etc/passwd", "x"])
async def test_an_address_that_may_not_be_called_is_refused_at_once(house: House, url: str) -> None:
    answer = await house.post("root", "/v1/schedules", {"name": "primary", "url": url})
    assert (answer.status_code, answer.json()["field"]) == (400, "url")


async def test_only_admins_keep_schedules(house: House) -> None:
    body = {"name": "primary", "url": "https://example.com/x.ics"}
    for who in ("ada", "rex", "ci"):
        assert (await house.post(who, "/v1/schedules", body)).status_code == 403
