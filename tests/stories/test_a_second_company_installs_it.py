"""Another company adds the app to its own workspace, and later both become one organisation."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.hand import Hand
from core.administration import operator
from core.administration.installations import Granted
from core.model.installation import InstallState
from core.model.people import Actor, Role
from tests.stories.installing import CODE, GLOBEX, Form, browser, installs, learns, to_slack
from tests.stories.town import Json, Machine, Town, peopled, some
from tests.stories.town import town as begun

pytestmark = pytest.mark.anyio

INVITE = re.compile(r"/slack/install\?invite=(\S+)")


@pytest.fixture(params=["http", "sockets"])
async def open_town(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[Town]:
    """Anybody may install."""
    async with begun(database, tmp_path, sockets=request.param == "sockets", install="open") as empty:
        yield await peopled(empty)


@pytest.fixture
async def shut_town(database: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Town]:
    """Only those who were invited may."""
    async with begun(database, tmp_path, install="invite") as empty:
        yield await peopled(empty)


async def globex(town: Town) -> Actor:
    """The host, of the second organisation."""
    found = await town.assembly.rooms.store.read(lambda reader: reader.installation_in(GLOBEX))
    assert found is not None
    return operator(found.organisation)


async def machine_of(town: Town, host: Actor, name: str) -> Machine:
    return await replace(town, host=host).machine(name)


async def types(town: Town, hand: Hand, line: str) -> str:
    await hand.command(line, "#general")
    await town.settles()
    return str(hand.ephemerals()[-1]["text"])


def cards(hand: Hand, channel: str) -> list[str]:
    return [str(each["text"]) for each in hand.messages(channel)]


async def test_two_companies_use_one_server_and_know_nothing_of_each_other(open_town: Town) -> None:
    """A-18"""
    town = open_town
    gina = town.sandbox.next_door("gina")
    assert "not installed" in (await types(town, gina, "/countersign list")).lower()

    # Gina adds it, and is the first admin of an organisation of its own.
    assert "Countersign is in Globex" in await installs(town)
    theirs = await machine_of(town, await globex(town), "globex-bot")
    ours = await town.machine("deploy-bot")

    # Each asks in its own Slack; both have a request #1.
    mine = await ours.asks(type="deploy", title="Ship Acme", stages=some(1, "@platform"), notify=["#deploys"])
    other = await theirs.asks(type="deploy", title="Ship Globex", notify=["#releases"])
    await town.settles()
    assert any("Ship Globex" in text for text in cards(gina, "#releases"))
    assert not any("Globex" in text for text in cards(town.hand("alice"), "#deploys"))

    # Gina decides in hers.
    card = next(each for each in gina.messages("#releases") if "Ship Globex" in str(each["text"]))
    await gina.click(card, "request.approve")
    await town.settles()
    assert (await theirs.reads(other))["status"] == "approved"

    # A request of the other company does not exist for her, by number or by a button she forged.
    assert "Ship Acme" not in await types(town, gina, f"/countersign show #{mine['number']}")
    sent = next(one for one in reversed(town.sandbox.second.log.entries) if one["kind"] == "block_actions")
    forged = _aimed_at({**sent["request"], "trigger_id": "1.2.forged"}, other["id"], mine["id"])
    ack = await town.sandbox.second.delivery.hand_over("interactive", forged, "forged")
    assert ack.ok
    await town.settles()
    assert "no such request" in gina.ephemerals()[-1]["text"].lower()
    assert (await ours.reads(mine))["status"] == "pending"
    assert "gina" not in str(await ours.reads(mine, "/decisions")).lower()


def _aimed_at(blocks: Any, old: str, new: str) -> Any:
    """The same buttons, with another request's id in them."""
    if isinstance(blocks, dict):
        return {key: _aimed_at(value, old, new) for key, value in blocks.items()}
    if isinstance(blocks, list):
        return [_aimed_at(each, old, new) for each in blocks]
    return blocks.replace(old, new) if isinstance(blocks, str) else blocks


