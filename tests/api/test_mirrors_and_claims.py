"""Groups that follow Slack user groups, and people who say which member they are: over the API as by chat."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.administration import operator
from core.administration.installations import Granted
from core.model.installation import Unmapped
from core.model.people import Role
from tests.api.conftest import House, both_databases

pytestmark = pytest.mark.anyio

TEAM, GROUP = "T1ACME0001", "S1PLATFORM"
ACME = Granted(TEAM, None, False, "Acme", "A1", "UBOT", "B1", ("commands",), "xoxb-1")
LENT = Unmapped("", TEAM, "U1", "Ben B.", "ben@home.example", "not_member", "ben@example.com", datetime.now(UTC))
MANAGED = [
    ("GET", "/v1/mirrors", None),
    ("POST", "/v1/groups/platform/mirror", {"user_group": GROUP}),
    ("DELETE", "/v1/groups/platform/mirror", None),
    ("GET", "/v1/claims", None),
    ("POST", f"/v1/claims/{TEAM}/U1/confirm", {"member": "ben@example.com"}),
    ("DELETE", f"/v1/claims/{TEAM}/U1", None),
]


@pytest.fixture
async def furnished(house: House) -> House:
    """Acme's workspace, the group `platform`, and somebody in Slack who says that he is Ben."""
    organisation = house.host.organisation
    await house.administration.installations.of_environment(ACME, organisation)
    made = await house.post("root", "/v1/groups", {"name": "platform", "members": ["ada@example.com"]})
    assert made.status_code == 201, made.text
    claimed = replace(LENT, organisation=organisation)
    await house.assembly.rooms.store.transact(lambda tx: tx.note_unmapped(claimed))
    return house


@pytest.fixture
async def elsewhere(furnished: House) -> House:
    """Another organisation on the same server, with the admin `eve` and a workspace of its own."""
    house = furnished
    organisation = await house.administration.organisations.add("Elsewhere")
    other = House(house.assembly, house.clock, operator(organisation.id), house.credentials)
    await other.member("eve", Role.ADMIN)
    theirs = replace(ACME, team="T2GLOBEX02", name="Globex")
    await house.administration.installations.of_environment(theirs, organisation.id)
    return other


async def send(house: House, who: str, method: str, path: str, body: object = None) -> tuple[int, dict[str, object]]:
    async with house.client(who) as client:
        answer = await client.request(method, path, json=body)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(("method", "path", "body"), MANAGED)
async def test_only_admins_look_at_them_and_change_them(furnished: House, method: str, path: str, body: object) -> None:
    for who in ("ada", "rex", "ci"):
        status, said = await send(furnished, who, method, path, body)
        assert (status, said["code"]) == (403, "forbidden"), (who, said)


@both_databases
async def test_a_group_follows_a_user_group_and_is_kept_by_hand_again(furnished: House) -> None:
    status, made = await send(furnished, "root", "POST", "/v1/groups/platform/mirror", {"user_group": GROUP})
    assert (status, made["mirrors"]) == (201, f"{TEAM}/{GROUP}")
    office = furnished.administration.mirrors
    await office.seen(furnished.host, made["id"], TEAM, ["U1", "U2"], "platform")
    [shown] = (await furnished.get("root", "/v1/mirrors")).json()["data"]
    assert (shown["name"], shown["follows"], shown["problem"]) == ("platform", f"{TEAM}/{GROUP}", None)
    assert [(one["user"], one["reason"]) for one in shown["missing"]] == [("U1", "not_member"), ("U2", None)]
    status, kept = await send(furnished, "root", "DELETE", "/v1/groups/platform/mirror")
    assert (status, kept["mirrors"]) == (200, None)
    assert (await furnished.get("root", "/v1/mirrors")).json()["data"] == []


@pytest.mark.parametrize("body", [{"user_group": GROUP, "workspace": "T2GLOBEX02"}, {"user_group": "s1"}, {}])
async def test_a_group_follows_only_what_is_in_a_workspace_of_its_organisation(
    elsewhere: House, body: dict[str, str]
) -> None:
    status, said = await send(elsewhere, "root", "POST", "/v1/groups/platform/mirror", body)
    assert (status, said["code"]) == (400, "validation_error")


@both_databases
async def test_an_admin_confirms_who_somebody_is(furnished: House) -> None:
    [claim] = (await furnished.get("root", "/v1/claims")).json()["data"]
    assert (claim["user"], claim["wanted"], claim["reason"]) == ("U1", "ben@example.com", "not_member")
    path = f"/v1/claims/{TEAM}/U1/confirm"
    other = await furnished.post("root", path, {"member": "ada@example.com"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    first, again = [
        await furnished.post("root", path, {"member": "ben@example.com"}, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert (first.status_code, first.json()) == (201, again.json())
    assert (first.json()["issuer"], first.json()["user"]) == (TEAM, "U1")
    assert (await furnished.get("root", "/v1/claims")).json()["data"] == []


async def test_an_admin_turns_down_what_somebody_says_of_themselves(furnished: House) -> None:
    status, said = await send(furnished, "root", "DELETE", f"/v1/claims/{TEAM}/U1")
    assert (status, said["wanted"]) == (200, "ben@example.com")
    assert (await furnished.get("root", "/v1/identities")).json()["data"] == []
    status, said = await send(furnished, "root", "DELETE", f"/v1/claims/{TEAM}/U1")
    assert (status, said["code"]) == (404, "not_found")


@both_databases
async def test_for_another_organisations_admin_none_of_it_exists(elsewhere: House) -> None:
    """E-12"""
    for method, path, body in MANAGED:
        status, said = await send(elsewhere, "eve", method, path, body)
        if path in ("/v1/mirrors", "/v1/claims"):
            assert (status, said["data"]) == (200, [])
        else:
            assert (status, said["code"]) == (404, "not_found"), (method, path, said)
    assert len((await elsewhere.get("root", "/v1/claims")).json()["data"]) == 1


async def test_with_four_eyes_another_admin_agrees_first(furnished: House) -> None:
    for name in ("ruth", "rob"):
        await furnished.member(name, Role.ADMIN)
    status, _ = await send(furnished, "root", "PATCH", "/v1/organisation/settings", {"four_eyes": True})
    assert status == 200
    asked = [
        (await furnished.post("root", "/v1/groups/platform/mirror", {"user_group": GROUP})),
        (await furnished.post("root", f"/v1/claims/{TEAM}/U1/confirm", {"member": "ben@example.com"})),
    ]
    assert [answer.status_code for answer in asked] == [202, 202]
    for answer in asked:
        agreed = await furnished.post("ruth", f"/v1/requests/{answer.json()['asked']['id']}/approve", {})
        assert agreed.json()["request"]["execution_status"] == "success", agreed.text
    assert [one["name"] for one in (await furnished.get("root", "/v1/mirrors")).json()["data"]] == ["platform"]
    assert [one["user"] for one in (await furnished.get("root", "/v1/identities")).json()["data"]] == ["U1"]
