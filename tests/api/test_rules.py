"""`/v1/rules`: checked, tried, saved, judged by, taken back."""

import asyncio
import json
from typing import Any

import pytest

from tests.api.conftest import House, both_databases

pytestmark = pytest.mark.anyio

PROD = {
    "name": "prod",
    "when": 'metadata.env == "production"',
    "effect": "require",
    "stages": [{"requirements": [{"approvals": {"min": 1, "from": ["ada@example.com"]}}]}],
}
BLANKET = {"name": "merges", "when": 'type == "merge"', "effect": "allow"}


async def add(house: House, rule: Any) -> Any:
    answer = await house.post("root", "/v1/rules", {"rule": rule})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def refused(house: House, rule: Any, path: str = "/v1/rules") -> Any:
    answer = await house.post("root", path, {"rule": rule})
    assert answer.status_code == 400, answer.text
    return answer.json()


async def test_a_rule_is_added_and_judges_at_once(house: House) -> None:
    """E-08, A-01"""
    saved = await add(house, PROD)
    assert saved["rule"]["version"] == 1
    assert saved["rule"]["author"] == "Root"
    asked = await house.ask(metadata={"env": "production"})
    assert [one["label"] for one in asked["waiting_for"]] == ["Ada"]


async def test_the_list_shows_all_rules_whatever_their_mode(house: House) -> None:
    """E-07, E-78"""
    for rule in (PROD, BLANKET, {**BLANKET, "name": "idle", "mode": "off"}):
        await add(house, rule)
    found = (await house.get("root", "/v1/rules")).json()["data"]
    assert [(rule["name"], rule["mode"]) for rule in found] == [("prod", "on"), ("merges", "on"), ("idle", "off")]
    assert found[0]["document"] == PROD


async def test_a_removed_rule_stops_at_once(house: House) -> None:
    """E-09, E-77"""
    saved = await add(house, BLANKET)
    passed = await house.ask(type="merge")
    async with house.client("root") as client:
        assert (await client.delete(f"/v1/rules/{saved['rule']['id']}")).status_code == 200
    assert (await house.ask(type="merge"))["status"] == "pending"
    assert (await house.get("root", f"/v1/requests/{passed['id']}")).json()["status"] == "auto_approved"
    assert (await house.get("root", "/v1/rules")).json()["data"] == []


async def test_what_passed_by_a_rule_names_it_as_the_cause(house: House) -> None:
    """E-21, E-65"""
    saved = await add(house, BLANKET)
    asked = await house.ask(type="merge")
    assert (asked["status"], asked["cause"]) == ("auto_approved", f"rule:{saved['rule']['id']}")


@pytest.mark.parametrize("path", ["/v1/rules", "/v1/rules/validate"])
async def test_an_unknown_match_key_is_refused(house: House, path: str) -> None:
    """E-79"""
    problem = await refused(house, {**BLANKET, "when": {"cost.usd.maximum": 5}}, path)
    assert "did you mean 'cost.usd.max'" in problem["detail"]
    assert problem["code"] == "validation_error"


async def test_an_invalid_pattern_is_refused(house: House) -> None:
    """E-76"""
    problem = await refused(house, {**BLANKET, "when": {"action.regex": "(unclosed"}})
    assert "pattern" in problem["detail"]


async def test_an_expression_is_refused_with_the_place(house: House) -> None:
    problem = await refused(house, {**BLANKET, "when": "type == "})
    assert problem["position"] >= 6


async def test_a_rule_nobody_could_pass_is_refused_naming_what_is_missing(house: House) -> None:
    many = {"requirements": [{"approvals": {"min": 9, "from": ["role:approver"]}}]}
    problem = await refused(house, {**PROD, "stages": [many]})
    assert problem["code"] == "impossible_rule"
    assert problem["missing"] == ["9 of any approver"]


async def test_a_rule_may_be_sent_as_text(house: House) -> None:
    await add(house, 'add "small" when cost.usd <= 5 allow')
    await add(house, "name: big\nwhen: cost.usd > 100\neffect: deny\n")
    names = [rule["name"] for rule in (await house.get("root", "/v1/rules")).json()["data"]]
    assert names == ["small", "big"]


async def test_a_check_reads_the_rule_back_and_saves_nothing(house: House) -> None:
    checked = (await house.post("root", "/v1/rules/validate", {"rule": {**BLANKET, "when": "true"}})).json()
    assert checked["words"].startswith("merges: for every request anywhere")
    assert [warning["code"] for warning in checked["warnings"]] == ["allows_everything"]
    assert (await house.get("root", "/v1/rules")).json()["data"] == []