async def test_two_workspaces_become_one_organisation(open_town: Town) -> None:
    town = open_town
    await installs(town)
    gina, hugo = town.sandbox.next_door("gina"), town.sandbox.next_door("hugo")
    code = CODE.search(await types(town, gina, "/countersign workspaces offer"))
    assert code is not None

    # Only an admin takes it over, only with the code, only once.
    assert "admin" in (await types(town, town.hand("bob"), f"/countersign workspaces join {code[1]}")).lower()
    assert "wrong" in await types(town, town.hand("alice"), "/countersign workspaces join WRONG-CODE")
    assert "belongs to this" in await types(town, town.hand("alice"), f"/countersign workspaces join {code[1]}")
    assert "already" in await _again(town, code[1]) or "wrong" in await _again(town, code[1])
    await town.assembly.rooms.administration.members.add(
        town.host, "hugo@globex.example", "Hugo", roles=(Role.APPROVER,)
    )
    await learns(town)

    # A channel names its workspace; who is linked in one only is told there.
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(
        type="deploy", title="Ship both", stages=some(1, "hugo@globex.example"), notify=["#deploys", "#releases"]
    )
    await town.settles()
    assert any("Ship both" in text for text in cards(town.hand("alice"), "#deploys"))
    assert any("Ship both" in text for text in cards(hugo, "#releases"))

    # Hugo's yes in one workspace changes the card in the other.
    card = next(each for each in hugo.messages("#releases") if "Ship both" in str(each["text"]))
    await hugo.click(card, "request.approve")
    await town.settles()
    assert (await pipeline.reads(asked))["status"] == "approved"
    assert "Approved" in str(town.card("alice", asked)["text"])
    gina_there = await town.assembly.rooms.store.read(
        lambda reader: reader.member_by_email(town.host.organisation, "gina@globex.example")
    )
    assert gina_there is None, "who owns a workspace that joins is no admin there"
    # Whoever says who they are hears the answer where they asked.
    assert "An admin is asked" in await types(town, gina, "/countersign link g.gold@acme.example")
    await town.assembly.rooms.administration.identities.dismiss(town.host, GLOBEX, gina.id)
    await town.settles()
    assert "did not confirm that you are g.gold@acme.example" in str(gina.dms()[-1]["text"])
    listed = await _listed(town)
    assert "Acme" in listed
    assert "Globex" in listed


async def _again(town: Town, code: str) -> str:
    return await types(town, town.hand("alice"), f"/countersign workspaces join {code}")


async def _listed(town: Town) -> str:
    await town.hand("alice").command("/countersign workspaces", "#general")
    await town.settles()
    return str(town.window("alice")["blocks"])


async def test_the_app_is_removed_and_comes_back(open_town: Town) -> None:
    town = open_town
    await installs(town)
    theirs = await machine_of(town, await globex(town), "globex-bot")
    town.sandbox.uninstall(town.sandbox.second)
    await town.settles()
    assert (await _kept(town)).state in (InstallState.UNINSTALLED, InstallState.REVOKED)

    # Whatever is asked meanwhile waits, and is shown once the app is back.
    asked = await theirs.asks(type="deploy", title="Ship later", notify=["#releases"])
    await town.assembly.courier.drain()
    town.sandbox.consents.withheld = {"usergroups:read"}
    page = await installs(town)
    assert "was here already" in page
    assert "usergroups:read" in page
    assert any("Ship later" in text for text in cards(town.sandbox.next_door("hugo"), "#releases"))
    assert (await theirs.reads(asked))["status"] == "pending"

    # Its admins read what was not granted; installing again grants it.
    gina = town.sandbox.next_door("gina")
    await gina.command("/countersign workspaces", "#general")
    await town.settles()
    window = gina.open_modal()
    assert window is not None
    assert "usergroups:read" in str(window["blocks"])
    town.sandbox.consents.withheld = set()
    assert "Not granted" not in await installs(town)
    assert "usergroups:read" in (await _kept(town)).scopes


async def _kept(town: Town) -> Any:
    return await town.assembly.rooms.store.read(lambda reader: reader.installation_in(GLOBEX))


