"""Four eyes are on: Alice changes the rule for production by chat, Carol agrees on the card; nobody gets past them."""

import re

import pytest

from core.administration import Asked
from core.model.people import Actor, Role, Way
from core.ports import Filter
from tests.stories.town import Json, Town

pytestmark = pytest.mark.anyio

PROD = 'rules add "prod deploys" when type == "deploy" && metadata.env == "production" require 1 of @platform'
DEPLOY = {"type": "deploy", "title": "Deploy payments", "metadata": {"env": "production"}}


def actor(town: Town, name: str) -> Actor:
    return Actor("member", town.members[name], name.title(), town.host.organisation, Way.SLACK, may_decide=True)


async def switch_on(town: Town, admin_channel: str = "") -> None:
    """Alice, Carol and Dave are admins."""
    office = town.assembly.rooms.administration
    for name in ("carol", "dave"):
        await office.grants.give(town.host, town.members[name], Role.ADMIN)
    await office.organisations.change(actor(town, "alice"), four_eyes=True, admin_channel=admin_channel)


async def rules_of(town: Town) -> list[str]:
    rules = await town.assembly.rooms.administration.rules.list(actor(town, "alice"))
    return [f"{rule.name} {rule.mode} {rule.version}" for rule in rules.rules]


async def asks_for(town: Town, who: str, line: str) -> Json:
    """By chat: typed, read back, tried on the past, confirmed; the request that it has become."""
    await town.hand(who).command(f"/countersign {line}", "#general")
    await town.settles()
    assert "'Ask another admin'" in str(town.window(who))
    await town.says(who, {})
    modal = town.hand(who).open_modal()
    whispered = [str(each["text"]) for each in town.hand(who).ephemerals()]
    assert "Asked as #" in str(modal) + str(whispered)
    return await newest(town)


async def newest(town: Town) -> Json:
    """The youngest request, as a client of the API would know it."""
    store, organisation = town.assembly.rooms.store, town.host.organisation
    page = await store.read(lambda reader: reader.requests(organisation, Filter(), cursor=None, limit=1))
    (request,) = page.requests
    town.known.append(request.id)
    await town.settles()
    return {"id": request.id, "number": request.number, "revision": request.revision, "type": request.content.type}


async def clicks(town: Town, who: str, request: Json, action: str) -> None:
    """On the card in this person's own conversation with the app."""
    card = town.hand(who).find_message(town.hand(who).dm_channel, f"#{request['number']} ")
    await town.clicks_on(card, who, action)


async def test_a_rule_changes_when_a_second_admin_agrees(town_both_ways: Town) -> None:
    town = town_both_ways
    pipeline = await town.machine("deploy-bot")
    await switch_on(town, "#deploys")

    # Alice asks by chat; nothing holds yet, and the card in the admins' channel says what would change.
    asked = await asks_for(town, "alice", PROD)
    assert asked["type"] == "countersign.rules"
    assert await rules_of(town) == []
    card = str(town.card("carol", asked)["blocks"])
    for words in ("Add rule prod deploys", "1 of @platform", "another admin"):
        assert words in card
    assert "seed" not in card

    # Neither she herself nor anybody who is no admin can agree; both clicks are in the ledger.
    await town.clicks("alice", asked, "request.approve")
    assert "somebody else must decide" in town.told("alice")
    await town.clicks("bob", asked, "request.approve")
    assert await rules_of(town) == []
    assert await town.codes_in_ledger(asked) == ["own_request", "not_an_approver"]

    # Carol agrees: it holds from that moment, and Alice is told.
    await town.clicks("carol", asked, "request.approve")
    assert await rules_of(town) == ["prod deploys on 1"]
    assert "Add rule prod deploys: Done; it holds now." in town.heard("alice")
    deploy = await pipeline.asks(**DEPLOY)
    assert "1 of @platform" in str(await pipeline.reads(deploy, "/requirements"))


async def test_what_has_moved_meanwhile_is_not_done_and_says_so(town_both_ways: Town) -> None:
    town = town_both_ways
    await town.assembly.rooms.administration.rules.add(town.host, f"add{PROD.removeprefix('rules add')}")
    await switch_on(town)
    off = await asks_for(town, "alice", "rules off prod deploys")
    gone = await asks_for(town, "dave", "rules remove prod deploys")
    await clicks(town, "carol", off, "request.approve")
    await clicks(town, "carol", gone, "request.approve")
    assert await rules_of(town) == ["prod deploys off 2"]
    assert "changed since it was asked, so nothing was done; look at it again and ask anew." in town.heard("dave")


async def test_nobody_asks_for_a_change_from_outside(town_both_ways: Town) -> None:
    """Neither a machine through the API nor a person in Slack."""
    town = town_both_ways
    pipeline = await town.machine("deploy-bot")
    await switch_on(town)
    answer = await pipeline.http.post("/v1/requests", json={"type": "countersign.rules", "title": "Let me in"})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert "asked by Countersign itself" in answer.json()["detail"]
    told = await town.types("erin", "/countersign ask countersign.rules")
    assert "asked by Countersign itself" in str(told)
    assert town.hand("erin").open_modal() is None


async def test_an_agreed_key_is_shown_to_whoever_asked_and_only_once(town: Town) -> None:
    await town.machine("deploy-bot")
    await switch_on(town)
    office = town.assembly.rooms.administration
    with pytest.raises(Asked):
        await office.keys.add(actor(town, "alice"), "deploy-bot", label="second")
    asked = await newest(town)
    await clicks(town, "carol", asked, "request.approve")
    assert f"/countersign collect #{asked['number']}" in town.heard("alice")
    told = await town.types("carol", f"/countersign collect #{asked['number']}")
    assert "csk_" not in str(told)
    await town.hand("alice").command(f"/countersign collect #{asked['number']}", "#general")
    await town.settles()
    (secret,) = re.findall(r"csk_[\w-]+", str(town.hand("alice").open_modal()))
    machine = await town.client(secret)
    answer = await machine.post("/v1/requests", json=DEPLOY)
    assert answer.status_code == 201, answer.text
    again = await town.types("alice", f"/countersign collect #{asked['number']}")
    assert "once only" in str(again)