async def test_a_change_is_a_new_version_and_undo_another(house: House) -> None:
    saved = (await add(house, PROD))["rule"]
    path = f"/v1/rules/{saved['id']}"
    async with house.client("root") as client:
        changed = await client.put(path, json={"rule": {**PROD, "when": "true", "reason": "all of it"}, "version": 1})
        assert changed.status_code == 200, changed.text
        late = await client.put(path, json={"rule": PROD, "version": 1})
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (409, "stale_version", 2)
    undone = (await house.post("root", f"{path}/undo")).json()
    assert (undone["version"], undone["document"]["when"]) == (3, PROD["when"])
    versions = (await house.get("root", f"{path}/versions")).json()["data"]
    assert [(one["rule"]["version"], one["rule"]["reason"]) for one in versions] == [
        (3, "as version 1 was"),
        (2, "all of it"),
        (1, None),
    ]


async def test_a_removed_rule_comes_back_by_undo(house: House) -> None:
    saved = (await add(house, PROD))["rule"]
    async with house.client("root") as client:
        await client.delete(f"/v1/rules/{saved['id']}")
    back = await house.post("root", f"/v1/rules/{saved['id']}/undo")
    assert (back.status_code, back.json()["version"]) == (200, 3)
    assert len((await house.get("root", "/v1/rules")).json()["data"]) == 1


async def test_a_rule_in_shadow_only_watches(house: House) -> None:
    saved = (await add(house, BLANKET))["rule"]
    switched = await house.post("root", f"/v1/rules/{saved['id']}/switch", {"mode": "shadow", "reason": "too wide"})
    assert (switched.json()["mode"], switched.json()["version"]) == ("shadow", 2)
    asked = await house.ask(type="merge")
    assert asked["status"] == "pending"
    explained = (await house.get("root", f"/v1/requests/{asked['id']}/explain")).json()
    assert [(one["fate"], one["sentence"]) for one in explained["rules"]] == [("shadow", "would have let it through")]


@both_databases
async def test_rules_added_at_the_same_moment_are_all_kept(house: House) -> None:
    added = await asyncio.gather(*(add(house, {**BLANKET, "name": f"rule {n}"}) for n in range(5)))
    assert {one["rule"]["version"] for one in added} == {1}
    assert len((await house.get("root", "/v1/rules")).json()["data"]) == 5


async def test_every_edit_stands_in_the_ledger_with_who_made_it(house: House) -> None:
    rule = (await add(house, PROD))["rule"]
    await house.post("root", f"/v1/rules/{rule['id']}/switch", {"mode": "off"})
    store, organisation = house.assembly.rooms.store, house.host.organisation
    rows = await store.read(lambda reader: reader.ledger(organisation, after=0, limit=100))
    edits = [(row.word, row.payload) for row in rows if row.word.startswith("rule_")]
    assert [word for word, _ in edits] == ["rule_added", "rule_switched"]
    assert [payload["version"] for _, payload in edits if payload is not None] == [1, 2]


async def test_two_rules_of_one_name_are_refused(house: House) -> None:
    await add(house, PROD)
    again = await house.post("root", "/v1/rules", {"rule": PROD})
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")


async def test_a_repeat_with_the_same_key_adds_one_rule(house: House) -> None:
    headers = {"Idempotency-Key": "once"}
    first, second = [await house.post("root", "/v1/rules", {"rule": PROD}, headers=headers) for _ in range(2)]
    assert first.json()["rule"]["id"] == second.json()["rule"]["id"]


async def test_undo_repeated_with_the_same_key_undoes_once(house: House) -> None:
    path = f"/v1/rules/{(await add(house, PROD))['rule']['id']}"
    async with house.client("root") as client:
        await client.put(path, json={"rule": {**PROD, "when": "true"}})
    headers = {"Idempotency-Key": "once"}
    undone = [(await house.post("root", f"{path}/undo", headers=headers)).json()["version"] for _ in range(2)]
    assert undone == [3, 3]


@pytest.mark.parametrize("who", ["ada", "ci"])
async def test_only_admins_write_rules(house: House, who: str) -> None:
    for path, body in (("", {"rule": PROD}), ("/validate", {"rule": PROD}), ("/replay", {"rules": [PROD]})):
        assert (await house.post(who, f"/v1/rules{path}", body)).status_code == 403
    assert (await house.post(who, "/v1/rules", {"what": 1})).status_code == 403


