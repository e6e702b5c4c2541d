"""`/v1/policies` and `/v1/checks`: set up by admins, tokens and secrets never shown, and reports by the one credential."""

import base64
import re
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from core.model.people import Role, Verb
from tests.api.conftest import Furnished, House, both_databases, opened, running, settings_for
from tests.opa import opa
from tests.policies.serving import saying, serving

pytestmark = pytest.mark.anyio

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
POLICY = {"name": "deploys", "url": "https://opa.example.com/v1/data/deploys/decision"}
RULE = {
    "name": "gate",
    "when": "true",
    "effect": "require",
    "stages": [{"requirements": [{"check": {"name": "ci"}}]}],
}
CHECK = {"name": "ci", "url": "https://ci.example.com/", "secret": SECRET}


async def put(house: House, who: str, path: str, body: Any) -> Any:
    async with house.client(who) as client:
        return await client.put(path, json=body)


async def delete(house: House, who: str, path: str) -> Any:
    async with house.client(who) as client:
        return await client.delete(path)


@both_databases
async def test_an_admin_adds_changes_and_removes_a_policy(house: House) -> None:
    added = await house.post("root", "/v1/policies", {**POLICY, "scope": {"project": "default"}, "token": "s3cret"})
    assert added.status_code == 201, added.text
    seen = added.json()
    assert (seen["on_pass"], seen["on_fail"], seen["deadline_ms"], seen["mode"]) == ("manual", "manual", 800, "on")
    assert (seen["scope"], seen["has_token"], seen["version"], seen["author"]) == (
        {"projects": ["default"]}, True, 1, "Root",
    )  # fmt: skip
    assert "s3cret" not in added.text
    changed = await put(house, "root", "/v1/policies/deploys", {**POLICY, "on_fail": "reject", "version": 1})
    assert (changed.status_code, changed.json()["version"], changed.json()["has_token"]) == (200, 2, True)
    assert changed.json()["id"] == seen["id"]
    stale = await put(house, "root", "/v1/policies/deploys", {**POLICY, "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    listed = (await house.get("root", "/v1/policies")).json()["data"]
    assert [one["on_fail"] for one in listed] == ["reject"]
    assert (await delete(house, "root", "/v1/policies/deploys")).status_code == 200
    assert (await house.get("root", "/v1/policies/deploys")).status_code == 404


async def test_a_token_stays_with_the_address_it_was_given_for(house: House) -> None:
    """Or whoever may change the address could read it."""
    await house.post("root", "/v1/policies", {**POLICY, "token": "s3cret"})
    elsewhere = {**POLICY, "url": "https://evil.example.com/"}
    answer = await put(house, "root", "/v1/policies/deploys", elsewhere)
    assert (answer.status_code, answer.json()["field"]) == (400, "token")
    answer = await put(house, "root", "/v1/policies/deploys", {**elsewhere, "token": None})
    assert (answer.status_code, answer.json()["has_token"]) == (200, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "http://127.0.0.1:8181/v1/data/x"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://user:word@opa.example.com/"}, "url"),
        ({"url": "ftp://opa.example.com/"}, "url"),
        ({"when": "nonsense ==="}, "when"),
        ({"scope": {"project": "nowhere"}}, "scope.project"),
        ({"scope": {"planet": "mars"}}, "scope.planet"),
        ({"on_pass": "reject"}, "on_pass"),
        ({"deadline_ms": 801}, "deadline_ms"),
        ({"name": " "}, "name"),
        ({"token": "two words"}, "token"),
        ({"unknown": 1}, "unknown"),
    ],
)
async def test_a_policy_that_cannot_be_is_refused_by_field(house: House, changes: Any, field: str) -> None:
    answer = await house.post("root", "/v1/policies", {**POLICY, **changes})
    assert (answer.status_code, answer.json()["field"]) == (400, field), answer.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"secret": None}, "secret"),
        ({"secret": "hunter2"}, "secret"),
        ({"secret": "whsec_c2hvcnQ="}, "secret"),
        ({"url": None, "secret": None}, None),
        ({"reporter": "nobody"}, "reporter"),
        ({"name": "Two Words"}, "name"),
        ({"name": "policy:pol_1"}, "name"),
        ({"on_failed": "ignore"}, "on_failed"),
        ({"timeout_seconds": 31}, "timeout_seconds"),
    ],
)
async def test_a_check_that_cannot_be_is_refused_by_field(house: House, changes: Any, field: str | None) -> None:
    answer = await house.post("root", "/v1/checks", {**CHECK, **changes})
    assert (answer.status_code, answer.json().get("field")) == (400, field), answer.text


