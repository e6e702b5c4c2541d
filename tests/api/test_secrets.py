"""What a type keeps secret, through the API: for whoever asked and whoever carries it out, hidden from everybody else."""

import asyncio
from typing import Any

import pytest

from core.model.people import Role, Verb
from tests.api.conftest import House

pytestmark = pytest.mark.anyio

IBAN = "DE02120300000000202051"
PAYOUT = {
    "title": "Payout",
    "fields": {
        "type": "object",
        "properties": {"usd": {"type": "number", "maximum": 500}, "iban": {"type": "string"}},
        "required": ["usd", "iban"],
    },
    "editable": {"params.usd": {"kind": "number", "minimum": 0, "maximum": 500}},
    "secret": ["params.iban"],
}


async def put(house: House, entry: Any) -> Any:
    async with house.client("root") as client:
        return await client.put("/v1/types/payout", json=entry)


async def payout(house: House, **said: Any) -> Any:
    assert (await put(house, PAYOUT)).status_code == 200
    whole = {"type": "payout", "title": f"Pay {IBAN}", "params": {"usd": 20, "iban": IBAN}, **said}
    return await house.ask(**whole)


async def test_whoever_asked_sees_the_whole(house: House) -> None:
    asked = await payout(house)
    assert asked["params"] == {"usd": 20, "iban": IBAN}
    assert (await house.get("ci", f"/v1/requests/{asked['id']}")).json()["title"] == f"Pay {IBAN}"


@pytest.mark.parametrize("part", ["", "/decisions", "/events", "/explain", "/requirements"])
async def test_an_approver_sees_no_secret_anywhere(house: House, part: str) -> None:
    asked = await payout(house)
    await house.post("ada", f"/v1/requests/{asked['id']}/comment", {"text": f"Is {IBAN} theirs?"})
    done = await house.post(
        "ada", f"/v1/requests/{asked['id']}/approve", {"comment": f"{IBAN} is", "edits": {"params.usd": 10}}
    )
    assert done.status_code == 200, done.text
    seen = (await house.get("ada", f"/v1/requests/{asked['id']}{part}")).text
    assert IBAN not in done.text + seen
    assert (await house.get("ada", f"/v1/requests/{asked['id']}")).json()["params"]["iban"] == "••••••"
    assert IBAN in (await house.get("ci", f"/v1/requests/{asked['id']}/events")).text


async def test_no_list_shows_a_secret_even_to_whoever_asked(house: House) -> None:
    await payout(house)
    for who in ("ada", "ci", "root"):
        assert IBAN not in (await house.get(who, "/v1/requests")).text


async def test_whoever_carries_it_out_sees_the_whole(house: House) -> None:
    asked = await payout(house)
    await house.agent("runner", Verb.READ, Verb.EXECUTE)
    await house.agent("watcher", Verb.READ)
    assert (await house.get("runner", f"/v1/requests/{asked['id']}")).json()["params"]["iban"] == IBAN
    assert IBAN not in (await house.get("watcher", f"/v1/requests/{asked['id']}")).text


async def test_the_feed_hides_secrets_from_who_only_reads(house: House) -> None:
    await payout(house)
    organisation = house.host.organisation
    async with asyncio.timeout(10):
        while await house.assembly.rooms.store.read(lambda reader: reader.unsealed_count(organisation, 1)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await house.agent("watcher", Verb.READ)
    seen = (await house.get("watcher", "/v1/events")).text
    assert "Pay ••••••" in seen
    assert IBAN not in seen


async def test_the_digest_covers_the_real_value(house: House) -> None:
    """An approver's masked view carries the digest of what will really be done."""
    asked, other = await payout(house), await house.ask(type="payout", title="Pay", params={"usd": 20, "iban": "other"})
    seen = (await house.get("ada", f"/v1/requests/{asked['id']}")).json()
    assert seen["digest"] == asked["digest"]
    assert asked["action_digest"] != other["action_digest"]


async def test_what_is_refused_never_repeats_a_secret(house: House) -> None:
    await put(house, PAYOUT | {"fields": {"properties": {"iban": {"type": "string", "maxLength": 4}}}, "editable": {}})
    refused = await house.post("ci", "/v1/requests", {"type": "payout", "title": "t", "params": {"iban": IBAN}})
    assert refused.status_code == 400
    assert IBAN not in refused.text


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"secret": ["title"]}, "cannot be kept secret"),
        ({"secret": ["params."]}, "cannot be kept secret"),
        ({"secret": ["params.usd"]}, "nobody could see what they edit"),
        ({"fields": {"properties": {"by": {"type": "string", "format": "email"}}}}, "must be one of date, date-time"),
    ],
)
async def test_a_catalogue_entry_that_makes_no_sense_is_refused(house: House, entry: Any, said: str) -> None:
    answer = await put(house, PAYOUT | entry)
    assert (answer.status_code, said in answer.json()["detail"]) == (400, True), answer.text


@pytest.mark.parametrize(("day", "status"), [("2026-12-01", 201), ("2026-W47-5", 400), ("1.12.2026", 400), ("", 400)])
async def test_a_date_is_held_to_its_format(house: House, day: str, status: int) -> None:
    entry = {"title": "Payout", "fields": {"properties": {"by": {"type": "string", "format": "date"}}}}
    await put(house, entry)
    answer = await house.post("ci", "/v1/requests", {"type": "payout", "title": "t", "params": {"by": day}})
    assert answer.status_code == status, answer.text


async def test_a_moment_must_name_its_zone(house: House) -> None:
    await put(house, {"title": "Payout", "fields": {"properties": {"at": {"type": "string", "format": "date-time"}}}})
    for at, status in (("2026-12-01T10:00:00Z", 201), ("2026-12-01T10:00:00", 400), ("2026-12-01", 400)):
        answer = await house.post("ci", "/v1/requests", {"type": "payout", "title": "t", "params": {"at": at}})
        assert answer.status_code == status, answer.text


async def test_a_vague_title_and_a_crowd_of_approvers_get_hints_and_are_asked_all_the_same(house: House) -> None:
    """B-70, B-73"""
    for name in ("dora", "emil"):
        await house.member(name, Role.APPROVER)
    crowd = [f"{name}@example.com" for name in ("ada", "ben", "cleo", "dora", "emil")]
    asked = await house.ask(title="deploy to prod", approvers=crowd)
    assert asked["status"] == "pending"
    assert [hint.split(":")[0] for hint in asked["hints"]] == ["The title says little", "5 people must all approve"]
    told = await house.ask(title="Deploy payments-api 4.2.0 to production", approvers=crowd[:2])
    assert told["hints"] == []