async def test_rules_are_tried_on_past_requests(house: House) -> None:
    for env in ("production", "production", "staging"):
        await house.ask(metadata={"env": env})
    tried = (await house.post("root", "/v1/rules/replay", {"rules": [PROD, {**BLANKET, "when": "false"}]})).json()
    assert (tried["seen"], tried["changes"]) == (3, {"asks_others": 2, "same": 1})
    assert tried["words"][0] == "3 past requests, 1 of them as before."
    assert (await house.get("root", "/v1/rules")).json()["data"] == []


async def test_a_rule_tried_in_place_of_one_that_is_there(house: House) -> None:
    await add(house, BLANKET)
    await house.ask(type="merge")
    tried = (await house.post("root", "/v1/rules/replay", {"rules": [{**BLANKET, "effect": "deny"}]})).json()
    assert tried["changes"] == {"newly_blocked": 1}


async def test_why_names_the_rules_looked_at_and_who_asked_for_whom(house: House) -> None:
    await add(house, PROD)
    asked = await house.ask(metadata={"env": "production"})
    explained = (await house.get("root", f"/v1/requests/{asked['id']}/explain")).json()
    assert explained["asked_by"] == [{"requirement": "s1r1", "label": "Ada", "stage": 1, "asked_by": ["rule prod"]}]
    assert [(one["name"], one["answer"], one["fate"]) for one in explained["rules"]] == [("prod", "true", "asks")]
    assert "Stage 1: Ada, asked by rule prod." in explained["text"]


# ----------------------------------------------------------------------------------- other systems' blanket rules


@pytest.mark.parametrize(
    ("when", "passes", "waits"),
    [
        ({"action.prefix": "api_call:"}, {"action": "api_call:stripe"}, {"action": "delete:stripe"}),
        ({"action.regex": "^read_.*$"}, {"action": "read_rows"}, {"action": "drop_rows"}),
        ({"cost.usd.max": 5}, {"cost": {"usd": 5}}, {"cost": {"usd": 5.01}}),
        ({"cost.tokens.max": 9000}, {"cost": {"tokens": 9000}}, {"cost": {"tokens": 9001}}),
        ({"cost.usd.max": 5}, {"cost": {"usd": 0}}, {}),
        ({"sideEffects.none": True}, {}, {"side_effects": ["writes"]}),
        (
            {"action.prefix": "api:", "cost.usd.max": 5},
            {"action": "api:x", "cost": {"usd": 1}},
            {"action": "api:x", "cost": {"usd": 9}},
        ),
    ],
)
async def test_a_blanket_rule_matches_as_its_system_says(house: House, when: Any, passes: Any, waits: Any) -> None:
    """E-66, E-67, E-68, E-69, E-70, E-71, E-72, E-80"""
    await add(house, {**BLANKET, "when": when})
    assert (await house.ask(**passes))["status"] == "auto_approved"
    assert (await house.ask(**waits))["status"] == "pending"


async def test_the_narrowest_scope_speaks_and_a_broader_rule_rescues_nothing(house: House) -> None:
    """E-73, E-74, E-75"""
    await add(house, {"name": "company", "when": "true", "effect": "allow"})
    narrow = {"name": "agent", "scope": {"agent": "ci"}, "when": 'action == "read"', "effect": "allow"}
    saved = await add(house, narrow)
    assert (await house.ask(action="drop"))["status"] == "pending"
    assert (await house.ask(action="read"))["cause"] == f"rule:{saved['rule']['id']}"


async def test_a_replay_tells_its_progress_line_by_line_to_whoever_wants_lines(house: House) -> None:
    for place in range(15):
        await house.ask(type="merge", title=f"Merge {place}")
    async with house.client("root") as client:
        answer = await client.post(
            "/v1/rules/replay",
            json={"rules": [{**BLANKET, "effect": "deny"}]},
            headers={"Accept": "application/x-ndjson"},
        )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["result"] is None for line in lines] == [*[True] * (len(lines) - 1), False]
    assert lines[0]["total"] == 15
    assert lines[-1]["result"]["changes"] == {"newly_blocked": 15}


async def test_a_replay_that_cannot_be_is_refused_before_its_first_line(house: House) -> None:
    async with house.client("root") as client:
        answer = await client.post(
            "/v1/rules/replay",
            json={"rules": [{**PROD, "when": "whatever"}]},
            headers={"Accept": "application/x-ndjson"},
        )
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
