"""A requester who leaves out what a rule looks at gets no less asked of them, and everybody is told which field it was."""

import pytest

from tests.stories.town import Json, Town

pytestmark = pytest.mark.anyio

DEPLOY: Json = {"type": "deploy", "title": "Deploy payments 4.2", "notify": ["#deploys"]}


def waits_for(request: Json) -> list[str]:
    return [one["label"] for stage in request["stages"] for one in stage["requirements"]]


@pytest.mark.parametrize("effect", ["allow", "deny"])
async def test_a_rule_that_cannot_tell_asks_people(town: Town, effect: str) -> None:
    """E-80"""
    machine = await town.machine("sly-bot")
    await town.rules("alice", f'"by environment" when metadata.env == "production" {effect}')
    for metadata in ({}, {"ENV": "production"}, {"env": None}, {"env": ["production"]}):
        request = await machine.asks(**DEPLOY, metadata=metadata)
        assert request["status"] == "pending", metadata


async def test_a_gate_stays_shut_where_it_cannot_tell_and_says_which_field_was_missing(town: Town) -> None:
    machine = await town.machine("sly-bot")
    await town.rules("alice", '"destroying" when facts.destroyed > 0 require 2 of @security in #deploys')
    harmless = await machine.asks(**DEPLOY, facts={"destroyed": 0})
    assert waits_for(harmless) == ["1 of anyone who may approve"]
    request: Json = {}
    for facts in ({"Destroyed": 0}, {"destroyed": "0"}, {"destroyed": None}, {}):
        request = await machine.asks(**DEPLOY, facts=facts)
        assert waits_for(request) == ["2 of @security"], facts
    await town.settles()
    why = str((await town.types("alice", f"/countersign why #{request['number']}"))["blocks"])
    assert "facts.destroyed" in why