@pytest.mark.parametrize("path", ["/v1/policies", "/v1/checks"])
async def test_only_admins_set_judges_up_and_only_readers_of_everything_see_them(house: House, path: str) -> None:
    for who in ("rex", "ada", "ci"):
        refused = await house.post(who, path, {"nonsense": True})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await house.get("rex", path)).status_code == 403
    assert (await house.get("ada", path)).status_code == 200
    assert (await house.get(None, path)).status_code == 401


async def test_with_four_eyes_another_admin_must_agree_and_no_secret_stands_in_the_request(house: House) -> None:
    await house.member("ruth", Role.ADMIN)
    await house.member("rob", Role.ADMIN)
    async with house.client("root") as client:
        await client.patch("/v1/organisation/settings", json={"four_eyes": True})
    for path, body in (("/v1/policies", {**POLICY, "token": "s3cret"}), ("/v1/checks", CHECK)):
        answer = await house.post("root", path, body)
        assert answer.status_code == 202, answer.text
        asked = answer.json()["asked"]
        seen = await house.get("ruth", f"/v1/requests/{asked['id']}")
        assert "s3cret" not in seen.text
        assert SECRET not in seen.text
        agreed = await house.post("ruth", f"/v1/requests/{asked['id']}/approve", {})
        assert agreed.json()["request"]["execution_status"] == "success", agreed.text
        assert len((await house.get("root", path)).json()["data"]) == 1
    changed = await put(house, "root", "/v1/policies/deploys", {**POLICY, "on_pass": "approve"})
    assert changed.status_code == 202
    seen = (await house.get("ruth", f"/v1/requests/{changed.json()['asked']['id']}")).json()
    assert "Policy deploys: on pass manual → approve." in seen["description"]
    told = await put(house, "root", "/v1/policies/deploys", {**POLICY, "token": "another"})
    seen = (await house.get("ruth", f"/v1/requests/{told.json()['asked']['id']}")).json()
    first, waiting = seen["description"].splitlines()
    assert re.fullmatch(r"Policy deploys: sealed token set \(\w+\) → set \(\w+\)\.", first)
    assert waiting.startswith("Waiting already: #")
    removed = await delete(house, "root", "/v1/checks/ci")
    assert removed.status_code == 202
    assert "Remove check ci" in (await house.get("ruth", f"/v1/requests/{removed.json()['asked']['id']}")).text


async def test_a_rule_names_only_checks_there_are_and_keeps_them(house: House) -> None:
    unknown = await house.post("root", "/v1/rules", {"rule": RULE})
    assert (unknown.status_code, unknown.json()["missing"]) == (400, ["check ci"])
    await house.post("root", "/v1/checks", {**CHECK, "required": False})
    assert (await house.post("root", "/v1/rules", {"rule": RULE})).status_code == 201
    answer = await delete(house, "root", "/v1/checks/ci")
    assert (answer.status_code, answer.json()["code"]) == (409, "still_named")


# ---------------------------------------------------------------------------------------------------------------- reports


@pytest.fixture
async def checked(house: House) -> House:
    """The agent `checker` reports the check `gate` by itself."""
    await house.agent("checker", Verb.REPORT_CHECK)
    added = await house.post("root", "/v1/checks", {"name": "gate", "reporter": "checker"})
    assert added.status_code == 201, added.text
    return house


async def test_its_own_credential_reports_a_check_without_seeing_more_of_the_request(checked: House) -> None:
    asked = await checked.ask(approvers=["ada@example.com"])
    path = f"/v1/requests/{asked['id']}/checks/gate"
    assert asked["stage"] == 0
    assert (await checked.get("checker", f"/v1/requests/{asked['id']}")).status_code == 404
    answer = await checked.post("checker", path, {"status": "passed", "summary": "inside the window", "revision": 1})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["status"], said["check"]["status"], said["check"]["summary"]) == (
        "pending",
        "passed",
        "inside the window",
    )
    assert asked["title"] not in answer.text
    seen = (await checked.get("ada", f"/v1/requests/{asked['id']}")).json()
    assert (seen["stage"], seen["checks"][0]["name"]) == (1, "gate")


