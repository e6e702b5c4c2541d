"""Four eyes over the API: 202 and the request that asks, a second admin's yes, a key collected once, nothing from outside."""

import pytest

from core.model.people import Role
from tests.api.conftest import House

pytestmark = pytest.mark.anyio

NEW = {"email": "eve@example.com", "name": "Eve", "roles": ["admin"]}


@pytest.fixture
async def eyes(house: House) -> House:
    """Root, Ruth and Rob are admins, and four eyes are on."""
    for name in ("ruth", "rob"):
        await house.member(name, Role.ADMIN)
    async with house.client("root") as client:
        answer = await client.patch("/v1/organisation/settings", json={"four_eyes": True})
    assert answer.status_code == 200, answer.text
    assert answer.json()["four_eyes"] is True
    return house


async def approve(house: House, who: str, asked: str) -> dict[str, object]:
    answer = await house.post(who, f"/v1/requests/{asked}/approve", {})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["request"])


async def test_a_change_answers_202_with_its_request_and_is_made_after_the_second_yes(eyes: House) -> None:
    answer = await eyes.post("root", "/v1/members", NEW)
    assert answer.status_code == 202, answer.text
    asked = answer.json()["asked"]
    assert answer.headers["location"] == asked["url"]
    seen = (await eyes.get("ruth", f"/v1/requests/{asked['id']}")).json()
    assert (seen["type"], seen["status"], seen["number"]) == ("countersign.members", "pending", asked["number"])
    assert (await eyes.get("root", "/v1/members/eve@example.com")).status_code == 404
    agreed = await approve(eyes, "ruth", asked["id"])
    assert (agreed["status"], agreed["execution_status"]) == ("approved", "success")
    assert (await eyes.get("root", "/v1/members/eve@example.com")).status_code == 200


async def test_the_requester_is_refused_and_so_is_everybody_who_is_no_admin(eyes: House) -> None:
    asked = (await eyes.post("root", "/v1/members", NEW)).json()["asked"]
    for who, code in (("root", "own_request"), ("ada", "not_an_approver")):
        answer = await eyes.post(who, f"/v1/requests/{asked['id']}/approve", {})
        assert (answer.status_code, answer.json()["code"]) == (403, code)


@pytest.mark.parametrize("who", ["root", "rex", "ci"])
async def test_a_change_is_refused_from_outside(eyes: House, who: str) -> None:
    body = {"type": "countersign.rules", "title": "Let me in", "params": {"office": "rules", "method": "remove"}}
    answer = await eyes.post(who, "/v1/requests", body)
    assert (answer.status_code, answer.json()["field"]) == (400, "type")
    assert "asked by Countersign itself" in answer.json()["detail"]


async def test_a_repeat_with_the_same_key_asks_once(eyes: House) -> None:
    answers = [
        await eyes.post("root", "/v1/members", NEW, headers={"Idempotency-Key": "one"}),
        await eyes.post("root", "/v1/members", NEW, headers={"Idempotency-Key": "one"}),
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()


async def test_an_agreed_key_is_collected_once_by_whoever_asked(eyes: House) -> None:
    asked = (await eyes.post("root", "/v1/agents/ci/keys", {"label": "second", "verbs": ["ask"]})).json()["asked"]
    await approve(eyes, "ruth", asked["id"])
    path = f"/v1/requests/{asked['id']}/collect"
    assert (await eyes.post("ruth", path)).status_code == 404
    collected = (await eyes.post("root", path)).json()
    eyes.credentials["second"] = collected["secret"]
    assert (await eyes.ask("second"))["status"] == "pending"
    again = await eyes.post("root", path)
    assert (again.status_code, again.json()["code"]) == (409, "already_collected")


async def test_a_schedule_is_asked_for_too_and_nobody_reads_its_feed_from_the_request(eyes: House) -> None:
    secret = "https://calendar.example.com/feed.ics?token=s3cret"
    answer = await eyes.post("root", "/v1/schedules", {"name": "primary", "url": secret})
    assert answer.status_code == 202, answer.text
    asked = answer.json()["asked"]["id"]
    seen = await eyes.get("ruth", f"/v1/requests/{asked}")
    assert "s3cret" not in seen.text
    assert (await eyes.get("root", "/v1/schedules/primary")).status_code == 404
    await approve(eyes, "ruth", asked)
    assert (await eyes.get("root", "/v1/schedules/primary")).status_code == 200


async def test_the_description_says_where_four_eyes_may_ask_first(house: House) -> None:
    described = (await house.get(None, "/openapi.json")).json()
    asking = [
        f"{method} {path}"
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if "202" in operation["responses"]
    ]
    for known in (
        "post /v1/members",
        "put /v1/rules/{id}",
        "post /v1/agents/{id}/keys",
        "delete /v1/grants",
        "post /v1/leases",
    ):
        assert known in asking
    assert "AskedView" in described["components"]["schemas"]
