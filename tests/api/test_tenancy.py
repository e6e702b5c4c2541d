"""What decides who must say yes belongs to one organisation: for another's admin it does not exist, by whatever address."""

from typing import Any, Final

import pytest
from fastapi.routing import APIRoute

from core.administration import operator
from core.model.installation import Installation, InstallState, Source
from core.model.people import Role, Verb
from tests.api.conftest import House, both_databases
from tests.api.test_following import sealed

pytestmark = pytest.mark.anyio

JUDGES: Final = ("rules", "types", "policies", "checks", "trust", "leases", "schedules")
LONE: Final = "{"

RULE = {"name": "ours", "when": 'type == "merge"', "effect": "allow"}
POLICY = {"name": "our-policy", "url": "https://opa.example.com/v1/data/x", "when": 'type == "custom"'}
CHECK = {"name": "our-check", "reporter": "ci", "required": False}
TYPE = {"title": "Our type"}
BODIES: Final = {
    "rules": {"rule": RULE},
    "policies": POLICY,
    "checks": {**CHECK, "reporter": "bot"},
    "types": {"title": "Another"},
    "schedules": {"url": "https://calendar.example.com/duty.ics"},
}


@pytest.fixture
async def elsewhere(house: House) -> House:
    """A second organisation in the same database: its admin is `eve`, its agent `bot`, with every right a key can have."""
    organisation = await house.administration.organisations.add("Elsewhere")
    other = House(house.assembly, house.clock, operator(organisation.id), house.credentials)
    await other.member("eve", Role.ADMIN)
    await other.agent("bot", Verb.ASK, Verb.READ, Verb.EXECUTE, Verb.REPORT_CHECK)
    return other


async def furnished(house: House) -> dict[str, str]:
    """One of each in the first organisation, by the name it has in addresses."""
    asked = await house.ask(approvers=["ada@example.com"])
    granted = await house.post("ada", "/v1/leases", {"request": asked["id"], "uses": 1, "lasts": "1h"})
    assert granted.status_code == 201, granted.text
    rule = (await house.post("root", "/v1/rules", {"rule": RULE})).json()["rule"]["id"]
    policy = (await house.post("root", "/v1/policies", POLICY)).json()["id"]
    check = (await house.post("root", "/v1/checks", CHECK)).json()["id"]
    async with house.client("root") as client:
        made = await client.put("/v1/types/ours", json=TYPE)
    assert made.status_code == 200, made.text
    found = {"rules": rule, "policies": policy, "checks": check, "types": "ours", "leases": granted.json()["id"]}
    return {**found, "schedules": "nobody", "trust": "ci"}


async def installed(house: House, team: str) -> None:
    """Slack's app is in a workspace of this organisation's."""
    here = Installation(
        id=f"ins_{team}",
        organisation=house.host.organisation,
        team=team,
        enterprise=None,
        enterprise_wide=False,
        name="Acme",
        app="A1",
        bot_user="UBOT",
        bot="B1",
        scopes=(),
        sealed_token="",
        installed_by=None,
        installed_at=house.clock.now(),
        state=InstallState.ACTIVE,
        source=Source.ENVIRONMENT,
    )
    await house.assembly.rooms.store.transact(lambda tx: tx.put_installation(here))


def adas_link(member: str = "ada@example.com") -> dict[str, str]:
    return {"kind": "slack", "issuer": "T0OURS", "user": "U0ADA", "member": member}


@both_databases
async def test_nobody_links_users_of_another_organisations_workspace(house: House, elsewhere: House) -> None:
    await installed(house, "T0OURS")
    stolen = await elsewhere.post("eve", "/v1/identities", adas_link("eve@example.com"))
    assert (stolen.status_code, stolen.json()["field"]) == (400, "issuer"), stolen.text
    assert (await house.post("root", "/v1/identities", adas_link())).status_code == 201
    assert (await elsewhere.get("eve", "/v1/identities")).json()["data"] == []


@both_databases
async def test_whom_another_organisation_linked_ahead_is_linked_by_whose_workspace_it_becomes(
    house: House, elsewhere: House
) -> None:
    squatted = await elsewhere.post("eve", "/v1/identities", adas_link("eve@example.com"))
    assert squatted.status_code == 201
    assert (await house.post("root", "/v1/identities", adas_link())).status_code == 409
    await installed(house, "T0OURS")
    ours = await house.post("root", "/v1/identities", adas_link())
    assert ours.status_code == 201, ours.text
    assert (await elsewhere.get("eve", "/v1/identities")).json()["data"] == []
    await sealed(elsewhere)
    hers = (await elsewhere.get("eve", "/v1/events")).json()["data"]
    assert [one["payload"]["identity"] for one in hers if one["event"] == "identity_unpinned"] == [
        squatted.json()["id"]
    ]


def addresses(house: House) -> list[tuple[str, str]]:
    """Every method and path below what judges, as the server itself knows them."""
    routes = [one for one in house.assembly.app.routes if isinstance(one, APIRoute) and one.path.startswith("/v1/")]
    found = {(method.lower(), route.path) for route in routes for method in (route.methods or set()) - {"HEAD"}}
    return sorted((method, path) for method, path in found if path.split("/")[2] in JUDGES)


