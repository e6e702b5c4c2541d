"""`/v1/types`: the catalogue, and requests held to it."""

from typing import Any

import httpx2
import pytest

from tests.api.conftest import House

pytestmark = pytest.mark.anyio

REFUND = {
    "title": "Refund",
    "fields": {"type": "object", "properties": {"usd": {"type": "number", "minimum": 0}}, "required": ["usd"]},
    "required_facts": ["customer"],
    "editable": {"params.usd": {"kind": "number", "minimum": 0, "maximum": 500}},
    "reply_window": "2h",
}


async def put(house: House, word: str, entry: Any, who: str = "root") -> httpx2.Response:
    async with house.client(who) as client:
        return await client.put(f"/v1/types/{word}", json=entry)


async def ask(house: House, who: str = "ci", **said: Any) -> httpx2.Response:
    whole = {"type": "refund", "title": "Refund Ada", "params": {"usd": 20}, "facts": {"customer": "c1"}, **said}
    return await house.post(who, "/v1/requests", whole)


async def test_the_built_in_types_are_always_there(house: House) -> None:
    found = (await house.get("root", "/v1/types")).json()["data"]
    assert [type["word"] for type in found] == ["merge", "deploy", "custom"]


async def test_a_type_is_unknown_until_it_is_added(house: House) -> None:
    assert (await ask(house)).status_code == 400
    assert (await put(house, "refund", REFUND)).status_code == 200
    asked = await ask(house)
    assert asked.status_code == 201, asked.text
    assert (await house.get("root", "/v1/types/refund")).json()["reply_window"] == "2h"


@pytest.mark.parametrize(
    ("said", "field"),
    [({"params": {}}, "params.usd"), ({"params": {"usd": "20"}}, "params.usd"), ({"facts": {}}, "facts.customer")],
)
async def test_a_request_must_have_what_its_type_wants(house: House, said: Any, field: str) -> None:
    await put(house, "refund", REFUND)
    refused = await ask(house, **said)
    assert (refused.status_code, refused.json()["field"]) == (400, field)


async def test_facts_fixed_by_a_key_count(house: House) -> None:
    await put(house, "refund", REFUND)
    await house.agent("bound", facts={"customer": "c9"})
    assert (await ask(house, who="bound", facts={})).status_code == 201


async def test_approvers_may_edit_within_the_bounds_of_the_type(house: House) -> None:
    await put(house, "refund", REFUND)
    asked = (await ask(house)).json()
    path = f"/v1/requests/{asked['id']}/approve"
    refused = await house.post("ada", path, {"edits": {"params.usd": 501}})
    assert refused.status_code == 400
    approved = await house.post("ada", path, {"edits": {"params.usd": 480}})
    assert approved.json()["request"]["status"] == "approved_with_edits"


def up_to(high: float) -> Any:
    return {**REFUND, "editable": {"params.usd": {"kind": "number", "minimum": 0, "maximum": high}}}


TWO = [{"requirements": [{"approvals": {"min": 2, "from": ["ada@example.com", "ben@example.com"]}}]}]


async def test_bounds_raised_a_moment_ago_hold_but_carry_no_approval_from_before(house: House) -> None:
    """What the catalogue says of a type is what an edit is held to, at once."""
    await put(house, "refund", up_to(50))
    path = f"/v1/requests/{(await ask(house, stages=TWO)).json()['id']}/approve"
    await house.post("ben", path)
    await put(house, "refund", up_to(100_000))
    done = await house.post("ada", path, {"edits": {"params.usd": 90_000}})
    assert done.status_code == 200, done.text
    request = done.json()["request"]
    assert (request["status"], request["params"]["usd"]) == ("pending", 90_000)
    assert [(one["email"], one["state"]) for one in request["decisions"]] == [
        ("ben@example.com", "stale"),
        ("ada@example.com", "live"),
    ]


async def test_only_those_named_may_ask_for_a_type(house: House) -> None:
    await put(house, "refund", {**REFUND, "may_ask": ["rex@example.com", "agent:ci"]})
    assert (await ask(house, who="rex")).status_code == 201
    assert (await ask(house, who="ci")).status_code == 201
    refused = await ask(house, who="ben")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_a_removed_type_can_no_longer_be_asked_for(house: House) -> None:
    await put(house, "refund", REFUND)
    async with house.client("root") as client:
        assert (await client.delete("/v1/types/refund")).status_code == 200
        built_in = await client.delete("/v1/types/deploy")
    assert (built_in.status_code, built_in.json()["code"]) == (409, "built_in")
    assert (await ask(house)).status_code == 400


@pytest.mark.parametrize(
    ("word", "entry"),
    [
        ("Refund", REFUND),
        ("countersign.x", REFUND),
        ("refund", {**REFUND, "fields": {"pattern": "x"}}),
        ("refund", {**REFUND, "may_ask": ["@nobody"]}),
        ("refund", {**REFUND, "may_ask": ["anyone"]}),
        ("refund", {"titel": "x"}),
    ],
)
async def test_what_is_no_type_is_refused(house: House, word: str, entry: Any) -> None:
    assert (await put(house, word, entry)).status_code == 400


async def test_only_admins_change_types(house: House) -> None:
    assert (await put(house, "refund", REFUND, who="ada")).status_code == 403
    assert (await put(house, "refund", {"x": 1}, who="ci")).status_code == 403
