"""An admin has had enough of unwatched production deploys: one line in Slack, tried on the past, confirmed, undone again."""

import pytest

from core.model.people import Role
from tests.stories.town import Json, Town

pytestmark = pytest.mark.anyio

DEPLOY: Json = {"type": "deploy", "title": "Deploy payments 4.2", "notify": ["#deploys"]}
LINE = '"prod deploys" when type == "deploy" && metadata.env == "production" require 1 of @platform then 2 of @security expire 4h in #deploys'


def prod(title: str) -> Json:
    return {**DEPLOY, "title": title, "metadata": {"env": "production"}}


def waits_for(request: Json) -> list[str]:
    return [one["label"] for stage in request["stages"] for one in stage["requirements"]]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_the_rule_is_tried_confirmed_bites_at_once_and_is_taken_back(town: Town) -> None:
    """A-01 A-06"""
    pipeline = await town.machine("deploy-bot")
    for title in ("Deploy payments 4.0", "Deploy payments 4.1"):
        assert waits_for(await pipeline.asks(**prod(title))) == ["1 of anyone who may approve"]
    await pipeline.asks(**{**DEPLOY, "metadata": {"env": "test"}})

    # The first try has a mistake: the mark stands under it, and nothing is saved.
    told = await town.types("alice", f"/countersign rules add {LINE.replace('metadata', 'metdata')}")
    assert "did you mean 'metadata'?" in told["text"]
    assert "▲" in str(told["blocks"])

    # The second is read back, and tried on what was asked before.
    await town.hand("alice").command(f"/countersign rules add {LINE}", "#general")
    await town.settles()
    seen = str(town.window("alice")["blocks"])
    for said in ("these must say yes", "2. Security: 2 of @security", "expires after 4h", "1 of them as before"):
        assert said in seen, seen
    assert "2 would ask other people (#2, #1)" in seen
    assert "there are enough people" in seen

    # Before she confirms, nothing has changed; from then on the very next request is judged by it.
    assert waits_for(await pipeline.asks(**prod("Deploy payments 4.2"))) == ["1 of anyone who may approve"]
    await town.says("alice", {})
    assert "Saved as version 1" in str(town.window("alice"))
    bitten = await pipeline.asks(**prod("Deploy payments 4.3"))
    assert waits_for(bitten) == ["1 of @platform", "2 of @security"]
    assert "prod deploys" in str((await town.types("alice", f"/countersign why #{bitten['number']}"))["blocks"])

    # She is asked too often: one click, and it is as before. Who was asked by it stays asked.
    await town.hand("alice").click(town.window("alice"), "rules.undo")
    await town.settles()
    assert "judged without it" in str(town.window("alice"))
    assert waits_for(await pipeline.asks(**prod("Deploy payments 4.4"))) == ["1 of anyone who may approve"]
    assert waits_for(await pipeline.reads(bitten)) == ["1 of @platform", "2 of @security"]


async def test_with_four_eyes_the_rule_bites_when_another_admin_has_agreed(town: Town) -> None:
    pipeline = await town.machine("deploy-bot")
    admin = town.assembly.rooms.administration
    for name in ("bob", "carol"):
        await admin.grants.give(town.host, f"{name}@acme.example", Role.ADMIN)
    await town.types("alice", "/countersign settings admin_channel #deploys")
    await town.hand("alice").command("/countersign settings four_eyes on", "#general")
    await town.settles()
    await town.says("alice", {})

    window = await town.rules("alice", LINE)
    assert "Asked as #1" in str(window)
    assert waits_for(await pipeline.asks(**prod("Deploy payments 4.2"))) == ["1 of anyone who may approve"]

    # Her own click is refused; Carol, who sees what it would do, agrees.
    card = town.hand("carol").find_message("#deploys", "prod deploys", action="request.approve")
    assert "2 of @security" in str(card["blocks"])
    await town.clicks_on(card, "alice", "request.approve")
    assert "somebody else must decide" in town.told("alice")
    await town.clicks_on(card, "carol", "request.approve")
    assert waits_for(await pipeline.asks(**prod("Deploy payments 4.3"))) == ["1 of @platform", "2 of @security"]