async def call(house: House, who: str | None, method: str, path: str, body: Any = None) -> Any:
    async with house.client(who) as client:
        return await client.request(method, path, json=None if method in {"get", "delete"} else body or {})


async def whole(house: House, ours: dict[str, str]) -> list[str]:
    """Everything the first organisation's admin reads of what judges."""
    paths = [path for method, path in addresses(house) if method == "get"]
    return [(await house.get("root", of_ours(path, ours))).text.partition('"reference"')[0] for path in paths]


def of_ours(path: str, ours: dict[str, str]) -> str:
    before, _, after = path.partition("{")
    return path if not after else before + ours[path.split("/")[2]] + after.partition("}")[2]


@both_databases
async def test_what_judges_here_does_not_exist_for_another_organisations_admin(house: House, elsewhere: House) -> None:
    ours = await furnished(house)
    before = await whole(house, ours)
    for method, path in addresses(house):
        if LONE in path and (method, path) != ("put", "/v1/types/{word}"):
            answer = await call(house, "eve", method, of_ours(path, ours), BODIES.get(path.split("/")[2]))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path, answer.text)
        elif method == "get":
            answer = await call(house, "eve", method, path)
            assert answer.status_code == 200, (path, answer.text)
            assert not [id for id in ours.values() if f'"{id}"' in answer.text], (path, answer.text)
    assert (await call(house, "eve", "put", "/v1/types/ours", BODIES["types"])).status_code == 200
    assert await whole(house, ours) == before


@both_databases
async def test_names_of_the_same_kind_in_two_organisations_do_not_meet(house: House, elsewhere: House) -> None:
    await furnished(house)
    answers = [
        await house.post("eve", "/v1/rules", {"rule": {**RULE, "effect": "deny"}}),
        await house.post("eve", "/v1/policies", POLICY),
        await house.post("eve", "/v1/checks", {**CHECK, "reporter": "bot"}),
    ]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert (await house.ask(type="merge"))["cause"].startswith("rule:")
    assert (await elsewhere.ask("bot", type="merge"))["status"] == "auto_rejected"
    async with house.client("eve") as client:
        assert (await client.delete("/v1/policies/our-policy")).status_code == 200
    assert len((await house.get("root", "/v1/policies")).json()["data"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"rule": {**RULE, "scope": {"project": "PROJECT"}}},
        {"rule": {**RULE, "scope": {"agents": ["AGENT"]}}},
        {"rule": {**RULE, "effect": "require", "stages": [{"requirements": [{"approvals": {"from": ["MEMBER"]}}]}]}},
        {"rule": {**RULE, "effect": "require", "stages": [{"requirements": [{"check": {"name": "our-check"}}]}]}},
    ],
)
async def test_a_rule_names_nothing_of_another_organisation(house: House, elsewhere: House, body: Any) -> None:
    await furnished(house)
    ids = {
        "PROJECT": (await house.get("root", "/v1/projects/default")).json()["id"],
        "AGENT": (await house.get("root", "/v1/agents/ci")).json()["id"],
        "MEMBER": (await house.get("root", "/v1/members/ada@example.com")).json()["id"],
    }
    answer = await house.post("eve", "/v1/rules", _with_ids(body, ids))
    assert answer.status_code == 400, answer.text
    assert "Ada" not in answer.text


def _with_ids(value: Any, ids: dict[str, str]) -> Any:
    match value:
        case dict():
            return {name: _with_ids(one, ids) for name, one in value.items()}
        case list():
            return [_with_ids(one, ids) for one in value]
        case _:
            return ids.get(value, value) if isinstance(value, str) else value


async def test_another_organisations_agent_reports_no_check_and_stolen_keys_open_nothing_that_judges(
    house: House, elsewhere: House
) -> None:
    ours = await furnished(house)
    asked = await house.ask()
    report = {"status": "passed", "revision": 1}
    answer = await house.post("bot", f"/v1/requests/{asked['id']}/checks/our-check", report)
    assert answer.status_code == 404
    bodies = {**BODIES, "leases": {"request": asked["id"], "uses": 1, "lasts": "1h"}}
    for method, path in addresses(house):
        for who, wanted in ((None, {401}), ("ci", {200, 403, 404} if method == "get" else {403, 404})):
            answer = await call(house, who, method, of_ours(path, ours), bodies.get(path.split("/")[2]))
            assert answer.status_code in wanted, (who, method, path, answer.text)


async def test_a_stolen_key_reads_nothing_of_how_it_is_judged_but_types_and_its_own_leases(house: House) -> None:
    """Or whoever holds it could shape a request so that nothing looks at it."""
    ours = await furnished(house)
    shown = {
        path
        for method, path in addresses(house)
        if method == "get" and (await call(house, "ci", method, of_ours(path, ours))).status_code == 200
    }
    assert shown <= {"/v1/types", "/v1/types/{word}", "/v1/leases", "/v1/leases/{id}"}, shown