async def test_refusals_come_in_their_order(checked: House) -> None:
    """401, 404 where hiding, 403, 400, 409."""
    await checked.agent("other", Verb.REPORT_CHECK, Verb.READ)
    asked = await checked.ask(approvers=["ada@example.com"])
    path, nonsense = f"/v1/requests/{asked['id']}/checks/gate", {"status": "maybe"}
    await checked.agent("blind", Verb.REPORT_CHECK)
    expected = [
        (None, path, nonsense, 401, "unauthorized"),
        ("blind", path, nonsense, 404, "not_found"),
        ("other", path, nonsense, 403, "forbidden"),
        ("ci", path, nonsense, 403, "own_request"),
        ("root", path, nonsense, 403, "forbidden"),
        ("checker", path, nonsense, 400, "validation_error"),
        ("checker", path, {"status": "passed", "revision": 2}, 409, "stale_revision"),
        ("checker", f"/v1/requests/{asked['id']}/checks/other", {"status": "passed"}, 404, "not_found"),
        ("checker", "/v1/requests/req_none/checks/gate", {"status": "passed"}, 404, "not_found"),
    ]
    for who, where, body, status, code in expected:
        answer = await checked.post(who, where, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (who, answer.text)


async def test_a_repeat_with_the_same_key_gets_the_same_answer(checked: House) -> None:
    asked = await checked.ask(approvers=["ada@example.com"])
    path, key = f"/v1/requests/{asked['id']}/checks/gate", {"Idempotency-Key": "once"}
    first = await checked.post("checker", path, {"status": "passed"}, headers=key)
    again = await checked.post("checker", path, {"status": "passed"}, headers=key)
    assert first.json() == again.json()
    another = await checked.post("checker", path, {"status": "failed"}, headers=key)
    assert another.json()["code"] == "idempotency_conflict"


# --------------------------------------------------------------------------------------------------- with servers outside


@pytest.fixture
async def outward(furnished: Furnished, sqlite: str) -> AsyncIterator[House]:
    """May call this machine itself."""
    settings = settings_for(sqlite).model_copy(update={"allow_private_addresses": (ip_network("127.0.0.0/8"),)})
    async with opened(settings) as found:
        found.credentials |= furnished.credentials
        yield found


REGO = """
package deploys

import rego.v1

decision := {"allow": input.facts.destroyed == 0, "reasons": reasons}

reasons contains sprintf("%d resources would be destroyed", [input.facts.destroyed]) if input.facts.destroyed > 0
"""


async def test_a_create_is_judged_by_real_rego_and_says_why(outward: House) -> None:
    """D-05 D-06 D-43 D-45"""
    with opa(REGO) as rego:
        policy = {**POLICY, "url": rego.url("deploys/decision"), "on_pass": "approve", "on_fail": "reject"}
        made = (await outward.post("root", "/v1/policies", policy)).json()
        passed = await outward.ask(facts={"destroyed": 0})
        failed = await outward.ask(facts={"destroyed": 3})
    assert (passed["status"], passed["cause"]) == ("auto_approved", f"policy:{made['id']}")
    assert (failed["status"], failed["cause"]) == ("auto_rejected", f"policy:{made['id']}")
    assert failed["why"] == ["Policy deploys rejects this: 3 resources would be destroyed."]
    explained = (await outward.get("root", f"/v1/requests/{failed['id']}/explain")).json()
    assert explained["policies"] == [
        {
            "policy": made["id"],
            "name": "deploys",
            "state": "failed",
            "fate": "denies",
            "sentence": "so this is rejected",
            "reasons": ["3 resources would be destroyed"],
        }
    ]


async def test_a_check_is_called_by_the_server_itself_and_long_polls_hear_of_it(outward: House) -> None:
    """A-04"""
    async with serving(saying({"status": "failed", "summary": "3 tests"})) as ci:
        check = {**CHECK, "url": ci.url, "on_failed": "reject"}
        assert (await outward.post("root", "/v1/checks", check)).status_code == 201
        asked = await outward.ask(approvers=["ada@example.com"])
        done = (await outward.get("root", f"/v1/requests/{asked['id']}?wait=20s")).json()
    assert (done["status"], done["cause"]) == ("auto_rejected", "check:ci")
    assert done["checks"][0]["summary"] == "3 tests"
    assert len(ci.heard) == 1


async def test_what_was_asked_before_a_restart_is_asked_after_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    settings = settings_for(url).model_copy(update={"allow_private_addresses": (ip_network("127.0.0.0/8"),)})
    async with serving(saying({}, 503)) as policy:
        async with running(settings) as house:
            await house.agent("ci")
            body = {**POLICY, "url": policy.url, "on_pass": "approve"}
            assert (await house.post("root", "/v1/policies", body)).status_code == 201
            asked = await house.ask()
            assert (asked["status"], asked["stage"]) == ("pending", 0)
            credentials = house.credentials
        policy.answer = saying({"result": True})
        async with opened(settings) as house:
            house.credentials |= credentials
            done = (await house.get("root", f"/v1/requests/{asked['id']}?wait=20s")).json()
    assert done["status"] == "auto_approved"
