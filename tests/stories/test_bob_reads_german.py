"""Bob's Slack speaks German, so the app does to him; the channel, the others, the ledger and machines hear English."""

import json
import re
from typing import Any

import pytest

from core.model.request import Request
from core.ports import Reader
from tests.stories.town import Json, Town, some

pytestmark = pytest.mark.anyio

TITLE = "Approve"
"""As one of our own buttons says."""


async def test_what_is_his_own_is_german_and_what_is_everybodys_is_english(town_both_ways: Town) -> None:
    town, _, asked = await _asked(town_both_ways)
    card = words(town.card("bob", asked))
    assert card == words(town.card("grace", asked))
    assert {"⏳ Approval needed · #1 · Deploy · default", TITLE, "Reject"} <= set(card)

    home = words(await town.hand("bob").home())
    assert {"Wartet auf mich: 1", TITLE, "Freigeben", "Ablehnen", "Von mir angefragt"} <= set(home)
    assert {"Waiting for me: 1", TITLE, "Approve", "Reject"} <= set(words(await town.hand("grace").home()))
    assert "Nothing waits for you" in words(await town.hand("carol").home())

    await town.chooses("bob", asked, "details")
    details = words(town.window("bob"))
    assert {"Anfrage #1", TITLE, "⏳ Freigabe nötig · #1 · Deploy · default", "Freigeben"} <= set(details)
    await town.chooses("grace", asked, "details")
    assert {"Request #1", TITLE, "⏳ Approval needed · #1 · Deploy · default"} <= set(words(town.window("grace")))

    helped = " ".join(words(await town.types("bob", "/countersign help")))
    assert "/countersign why #n   Warum eine Anfrage gerade diese Leute fragt" in helped
    assert "Why a request asks these people" in str((await town.types("grace", "/countersign help"))["blocks"])
    assert "„loudly“" in str(await town.types("bob", "/countersign settings me told loudly"))
    assert "'loudly' is no way" in str(await town.types("grace", "/countersign settings me told loudly"))


async def test_a_refusal_within_a_transaction_is_german_for_him_and_english_in_the_ledger(town_both_ways: Town) -> None:
    town, pipeline, asked = await _asked(town_both_ways)
    late = town.card("bob", asked)
    await town.clicks("grace", asked, "request.reject")
    await town.says("grace", {"comment": "Cancel"})
    await town.clicks_on(late, "bob", "request.approve")
    assert "Die Anfrage #1 wurde schon abgelehnt" in town.told("bob"), town.told("bob")

    kept = json.dumps(await _ledger(town, asked))
    assert "was already rejected" in kept
    assert '"Cancel"' in kept
    assert "Anfrage" not in kept
    assert "Anfrage" not in json.dumps(await pipeline.reads(asked))
    assert "Rejected by Grace." in words(town.card("bob", asked))


async def test_what_he_asks_is_kept_in_english_but_for_his_own_words(town_both_ways: Town) -> None:
    """What rules say is worked out while German is spoken."""
    town, _, _ = await _asked(town_both_ways)
    await town.rules("alice", '"docs" when type == "custom" require 2 of @security')
    await town.hand("bob").command("/countersign ask custom", "#general")
    await town.settles()
    assert words(town.window("bob"))[:2] == ["Um Freigabe bitten", "Anfragen"]
    assert "Link" in words(town.window("bob"))
    typed = {"title": "Details", "description": "Ablehnen? Reject!", "link": "https://ci.acme.example/1"}
    await town.says("bob", typed)
    mine = await _stored(town, 2)
    assert [link.title for link in mine.content.links] == ["Link"]
    assert mine.content.title == "Details"
    kept = json.dumps(await _ledger(town, {"id": mine.id}), ensure_ascii=False)
    assert "2 of @security" in kept
    assert all(german not in kept for german in (" aus @security", "Regel", "Stufe", "gefragt"))


async def test_a_stage_nobody_named_is_kept_in_english_and_said_in_german(town_both_ways: Town) -> None:
    town, _, _ = await _asked(town_both_ways)
    await town.rules("alice", '"docs" when type == "custom" require 1 of role:admin then 2 of @security')
    await town.hand("bob").command("/countersign ask custom", "#general")
    await town.settles()
    await town.says("bob", {"title": "Details", "approvers": [town.hand("grace").id]})
    mine = {"id": str((await _stored(town, 2)).id)}
    kept = json.dumps(await _ledger(town, mine), ensure_ascii=False)
    assert "Stage 1" in kept
    assert "Stufe" not in kept
    assert "Stage 1 " in " ".join(words(await town.types("grace", "/countersign show #2")))
    shown = " ".join(words(await town.types("bob", "/countersign show #2")))
    assert "Stufe 1 " in shown
    assert "Stage" not in shown


async def test_a_german_card_and_its_thread_say_who_cancelled_it_and_why(town_both_ways: Town) -> None:
    town, pipeline, asked = await _asked(town_both_ways)
    await town.types("alice", "/countersign cancel #1 wrong branch")
    await town.settles()
    cancelled = re.compile("Cancelled by Alice( Archer)?: wrong branch")  # as she is called here, or by then in Slack
    assert cancelled.search("\n".join(words(town.card("bob", asked))))
    assert cancelled.search("\n".join(town.thread("bob", asked)))

    await town.types("alice", "/countersign settings language de")
    other = await pipeline.asks(type="deploy", title=TITLE, stages=some(1, "@platform"), notify=["#deploys"])
    await town.settles()
    await town.clicks("bob", other, "request.approve")
    await town.types("bob", "/countersign discard #2 falscher Zweig")
    await town.settles()
    discarded = re.compile("Verworfen von Bob( Baker)?; wird nicht ausgeführt: falscher Zweig")
    assert discarded.search("\n".join(words(town.card("bob", other))))
    assert discarded.search("\n".join(town.thread("bob", other)))


