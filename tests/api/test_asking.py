"""Asking: what is stored, what is refused, what a repeat gets."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.model.people import Role, Verb
from tests.api.conftest import House

pytestmark = pytest.mark.anyio

MINIMAL = {"type": "deploy", "title": "Deploy"}


async def test_everything_that_was_asked_is_stored_and_given_back_unchanged(house: House) -> None:
    """B-13 B-14 B-71 E-20 E-29"""
    content: dict[str, Any] = {
        "type": "custom",
        "title": "Refund 42 €",
        "subject": {"kind": "task", "id": "iss_1", "url": "https://example.com/1"},
        "description": "A longer text.",
        "action": "refund(42)",
        "params": {"amount": 42.5, "to": "Ada", "nested": {"deep": [1, None, True]}},
        "reasoning": "They asked.",
        "cost": {"usd": 0, "tokens": 0},
        "side_effects": [],
        "if_denied": "Escalate.",
        "facts": {"env": "production"},
        "metadata": {"files_changed": 5, "diff_url": "https://example.com/diff", "tests": {"passed": 12}},
        "links": [{"title": "Diff", "url": "https://example.com/diff"}],
        "editable": {"params.amount": {"kind": "number", "maximum": 100}},
    }
    asked = await house.ask(**content)
    stored = (await house.get("ci", f"/v1/requests/{asked['id']}")).json()
    assert {name: stored[name] for name in content} == content
    assert stored == asked


async def test_a_new_request_is_pending_with_no_decisions_and_says_who_asked(house: House) -> None:
    """B-17 B-18 B-19 B-30 C-13 E-22"""
    asked = await house.ask("rex", approvers=["ada@example.com", "ben@example.com"])
    assert asked["status"] == "pending"
    assert asked["id"].startswith("req_")
    assert len(asked["id"]) == 30
    assert asked["requester"]["email"] == "rex@example.com"
    assert asked["approvers"] == ["ada@example.com", "ben@example.com"]
    assert asked["decisions"] == []
    assert asked["execution_status"] is None


async def test_the_answer_to_a_new_request_is_201_and_says_where_it_is(house: House) -> None:
    """B-01 B-18"""
    answer = await house.post("ci", "/v1/requests", MINIMAL)
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/requests/{answer.json()['id']}")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "No type"}, "type"),
        ({"type": "deploy"}, "title"),
        ({"type": "launch", "title": "x"}, "type"),
        ({**MINIMAL, "title": ""}, "title"),
        ({**MINIMAL, "title": "   "}, "title"),
        ({**MINIMAL, "title": 7}, "title"),
        ({**MINIMAL, "title": "x" * 201}, "title"),
        ({**MINIMAL, "description": "x" * 10_001}, "description"),
        ({**MINIMAL, "approver": ["ada@example.com"]}, "approver"),
        ({**MINIMAL, "approvers": ["nobody@example.com"]}, "approvers"),
        ({**MINIMAL, "approvers": ["@nobody"]}, "approvers"),
        ({**MINIMAL, "approvers": "ada@example.com"}, "approvers"),
        ({**MINIMAL, "approvers": ["ada@example.com"] * 51}, "approvers"),
        ({**MINIMAL, "stages": [{"requirements": [{"approvals": {"from": ["anyone"]}}]}] * 11}, "stages"),
        ({**MINIMAL, "stages": [{"requirements": []}]}, "stages.0.requirements"),
        ({**MINIMAL, "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({**MINIMAL, "expires_at": "tomorrow"}, "expires_at"),
        ({**MINIMAL, "expires_at": "2126-01-01T00:00:00"}, "expires_at"),
        ({**MINIMAL, "on_behalf_of": "nobody@example.com"}, "on_behalf_of"),
        ({**MINIMAL, "links": [{"title": "x", "url": "javascript:alert(1)"}]}, "links.0.url"),
        ({**MINIMAL, "links": [{"title": "x", "url": "https://e.com"}] * 21}, "links"),
        ({**MINIMAL, "cost": {"usd": -1}}, "cost.usd"),
        ({**MINIMAL, "cost": {"usd": False}}, "cost.usd"),
        ({**MINIMAL, "cost": {"usd": "5"}}, "cost.usd"),
        ({**MINIMAL, "cost": {"tokens": 1.5}}, "cost.tokens"),
        ({**MINIMAL, "metadata": {"a": "x" * 65_536}}, "metadata"),
        ({**MINIMAL, "metadata": {"1": {"2": {"3": {"4": {"5": {"6": {"7": {"8": {}}}}}}}}}}, "metadata"),
        ({**MINIMAL, "editable": {"title": {}}}, "body"),
    ],
)
async def test_what_cannot_be_understood_is_400_and_names_the_field(house: House, body: Any, field: str) -> None:
    """B-10 B-11 B-12 B-16"""
    answer = await house.post("ci", "/v1/requests", body)
    assert answer.status_code == 400, answer.text
    assert (answer.json()["code"], answer.json()["field"]) == ("validation_error", field)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"type":"deploy","title":NaN}',
        b'{"type":"deploy","title":"x","params":{"a":1e999}}',
        b'{"type":"deploy","title":"x","params":{"a":9007199254740992}}',
        b'{"type":"deploy","title":"x","params":{"a":' + b"9" * 5000 + b"}}",
        b'{"type":"deploy","title":"a\\u0000b"}',
        b'{"type":"deploy","title":"a\x00b"}',
        b'{"type":"deploy","title":"\\ud800"}',
        b'{"type":"deploy","title":"x","params":{"\\udfff":1}}',
        b'{"type":"deploy","title":"x","title":"y"}',
        b'{"type":"deploy","title":"x","params":' + b'{"a":' * 20 + b"1" + b"}" * 20 + b"}",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
async def test_what_is_no_plain_json_is_400_and_is_not_repeated(house: House, body: bytes) -> None:
    async with house.client("ci") as client:
        answer = await client.post("/v1/requests", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert len(answer.text) < 1000


async def test_emoji_and_right_to_left_text_are_welcome(house: House) -> None:
    title = "🚀 فرض على الإنتاج \u202eabc 👩‍👩‍👧"
    assert (await house.ask(title=title))["title"] == title


async def test_ten_megabytes_are_413_whether_or_not_their_length_is_told(house: House) -> None:
    async def pieces() -> Any:
        for _ in range(160):
            yield b"x" * 65_536

    async with house.client("ci") as client:
        told = await client.post("/v1/requests", content=b"x" * 10_000_000)
        untold = await client.post("/v1/requests", content=pieces())
    assert [(answer.status_code, answer.json()["code"]) for answer in (told, untold)] == [(413, "too_large")] * 2


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/json", "nonsense"])
async def test_json_is_read_whatever_the_content_type_says(house: House, kind: str) -> None:
    """E-13"""
    async with house.client("ci") as client:
        answer = await client.post("/v1/requests", content=json.dumps(MINIMAL).encode(), headers={"Content-Type": kind})
    assert answer.status_code == 201


async def test_a_repeat_with_the_same_key_makes_no_second_request(house: House) -> None:
    first, again = [
        await house.post("ci", "/v1/requests", MINIMAL, headers={"Idempotency-Key": "run-7"}) for _ in range(2)
    ]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len((await house.get("root", "/v1/requests")).json()["data"]) == 1


async def test_the_same_key_with_another_body_is_a_conflict(house: House) -> None:
    await house.post("ci", "/v1/requests", MINIMAL, headers={"Idempotency-Key": "run-7"})
    other = await house.post("ci", "/v1/requests", {**MINIMAL, "title": "Other"}, headers={"Idempotency-Key": "run-7"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


async def test_keys_of_two_credentials_do_not_meet(house: House) -> None:
    await house.agent("second")
    mine, theirs = [
        await house.post(who, "/v1/requests", MINIMAL, headers={"Idempotency-Key": "run-7"}) for who in ("ci", "second")
    ]
    assert mine.json()["id"] != theirs.json()["id"]


async def test_a_key_that_cannot_be_one_is_refused(house: House) -> None:
    answer = await house.post("ci", "/v1/requests", MINIMAL, headers={"Idempotency-Key": "x" * 256})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


async def test_without_a_deadline_the_reply_window_of_four_hours_sets_it(house: House) -> None:
    """B-16 C-32 E-28"""
    asked = await house.ask()
    created, expires = (datetime.fromisoformat(asked[name]) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(hours=4)
    assert asked["created_at"].endswith("Z")


async def test_a_deadline_of_the_requester_is_kept_when_it_is_nearer(house: House) -> None:
    """B-16"""
    soon = (datetime.now(UTC) + timedelta(minutes=30)).replace(microsecond=0)
    asked = await house.ask(expires_at=soon.isoformat())
    assert datetime.fromisoformat(asked["expires_at"]) == soon


async def test_windows_are_set_on_the_project_and_running_requests_keep_theirs(house: House) -> None:
    """D-30 D-31 D-34 D-35"""
    before = await house.ask()
    async with house.client("root") as client:
        changed = await client.patch("/v1/projects/default/settings", json={"reply_window": None, "remind": []})
    assert changed.json()["settings"]["reply_window"] is None
    after = await house.ask()
    assert after["expires_at"] is None
    assert (await house.get("ci", f"/v1/requests/{before['id']}")).json()["expires_at"] == before["expires_at"]


async def test_a_key_is_held_to_its_projects_and_its_fixed_facts(house: House) -> None:
    await house.post("root", "/v1/projects", {"name": "payments"})
    await house.agent("bound", projects=["payments"], facts={"env": "production"})
    outside = await house.post("bound", "/v1/requests", {**MINIMAL, "project": "default"})
    inside = await house.post("bound", "/v1/requests", {**MINIMAL, "project": "payments", "facts": {"env": "test"}})
    assert (outside.status_code, outside.json()["code"]) == (403, "forbidden")
    assert inside.json()["facts"] == {"env": "production"}


async def test_who_may_not_ask_hears_so_before_what_is_wrong_with_the_body(house: House) -> None:
    """C-26"""
    await house.member("audrey", Role.AUDITOR)
    await house.agent("reader", Verb.READ)
    answers = [await house.post(who, "/v1/requests", {"nonsense": 1}) for who in ("audrey", "reader")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "forbidden")] * 2


async def test_an_unknown_project_is_not_found(house: House) -> None:
    answer = await house.post("ci", "/v1/requests", {**MINIMAL, "project": "nowhere"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