async def test_a_way_back_from_slack_counts_once_and_only_in_the_browser_that_began(shut_town: Town) -> None:
    town = shut_town
    async with browser() as surfer, browser() as thief:
        refused = await to_slack(surfer, town)
        assert refused.status_code == 403
        assert "by invitation" in refused.text

        # The host invites; the first of all would be the first organisation's, but that has a workspace.
        code = await town.assembly.rooms.administration.installations.invite(town.host, "invite")
        asked = await to_slack(surfer, town, code)
        back = town.sandbox.consents.decide({**Form(asked.text).fields, "who": f"{GLOBEX}/gina", "allow": "1"})
        assert "not begun in this browser" in (await thief.get(back)).text
        assert "Countersign is in Globex" in (await surfer.get(back)).text
        assert "not begun in this browser" in (await surfer.get(back)).text, "the cookie has gone"
        assert "used already" in (await to_slack(surfer, town, code)).text

        # Nobody is told that they may: they cancel.
        other = await town.assembly.rooms.administration.installations.invite(town.host, "invite")
        asked = await to_slack(surfer, town, other)
        cancelled = await surfer.post(str(asked.url), data={**Form(asked.text).fields, "who": f"{GLOBEX}/gina"})
        assert "You did not allow it" in cancelled.text


async def test_the_host_invites_and_lists_from_the_command_line(shut_town: Town) -> None:
    """The address is printed with the server's name; the code in it is what counts."""
    town = shut_town
    said = await town.countersign("workspaces", "invite")
    found = INVITE.search(said)
    assert found is not None, said
    assert "SLACK_CLIENT_ID" in said, "this terminal knows no client id"
    await installs(town, found[1])
    listed = await town.countersign("workspaces", "list")
    assert "Acme" in listed
    assert "T1GLOBEX01  Globex  active (oauth)  organisation: Globex" in listed


async def test_tokens_are_kept_encrypted(shut_town: Town) -> None:
    code = await shut_town.assembly.rooms.administration.installations.invite(shut_town.host, "invite")
    await installs(shut_town, code)
    kept: Json = {
        one.workspace: one.sealed_token for one in await shut_town.assembly.rooms.administration.installations.all()
    }
    tokens = [slack.app.bot_token for slack in shut_town.sandbox.slacks]
    assert set(kept) == {"T0ACME0001", GLOBEX}
    assert not any(token in sealed for token in tokens for sealed in kept.values())


async def test_no_call_to_slack_stands_before_an_acknowledgement_in_any_workspace(shut_town: Town) -> None:
    town = shut_town
    await installs(town, await town.assembly.rooms.administration.installations.invite(town.host, "invite"))
    theirs = await machine_of(town, await globex(town), "globex-bot")
    asked = await theirs.asks(type="deploy", title="Ship Globex", notify=["#releases"])
    await town.settles()
    gina = town.sandbox.next_door("gina")
    card = next(each for each in gina.messages("#releases") if "Ship Globex" in str(each["text"]))
    before = len([one for one in town.sandbox.second.log.entries if one["kind"] == "web_api"])
    ack = await gina.click(card, "request.approve")
    after = [one["title"] for one in town.sandbox.second.log.entries if one["kind"] == "web_api"][before:]
    assert ack.ok
    assert "auth.test" not in after
    assert (await theirs.reads(asked))["status"] == "approved"


async def test_an_enterprise_organisation_answers_for_its_workspaces(shut_town: Town) -> None:
    town = shut_town
    host = town.assembly.rooms.administration.installations
    begun = await host.begin("invite", await host.invite(town.host, "invite"))
    app = town.sandbox.second.app
    whole = Granted(
        None,
        "E1ENTER",
        True,
        "Globex Group",
        app.id,
        app.bot_user_id,
        app.bot_id,
        ("commands",),
        app.bot_token,
    )
    await host.install(whole, mode="invite", invite=await host.returned(begun.state, begun.browser))
    gina = town.sandbox.next_door("gina")
    assert "not installed" in (await types(town, gina, "/countersign help")).lower()
    entries = town.sandbox.second.log.entries
    sent: Json = next(one["request"] for one in reversed(entries) if one["kind"] == "slash_commands")
    of_enterprise = {**sent, "enterprise_id": "E1ENTER", "is_enterprise_install": "true", "trigger_id": "1.2.again"}
    ack = await town.sandbox.second.delivery.hand_over("slash_commands", of_enterprise, "/countersign")
    await town.settles()
    assert ack.ok
    assert "not installed" not in str(ack.body).lower()
