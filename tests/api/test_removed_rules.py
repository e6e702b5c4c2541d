"""A rule that is removed or switched off while requests wait for it: kept, or cancelled with it, as their project says."""

from typing import Any

import pytest

from core.desk.removals import follow_removed_rules
from tests.api.conftest import House, both_databases

pytestmark = pytest.mark.anyio

RULE = {
    "name": "prod",
    "when": 'metadata.env == "production"',
    "effect": "require",
    "stages": [{"requirements": [{"approvals": {"min": 1, "from": ["ada@example.com"]}}]}],
}
PRODUCTION: dict[str, Any] = {"metadata": {"env": "production"}}


async def add(house: House, rule: Any = RULE) -> str:
    answer = await house.post("root", "/v1/rules", {"rule": rule})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["rule"]["id"])


async def set_to(house: House, word: str) -> None:
    async with house.client("root") as client:
        answer = await client.patch("/v1/projects/default/settings", json={"when_rule_removed": word})
    assert answer.status_code == 200, answer.text


async def remove(house: House, rule: str) -> None:
    async with house.client("root") as client:
        assert (await client.delete(f"/v1/rules/{rule}")).status_code == 200


async def follow(house: House) -> None:
    rooms = house.assembly.rooms
    await follow_removed_rules(rooms.store, rooms.desk)


async def state(house: House, request: Any) -> tuple[str, str | None]:
    found = (await house.get("root", f"/v1/requests/{request['id']}")).json()
    return found["status"], found["cause"]


@both_databases
async def test_with_cancel_what_only_the_rule_asked_for_ends_and_says_so(house: House) -> None:
    await set_to(house, "cancel")
    rule = await add(house)
    asked = await house.ask(**PRODUCTION)
    await remove(house, rule)
    assert await state(house, asked) == ("pending", None)
    await follow(house)
    assert await state(house, asked) == ("cancelled", "rule_removed")
    events = (await house.get("root", f"/v1/requests/{asked['id']}/events")).json()["data"]
    assert events[-1]["event"] == "ended"
    assert events[-1]["actor"] == "system:clock"
    assert events[-1]["payload"]["comment"] == "rule prod"
    decided = await house.post("ada", f"/v1/requests/{asked['id']}/approve")
    assert (decided.status_code, decided.json()["code"]) == (409, "not_open")


async def test_by_default_they_are_kept_as_they_were_judged(house: House) -> None:
    rule = await add(house)
    asked = await house.ask(**PRODUCTION)
    await remove(house, rule)
    await follow(house)
    assert await state(house, asked) == ("pending", None)
    assert (await house.post("ada", f"/v1/requests/{asked['id']}/approve")).status_code == 200


@pytest.mark.parametrize("mode", ["off", "shadow"])
async def test_switching_a_rule_off_counts_as_removing_it(house: House, mode: str) -> None:
    await set_to(house, "cancel")
    rule = await add(house)
    asked = await house.ask(**PRODUCTION)
    assert (await house.post("root", f"/v1/rules/{rule}/switch", {"mode": mode})).status_code == 200
    await follow(house)
    assert await state(house, asked) == ("cancelled", "rule_removed")


async def test_what_others_asked_for_too_stays_open(house: House) -> None:
    """Another rule, or approvers the request itself names."""
    await set_to(house, "cancel")
    rule = await add(house)
    named = await house.ask(approvers=["ben@example.com"], **PRODUCTION)
    await add(house, {**RULE, "name": "everything", "when": 'type == "merge"'})
    both = await house.ask(type="merge", **PRODUCTION)
    other = await house.ask(type="merge")
    only = await house.ask(**PRODUCTION)
    await remove(house, rule)
    await follow(house)
    states = [(await state(house, one))[0] for one in (named, both, other, only)]
    assert states == ["pending", "pending", "pending", "cancelled"]


async def test_a_rule_brought_back_in_time_ends_nothing(house: House) -> None:
    await set_to(house, "cancel")
    rule = await add(house)
    asked = await house.ask(**PRODUCTION)
    await remove(house, rule)
    assert (await house.post("root", f"/v1/rules/{rule}/undo")).status_code == 200
    await follow(house)
    assert await state(house, asked) == ("pending", None)
    await remove(house, rule)
    await follow(house)
    assert await state(house, asked) == ("cancelled", "rule_removed")


@both_databases
async def test_what_was_left_to_do_is_done_by_whoever_starts_next_and_in_slices(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The removal stands in the database until every request was looked at."""
    monkeypatch.setattr("core.desk.removals.SLICE", 2)
    await set_to(house, "cancel")
    rule = await add(house)
    asked = [await house.ask(**PRODUCTION) for _ in range(5)]
    await remove(house, rule)
    rooms = house.assembly.rooms
    assert [one.rule for one in await rooms.store.read(lambda reader: reader.removed_rules())] == [rule]
    await follow(house)
    assert {await state(house, one) for one in asked} == {("cancelled", "rule_removed")}
    assert await rooms.store.read(lambda reader: reader.removed_rules()) == []


async def test_a_revision_that_no_longer_needs_the_rule_does_not_fall_with_it(house: House) -> None:
    await set_to(house, "cancel")
    rule = await add(house)
    asked = await house.ask(**PRODUCTION)
    revised = await house.post("ci", f"/v1/requests/{asked['id']}/revise", {"metadata": {"env": "test"}})
    assert revised.status_code == 200, revised.text
    await remove(house, rule)
    await follow(house)
    assert (await state(house, asked))[0] == "pending"


async def test_a_word_the_setting_does_not_know_is_refused(house: House) -> None:
    async with house.client("root") as client:
        answer = await client.patch("/v1/projects/default/settings", json={"when_rule_removed": "forget"})
    assert (answer.status_code, answer.json()["field"]) == (400, "when_rule_removed")
