"""Members, groups, grants, projects, agents, keys, identities, tokens, logins: what admins may, and nobody else."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from fastapi.routing import APIRoute

from core.model.people import Actor, Role, Way
from tests.api.conftest import House, both_databases

pytestmark = pytest.mark.anyio

MANAGED = [
    ("POST", "/v1/members", {"email": "new@example.com"}),
    ("PATCH", "/v1/members/ada@example.com", {"active": False}),
    ("GET", "/v1/grants", None),
    ("POST", "/v1/grants", {"to": "ada@example.com", "role": "admin"}),
    ("DELETE", "/v1/grants?to=ada@example.com&role=approver", None),
    ("POST", "/v1/groups", {"name": "new"}),
    ("POST", "/v1/projects", {"name": "new"}),
    ("PATCH", "/v1/projects/default/settings", {"self_approval": "allowed"}),
    ("GET", "/v1/agents", None),
    ("POST", "/v1/agents", {"name": "new"}),
    ("GET", "/v1/agents/ci", None),
    ("POST", "/v1/agents/ci/suspend", {}),
    ("GET", "/v1/agents/ci/keys", None),
    ("POST", "/v1/agents/ci/keys", {}),
    ("GET", "/v1/identities", None),
    ("POST", "/v1/identities", {"kind": "slack", "issuer": "T1", "user": "U1", "member": "ada@example.com"}),
    ("GET", "/v1/tokens?member=root@example.com", None),
]


async def send(house: House, who: str, method: str, path: str, body: Any = None) -> Any:
    async with house.client(who) as client:
        return await client.request(method, path, json=body)


@pytest.mark.parametrize(("method", "path", "body"), MANAGED)
async def test_only_admins_set_things_up(house: House, method: str, path: str, body: Any) -> None:
    answers = [await send(house, who, method, path, {"nonsense": 1} if body else None) for who in ("ada", "rex", "ci")]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "forbidden")}
    assert (await send(house, "root", method, path, body)).status_code in (200, 201)


@pytest.mark.parametrize(("method", "path", "body"), MANAGED)
async def test_a_login_that_only_reads_and_asks_shows_an_admin_everything_and_changes_nothing(
    house: House, method: str, path: str, body: Any
) -> None:
    root = (await house.get("root", "/v1/me")).json()["id"]
    await house.login("reading", root, may_decide=False)
    answer = await send(house, "reading", method, path, body)
    if method == "GET":
        assert answer.status_code == 200, answer.text
        return
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), answer.text
    assert "login deciding" in answer.json()["detail"]


LOOKED_AT: Final = ("/v1/rules/validate", "/v1/rules/replay")
OWN: Final = ("requests", "batches", "leases", "delegations", "login", "me", "tokens")
"""What is done by whoever has a part in it, and not by admins alone."""


async def test_no_address_at_all_lets_a_login_that_only_reads_and_asks_change_what_is_set_up(house: House) -> None:
    root = (await house.get("root", "/v1/me")).json()["id"]
    await house.login("reading", root, may_decide=False)
    hook = await house.post("root", "/v1/webhooks", {"name": "hook", "url": "https://example.com/hook"})
    names = {"members": "ada@example.com", "agents": "ci", "projects": "default", "webhooks": hook.json()["id"]}
    tried = 0
    for route in house.assembly.app.routes:
        if not isinstance(route, APIRoute) or not route.path.startswith("/v1/"):
            continue
        collection = route.path.split("/")[2]
        for method in sorted((route.methods or set()) - {"GET", "HEAD"}):
            if collection in OWN or route.path in LOOKED_AT:
                continue
            path = re.sub(r"\{\w+\}", names.get(collection, "nothing"), route.path, count=1)
            answer = await send(house, "reading", method, re.sub(r"\{\w+\}", "1", path), {})
            assert answer.status_code in (403, 404), f"{method} {path}: {answer.text}"
            tried += 1
    assert tried > 30


async def test_an_admins_login_that_only_reads_and_asks_revokes_nobody_elses_token(house: House) -> None:
    root = (await house.get("root", "/v1/me")).json()["id"]
    await house.login("reading", root, may_decide=False)
    (token,) = (await house.get("reading", "/v1/tokens?member=ada@example.com")).json()["data"]
    answer = await send(house, "reading", "DELETE", f"/v1/tokens/{token['id']}?member=ada@example.com")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@both_databases
async def test_a_new_member_is_known_by_their_address_and_has_the_roles_given(house: House) -> None:
    made = await house.post("root", "/v1/members", {"email": "Dora@Example.com", "name": "Dora", "roles": ["approver"]})
    assert (made.status_code, made.json()["email"]) == (201, "dora@example.com")
    again = await house.post("root", "/v1/members", {"email": "dora@example.com"})
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    grants = (await house.get("root", "/v1/grants")).json()["data"]
    assert {"principal": f"member:{made.json()['id']}", "role": "approver", "project": None} in grants


async def test_setting_up_twice_with_one_key_is_done_once(house: House) -> None:
    bodies: list[tuple[str, Any]] = [
        ("/v1/members", {"email": "dora@example.com"}),
        ("/v1/groups", {"name": "platform", "members": ["ada@example.com"]}),
        ("/v1/projects", {"name": "payments"}),
        ("/v1/agents", {"name": "nightly"}),
        ("/v1/grants", {"to": "ada@example.com", "role": "auditor"}),
    ]
    for path, body in bodies:
        first, again = [await house.post("root", path, body, headers={"Idempotency-Key": path}) for _ in range(2)]
        assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json()), path
        other = await house.post("root", path, {**body, "x": 1}, headers={"Idempotency-Key": path})
        assert other.status_code == 400


async def test_a_keys_secret_is_shown_once_even_to_a_repeat(house: House) -> None:
    first, again = [
        await house.post("root", "/v1/agents/ci/keys", {"label": "x"}, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert first.json()["secret"].startswith("csk_")
    assert again.json() == {**first.json(), "secret": None}
    kept = (await house.get("root", "/v1/agents/ci/keys")).json()["data"]
    assert [key["secret"] for key in kept] == [None, None]


@pytest.mark.parametrize("verbs", [["approve"], ["manage"], ["ask", "approve"], [], ["fly"]])
async def test_a_key_can_hold_no_right_to_decide_or_manage(house: House, verbs: list[str]) -> None:
    answer = await house.post("root", "/v1/agents/ci/keys", {"verbs": verbs})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


async def test_a_revoked_and_an_expired_key_are_unknown(house: House) -> None:
    """C-21"""
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for name, body in (("revoked", {}), ("expired", {"expires_at": soon})):
        house.credentials[name] = (await house.post("root", "/v1/agents/ci/keys", body)).json()["secret"]
        assert (await house.get(name, "/v1/me")).status_code == 200
    keys = (await house.get("root", "/v1/agents/ci/keys")).json()["data"]
    revoked = next(key for key in keys if key["expires_at"] is None and key["label"] == "" and key != keys[0])
    for key in {revoked["id"], keys[0]["id"]}:
        assert (await send(house, "root", "DELETE", f"/v1/agents/ci/keys/{key}")).json()["revoked_at"] is not None
    house.turn(hours=2)
    answers = [await house.get(name, "/v1/me") for name in ("revoked", "expired")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(401, "unauthorized")] * 2


async def test_suspending_an_agent_blocks_its_keys_and_cancels_what_it_has_open(house: House) -> None:
    asked = await house.ask()
    assert (await house.post("root", "/v1/agents/ci/suspend")).json()["suspended"] is True
    assert (await house.get("ci", "/v1/me")).status_code == 403
    seen = (await house.get("root", f"/v1/requests/{asked['id']}")).json()
    assert (seen["status"], seen["cause"]) == ("cancelled", "admin")
    await house.post("root", "/v1/agents/ci/resume")
    assert (await house.get("ci", "/v1/me")).status_code == 200


async def test_a_deactivated_member_is_out_at_once(house: House) -> None:
    asked = await house.ask()
    await send(house, "root", "PATCH", "/v1/members/ada@example.com", {"active": False})
    answer = await house.post("ada", f"/v1/requests/{asked['id']}/approve")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_the_last_admin_stays_one(house: House) -> None:
    fired = await send(house, "root", "PATCH", "/v1/members/root@example.com", {"active": False})
    demoted = await send(house, "root", "DELETE", "/v1/grants?to=root@example.com&role=admin")
    assert [(answer.status_code, answer.json()["code"]) for answer in (fired, demoted)] == [(409, "last_admin")] * 2


async def test_a_changed_address_unpins(house: House) -> None:
    identity = {"kind": "slack", "issuer": "T1", "user": "U1", "member": "ada@example.com"}
    assert (await house.post("root", "/v1/identities", identity)).status_code == 201
    stolen = await house.post("root", "/v1/identities", {**identity, "member": "ben@example.com"})
    assert stolen.status_code == 409
    await send(house, "root", "PATCH", "/v1/members/ada@example.com", {"email": "ada2@example.com"})
    assert (await house.get("root", "/v1/identities")).json()["data"] == []


async def test_group_members_are_set_added_and_removed_and_may_then_approve(house: House) -> None:
    await house.post("root", "/v1/groups", {"name": "platform", "members": ["ada@example.com"]})
    await house.post("root", "/v1/groups/platform/members", {"add": ["ben@example.com"]})
    changed = await house.post("root", "/v1/groups/platform/members", {"remove": ["ada@example.com"]})
    assert len(changed.json()["members"]) == 1
    asked = await house.ask(stages=[{"requirements": [{"approvals": {"from": ["@platform"]}}]}])
    assert (await house.post("ada", f"/v1/requests/{asked['id']}/approve")).status_code == 403
    assert (await house.post("ben", f"/v1/requests/{asked['id']}/approve")).status_code == 200


async def test_an_admin_of_a_project_changes_that_project_alone(house: House) -> None:
    for name in ("payments", "ops"):
        await house.post("root", "/v1/projects", {"name": name})
    await house.member("pia", Role.REQUESTER)
    await house.post("root", "/v1/grants", {"to": "pia@example.com", "role": "admin", "project": "payments"})
    mine = await send(house, "pia", "PATCH", "/v1/projects/payments/settings", {"reply_window": "8h"})
    theirs = await send(house, "pia", "PATCH", "/v1/projects/ops/settings", {"reply_window": "8h"})
    grown = await house.post("pia", "/v1/grants", {"to": "pia@example.com", "role": "admin"})
    granted = await house.post("pia", "/v1/grants", {"to": "ada@example.com", "role": "admin", "project": "payments"})
    assert [answer.status_code for answer in (mine, theirs, grown, granted)] == [200, 403, 403, 201]


@pytest.mark.parametrize("body", [b"\x0c", b" ", b"\xc2\xa0"])
async def test_a_body_of_blanks_is_no_json_though_none_at_all_changes_nothing(house: House, body: bytes) -> None:
    async with house.client("root") as client:
        blank = await client.patch("/v1/projects/default/settings", content=body)
        none = await client.patch("/v1/projects/default/settings")
    assert (blank.status_code, blank.json()["code"], none.status_code) == (400, "validation_error", 200)


@pytest.mark.parametrize(
    "settings", [{"reply_window": "soon"}, {"reply_window": "0m"}, {"decide_in": []}, {"decide_in": ["fax"]}, {"x": 1}]
)
async def test_settings_that_cannot_be_are_400(house: House, settings: Any) -> None:
    answer = await send(house, "root", "PATCH", "/v1/projects/default/settings", settings)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


async def test_what_admins_do_stands_in_the_organisations_own_chain(house: House) -> None:
    await house.post("root", "/v1/groups", {"name": "platform"})
    organisation = house.host.organisation
    rows = await house.assembly.rooms.store.read(lambda reader: reader.ledger(organisation, after=0, limit=100))
    assert rows[-1].word == "group_added"
    assert not any("csk_" in str(row.payload) or "cst_" in str(row.payload) for row in rows)


# ---------------------------------------------------------------------------------------------------------------- logging in


async def code_for(house: House, name: str, *, may_decide: bool = False) -> str:
    member = (await house.get("root", f"/v1/members/{name}@example.com")).json()
    actor = Actor("member", member["id"], name, house.host.organisation, Way.SLACK)
    shown: str = await house.administration.logins.show_code(actor, may_decide=may_decide)
    return shown


async def test_a_code_becomes_a_token_once_however_it_is_typed(house: House) -> None:
    """B-05"""
    code = await code_for(house, "ada")
    typed = f" {code.lower().replace('-', ' ')} "
    first, again = [await house.post(None, "/v1/login", {"code": typed, "label": "laptop"}) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()["code"]) == (201, 401, "unauthorized")
    house.credentials["laptop"] = first.json()["secret"]
    me = (await house.get("laptop", "/v1/me")).json()
    assert (me["email"], me["may_decide"]) == ("ada@example.com", False)


async def test_a_code_lives_five_minutes_and_a_token_twelve_hours(house: House) -> None:
    """C-21"""
    late, good = await code_for(house, "ada"), await code_for(house, "ben")
    house.credentials["ben2"] = (await house.post(None, "/v1/login", {"code": good})).json()["secret"]
    house.turn(minutes=5, seconds=1)
    assert (await house.post(None, "/v1/login", {"code": late})).status_code == 401
    house.turn(hours=12)
    assert (await house.get("ben2", "/v1/me")).status_code == 401


async def test_guessing_codes_is_slowed_down(house: House) -> None:
    answers = [await house.post(None, "/v1/login", {"code": f"AAAAA-{number:05}"}) for number in range(12)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_tokens_are_listed_and_revoked_by_their_owner_and_by_admins(house: House) -> None:
    code = await code_for(house, "ada")
    made = (await house.post(None, "/v1/login", {"code": code, "label": "laptop"})).json()
    house.credentials["laptop"] = made["secret"]
    listed = (await house.get("laptop", "/v1/tokens")).json()["data"]
    assert {one["label"] for one in listed} == {"test", "laptop"}
    assert all(one["secret"] is None for one in listed)
    assert (await send(house, "ben", "DELETE", f"/v1/tokens/{made['id']}")).status_code == 404
    revoked = await send(house, "root", "DELETE", f"/v1/tokens/{made['id']}?member=ada@example.com")
    assert revoked.json()["revoked_at"] is not None
    assert (await house.get("laptop", "/v1/me")).status_code == 401
