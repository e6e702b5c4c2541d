"""Can it still pass? Rules and open requests that people have left: told to admins once, and once when it is well again."""

from typing import Any

import pytest

from core.model.people import Role
from tests.api.conftest import House, both_databases

pytestmark = pytest.mark.anyio

RULE = {
    "name": "prod",
    "when": 'metadata.env == "production"',
    "effect": "require",
    "stages": [{"requirements": [{"approvals": {"min": 2, "from": ["@platform"]}}]}],
}


async def furnished(house: House) -> None:
    groups = house.administration.groups
    await groups.add(house.host, "platform", ["ada@example.com", "ben@example.com"])
    answer = await house.post("root", "/v1/rules", {"rule": RULE})
    assert answer.status_code == 201, answer.text


async def members(house: House, *names: str) -> None:
    await house.administration.groups.set_members(house.host, "platform", [f"{name}@example.com" for name in names])


async def look(house: House) -> list[str]:
    """What admins were told of rules in this round."""
    told: list[str] = []
    around = house.administration.looking_around
    around.subscribe(lambda _, sentence: told.append(sentence))
    await around.look()
    around._listeners.pop()
    return told


async def words(house: House, request: Any) -> list[str]:
    rows = (await house.get("root", f"/v1/requests/{request['id']}/events")).json()["data"]
    return [row["event"] for row in rows if row["event"].startswith("found")]


@both_databases
async def test_a_rule_that_people_have_left_is_told_once_and_once_more_when_it_is_well(house: House) -> None:
    await furnished(house)
    assert await look(house) == []
    await members(house, "ada")
    said = (
        "Rule prod can no longer be met: too few people can approve as 2 of @platform. Add people, or change the rule."
    )
    assert await look(house) == [said]
    assert await look(house) == []
    await members(house, "ada", "cleo")
    assert await look(house) == ["Rule prod can be met again: there are enough people."]
    assert await look(house) == []
    organisation = house.host.organisation
    store = house.assembly.rooms.store
    rows = await store.read(lambda reader: reader.ledger(organisation, after=0, limit=500))
    assert [row.word for row in rows if row.word.endswith("possible")] == ["rule_impossible", "rule_possible"]


@both_databases
async def test_an_open_request_that_people_have_left_is_told_once_and_once_more_when_it_is_well(house: House) -> None:
    await furnished(house)
    asked = await house.ask(metadata={"env": "production"})
    other = await house.ask(approvers=["cleo@example.com"], metadata={"env": "test"})
    await members(house, "ada")
    for _ in range(2):
        await look(house)
    assert await words(house, asked) == ["found_impossible"]
    await members(house, "ada", "ben")
    for _ in range(2):
        await look(house)
    assert await words(house, asked) == ["found_impossible", "found_possible"]
    assert await words(house, other) == []


async def crowd(house: House, count: int) -> list[str]:
    """So many approvers who can decide in Slack, all of them the group @crowd."""
    names = [f"crowd{number}" for number in range(count)]
    for name in names:
        member = await house.member(name, Role.APPROVER)
        await house.administration.identities.pin(house.host, "slack", "T1", f"U{name.upper()}", member)
    await house.administration.groups.add(house.host, "crowd", [f"{name}@example.com" for name in names])
    return names


def of_crowd(**approvals: Any) -> dict[str, Any]:
    return {"requirements": [{"approvals": {"from": ["@crowd"], **approvals}}]}


@both_databases
async def test_many_people_are_still_too_few_where_more_are_needed(house: House) -> None:
    names = await crowd(house, 13)
    twelve = await house.ask(stages=[of_crowd(min=12)])
    one = await house.ask(stages=[of_crowd(min=1)])
    everybody = await house.ask(stages=[of_crowd(all=True)])
    for name in names[:2]:
        await house.administration.members.change(house.host, f"{name}@example.com", active=False)
    await house.administration.looking_around.look()
    assert await words(house, twelve) == ["found_impossible"]
    assert await words(house, everybody) == ["found_impossible"]
    assert await words(house, one) == []


@both_databases
async def test_a_group_of_a_later_stage_that_is_emptied_is_told_at_once(house: House) -> None:
    await crowd(house, 13)
    await furnished(house)
    later = {"requirements": [{"approvals": {"min": 1, "from": ["@platform"]}}]}
    asked = await house.ask(stages=[of_crowd(min=1), later])
    await members(house)
    await house.administration.looking_around.catch_up()
    assert await words(house, asked) == ["found_impossible"]


async def test_somebody_named_in_a_later_stage_alone_is_missed_in_the_next_round(house: House) -> None:
    await crowd(house, 13)
    zoe = await house.member("zoe", Role.APPROVER)
    later = {"requirements": [{"approvals": {"min": 1, "from": ["zoe@example.com"]}}]}
    asked = await house.ask(stages=[of_crowd(min=1), later])
    await house.administration.members.change(house.host, zoe, active=False)
    await look(house)
    assert await words(house, asked) == ["found_impossible"]


async def test_somebody_deactivated_makes_what_waits_for_them_alone_impossible(house: House) -> None:
    zoe = await house.member("zoe", Role.APPROVER)
    asked = await house.ask(approvers=["zoe@example.com"])
    await house.administration.members.change(house.host, zoe, active=False)
    await look(house)
    assert await words(house, asked) == ["found_impossible"]


async def test_a_rule_that_is_removed_is_forgotten(house: House) -> None:
    await furnished(house)
    await members(house)
    await look(house)
    store, organisation = house.assembly.rooms.store, house.host.organisation
    assert len(await store.read(lambda reader: reader.hopeless_rules(organisation))) == 1
    rule = (await house.get("root", "/v1/rules")).json()["data"][0]["id"]
    async with house.client("root") as client:
        await client.delete(f"/v1/rules/{rule}")
    assert await look(house) == []
    assert await store.read(lambda reader: reader.hopeless_rules(organisation)) == []


async def test_the_names_waited_for_are_stepped_through_in_the_index(house: House) -> None:
    await furnished(house)
    for _ in range(3):
        await house.ask(metadata={"env": "production"})
        await house.ask(approvers=["cleo@example.com"])
    store, organisation = house.assembly.rooms.store, house.host.organisation
    names = await store.read(lambda reader: reader.waited_for(organisation, after="", limit=2))
    rest = await store.read(lambda reader: reader.waited_for(organisation, after=names[-1], limit=50))
    assert [name.partition(":")[0] for name in (*names, *rest)] == ["group", "member", "rule"]
