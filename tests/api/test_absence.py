"""`/v1/delegations` and `/v1/me/preferences`: given, replaced, stopped, seen by whom they concern; a key has no part in it."""

from datetime import timedelta

import pytest

from core.model.people import Role, Verb
from tests.api.conftest import House

pytestmark = pytest.mark.anyio


async def until(house: House, days: int = 3) -> str:
    now = await house.administration.now()
    return str((now + timedelta(days=days)).isoformat().replace("+00:00", "Z"))


async def people(house: House) -> None:
    await house.member("dee", Role.APPROVER)
    await house.member("eli", Role.APPROVER)


async def test_a_delegate_decides_over_the_api_and_the_decision_names_whose_place(house: House) -> None:
    await people(house)
    made = await house.post("dee", "/v1/delegations", {"to": "eli@example.com", "until": await until(house)})
    assert made.status_code == 201, made.text
    asked = await house.ask(approvers=["dee@example.com"])
    done = await house.post("eli", f"/v1/requests/{asked['id']}/approve", {})
    assert done.status_code == 200, done.text
    assert done.json()["request"]["status"] == "approved"
    (delegator,) = done.json()["decision"]["delegators"]
    assert (delegator["name"], delegator["delegation"]) == ("Dee", made.json()["id"])


async def test_what_is_given_is_seen_by_both_and_stopped_by_either(house: House) -> None:
    await people(house)
    made = (await house.post("dee", "/v1/delegations", {"to": "eli@example.com", "until": await until(house)})).json()
    for who in ("dee", "eli"):
        assert [one["id"] for one in (await house.get(who, "/v1/delegations")).json()["data"]] == [made["id"]]
    assert (await house.get("ada", f"/v1/delegations/{made['id']}")).status_code == 404
    async with house.client("eli") as client:
        assert (await client.delete(f"/v1/delegations/{made['id']}")).status_code == 200
    asked = await house.ask(approvers=["dee@example.com"])
    assert (await house.post("eli", f"/v1/requests/{asked['id']}/approve", {})).status_code in (403, 404)


async def test_a_newer_delegation_takes_the_place_of_the_one_before(house: House) -> None:
    await people(house)
    for days in (3, 5):
        await house.post("dee", "/v1/delegations", {"to": "eli@example.com", "until": await until(house, days)})
    assert len((await house.get("dee", "/v1/delegations")).json()["data"]) == 1


@pytest.mark.parametrize(("who", "says"), [("root", "add them first"), ("dee", "ask an admin to add them")])
async def test_whoever_names_nobody_is_told_what_they_themselves_can_do(house: House, who: str, says: str) -> None:
    await people(house)
    refused = await house.post(who, "/v1/delegations", {"to": "nobody@example.com", "until": await until(house)})
    assert refused.status_code == 400
    assert says in refused.text
    assert ("add them first" in refused.text) == (who == "root")


async def test_delegations_are_between_people_and_only_admins_see_everybodys(house: House) -> None:
    await people(house)
    await house.agent("robot", Verb.ASK, Verb.READ)
    body = {"to": "eli@example.com", "until": await until(house)}
    assert (await house.post("robot", "/v1/delegations", body)).status_code == 403
    assert (await house.get("dee", "/v1/delegations?whose=all")).status_code == 403
    assert (await house.get("root", "/v1/delegations?whose=all")).status_code == 200


async def test_a_login_that_may_not_decide_cannot_give_that_right_away(house: House) -> None:
    await people(house)
    await house.member("reader", Role.APPROVER, may_decide=False)
    answer = await house.post("reader", "/v1/delegations", {"to": "eli@example.com", "until": await until(house)})
    assert answer.status_code == 403


async def test_preferences_change_only_where_something_is_sent(house: House) -> None:
    await people(house)
    async with house.client("dee") as client:
        sent = {"told": "digest", "quiet_from": "22:00", "quiet_until": "07:00", "country": "de"}
        changed = await client.patch("/v1/me/preferences", json=sent)
        assert changed.status_code == 200, changed.text
        again = await client.patch("/v1/me/preferences", json={"time_zone": "Europe/Berlin"})
    found = again.json()
    assert (found["told"], found["quiet_from"], found["country"], found["zone"]) == (
        "digest",
        "22:00",
        "DE",
        "Europe/Berlin",
    )
    assert found["next_digest_at"] is not None
    async with house.client("dee") as client:
        assert (await client.patch("/v1/me/preferences", json={"country": "XX"})).status_code == 400
        assert (await client.patch("/v1/me/preferences", json={"language": "de"})).json()["language"] == "de"
        assert (await client.patch("/v1/me/preferences", json={"language": "tlh"})).status_code in (400, 422)
        assert (await client.patch("/v1/me/preferences", json={"language": None})).json()["language"] is None
