"""Being called upon to act: when, how often, with a receipt that proves it; and never for what is gone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from countersign_client import Expected
from countersign_client.receipts import verify
from tests.api.conftest import House, both_databases
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_telling import decide, hook

pytestmark = pytest.mark.anyio

EVENTS = ["request.approved", "request.auto_approved", "execution.requested", "execution.started"]


async def by_itself(house: House, *, on: bool = True) -> None:
    async with house.client("root") as client:
        changed = await client.patch("/v1/projects/default/settings", json={"auto_execute": on})
    assert changed.status_code == 200, changed.text


@both_databases
async def test_the_yes_calls_upon_who_asked_with_a_receipt(house: House, receiver: Receiver) -> None:
    """A-70 E-96"""
    await by_itself(house)
    await hook(house, receiver, events=EVENTS)
    asked = await house.ask(action="deploy 4.2", params={"replicas": 6})
    await decide(house, "ada", asked)
    approved, called = await receiver.until(2)
    assert [approved.type, called.type] == ["request.approved", "execution.requested"]
    assert approved.said["data"]["receipt"] is None
    keys = (await house.get(None, "/.well-known/jwks.json")).json()
    me = f"agent:{asked['requester']['id']}"
    expected = Expected(agent=me, request=asked["id"], action="deploy 4.2", params={"replicas": 6})
    assert verify(called.said["data"]["receipt"], keys, expected).deciders[0].name == "Ada"


async def test_what_a_rule_allows_is_called_for_too(house: House, receiver: Receiver) -> None:
    """A-70"""
    await by_itself(house)
    await hook(house, receiver, events=EVENTS)
    rule = {"name": "chores", "when": 'type == "merge"', "effect": "allow"}
    assert (await house.post("root", "/v1/rules", {"rule": rule})).status_code == 201
    await house.ask(type="merge", title="Merge the typo")
    assert [one.type for one in await receiver.until(2)] == ["request.auto_approved", "execution.requested"]


async def test_without_it_a_person_has_it_run(house: House, receiver: Receiver) -> None:
    """A-71"""
    await hook(house, receiver, events=EVENTS)
    asked = await house.ask()
    await decide(house, "ada", asked)
    await receiver.until(1)
    await decide(house, "ada", asked, "run")
    approved, called = await receiver.until(2)
    assert (approved.type, called.type) == ("request.approved", "execution.requested")
    assert called.said["data"]["request"]["execution"]["requested_by"] == "Ada"
    assert called.said["data"]["receipt"]


@both_databases
async def test_two_last_votes_at_once_call_once(house: House, receiver: Receiver) -> None:
    """A-73"""
    await by_itself(house)
    await hook(house, receiver, events=EVENTS)
    asked = await house.ask()
    path = f"/v1/requests/{asked['id']}/approve"
    answers = await asyncio.gather(*(house.post(who, path) for who in ("ada", "ben", "cleo")))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    await decide(house, "ci", asked, "execution", status="executing")
    told = await receiver.until(3)
    assert [one.type for one in told] == ["request.approved", "execution.requested", "execution.started"]


@pytest.mark.parametrize("gone", ["discard", "supersede"])
async def test_nobody_is_called_for_what_is_gone(house: House, receiver: Receiver, gone: str) -> None:
    """A-72"""
    await hook(house, receiver, events=[*EVENTS, "request.created"])
    asked = await house.ask(supersede_key="deploy")
    await decide(house, "ada", asked)
    if gone == "discard":
        await decide(house, "ci", asked, "discard")
    else:
        await house.ask(supersede_key="deploy")
    late: list[Any] = [await house.post("ada", f"/v1/requests/{asked['id']}/run")]
    late.append(await house.post("ci", f"/v1/requests/{asked['id']}/execution", {"status": "executing"}))
    late.append(await house.get("ci", f"/v1/requests/{asked['id']}/receipt"))
    assert [(one.status_code, one.json()["code"]) for one in late] == [(409, "not_open")] * 3
    await house.ask(title="The last one")
    told = [one.type for one in await receiver.until(3 if gone == "discard" else 4)]
    assert "execution.requested" not in told


async def test_a_switch_later_leaves_what_was_asked_before_as_it_was(house: House, receiver: Receiver) -> None:
    """A-71: what holds is copied into the request when it is made."""
    await hook(house, receiver, events=[*EVENTS, "execution.succeeded"])
    asked = await house.ask()
    await by_itself(house)
    await decide(house, "ada", asked)
    await decide(house, "ci", asked, "execution", status="executing")
    await decide(house, "ci", asked, "execution", status="success")
    told = [one.type for one in await receiver.until(3)]
    assert told == ["request.approved", "execution.started", "execution.succeeded"]