async def test_he_hears_by_message_in_german_and_grace_in_english(town_both_ways: Town) -> None:
    town = town_both_ways
    await _speaks_german(town, "bob")
    pipeline = await town.machine("deploy-bot")
    await pipeline.asks(type="deploy", title=TITLE, stages=some(2, "@platform"))
    await town.settles()
    assert {"⏳ Freigabe nötig · #1 · Deploy · default", TITLE, "Freigeben"} <= set(_last(town, "bob"))
    assert {"⏳ Approval needed · #1 · Deploy · default", TITLE, "Reject"} <= set(_last(town, "grace"))
    assert "Wartet auf" in town.heard("bob")
    assert "Wartet" not in town.heard("grace")


async def _asked(town: Town) -> tuple[Town, Any, Json]:
    await _speaks_german(town, "bob")
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(type="deploy", title=TITLE, stages=some(2, "@platform"), notify=["#deploys"])
    await town.settles()
    return town, pipeline, asked


async def _speaks_german(town: Town, name: str) -> None:
    town.sandbox.membership.change_user(town.hand(name).id, locale="de-DE")
    await town.settles()


def _last(town: Town, name: str) -> list[str]:
    return words(town.hand(name).dms()[-1])


async def _stored(town: Town, number: int) -> Request:
    store, organisation = town.assembly.rooms.store, town.host.organisation
    found = await store.read(lambda reader: reader.request_by_number(organisation, number))
    assert found is not None
    return found


async def _ledger(town: Town, request: Json) -> list[Any]:
    def read(reader: Reader) -> list[Any]:
        return [row.payload for row in reader.ledger(request["id"], after=0, limit=500)]

    return await town.assembly.rooms.store.read(read)


def words(drawn: Json | None) -> list[str]:
    """Every text in it, in order."""
    found: list[str] = []
    shown = drawn or {}
    for part in (shown.get("title"), shown.get("submit"), shown.get("blocks")):
        _gather(part, found)
    return found


def _gather(part: object, found: list[str]) -> None:
    if isinstance(part, list):
        for each in part:
            _gather(each, found)
    elif isinstance(part, dict):
        if isinstance(part.get("text"), str):
            found.append(part["text"])
        _gather([each for each in part.values() if not isinstance(each, str)], found)


async def test_cards_in_channels_speak_the_language_an_admin_chose_for_the_organisation(town_both_ways: Town) -> None:
    town = town_both_ways
    assert "Deutsch" in str((await town.types("alice", "/countersign settings language de"))["text"])
    assert "is no language spoken here" in str((await town.types("alice", "/countersign settings language fr"))["text"])
    _, pipeline, asked = await _asked(town)
    assert {"⏳ Freigabe nötig · #1 · Deploy · default", TITLE, "Freigeben", "Ablehnen"} <= set(
        words(town.card("grace", asked))
    )
    await town.clicks("grace", asked, "request.approve")
    assert any("Grace hat freigegeben" in line for line in town.thread("grace", asked)), town.thread("grace", asked)
    await town.clicks("bob", asked, "request.approve")
    assert "Freigegeben" in str(words(town.card("grace", asked)))
    assert "Grace hat" not in json.dumps(await pipeline.reads(asked), ensure_ascii=False)


async def test_a_project_may_speak_another_language_in_its_channels_than_the_organisation(
    town_both_ways: Town,
) -> None:
    town = town_both_ways
    await town.types("alice", "/countersign projects set default language de")
    _, _, asked = await _asked(town)
    assert "Freigeben" in words(town.card("grace", asked))
    await town.types("alice", "/countersign projects set default language en")
    assert "may be organisation, en or de" in str(
        (await town.types("alice", "/countersign projects set default language klingon"))["text"]
    )
    await town.clicks("grace", asked, "request.approve")
    assert "Approve" in words(town.card("grace", asked))
    assert "Freigeben" not in words(town.card("grace", asked))


async def test_what_is_kept_in_english_is_german_for_him_where_it_is_our_own(town_both_ways: Town) -> None:
    """Whom it waits for, who asks for them, and why, were worked out and stored before he came."""
    town = town_both_ways
    await _speaks_german(town, "bob")
    pipeline = await town.machine("deploy-bot")
    await pipeline.asks(type="deploy", title="For anyone", notify=["#deploys"])
    await pipeline.asks(type="deploy", title="For some", stages=some(2, "@platform"), notify=["#deploys"])
    await town.settles()
    listed = str(await town.types("bob", "/countersign list"))
    assert "Personen mit Freigaberecht" in listed
    assert "anyone who may approve" not in listed
    why = str(await town.types("bob", "/countersign why #2"))
    assert "Stufe 1: 2 aus @platform (das verlangt: die Anfrage)" in why
    assert "Stage 1: 2 of @platform, asked by the request" in str(await town.types("grace", "/countersign why #2"))
    refused = str(await town.types("bob", "/countersign settings list"))
    assert "Das dürfen hier nur Admins" in refused
    assert "Nichts ist offen" not in refused


async def test_who_chooses_a_language_is_answered_in_it(town_both_ways: Town) -> None:
    answer = await town_both_ways.types("grace", "/countersign settings me language de")
    assert "Sprache: Deutsch" in str(answer["text"])
