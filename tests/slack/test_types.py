"""An organisation's own types in Slack: their form, what is wrong under its very field, who may ask, what stays hidden."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.slack.drawing import samples
from core.administration import operator
from core.model.command import Ask
from core.model.organisation import RequestType
from core.model.request import Request, Status
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio

IBAN = "DE02120300000000202051"
FILLED = {
    "title": "Refund order A-8812",
    "ask.params.usd": "48",
    "ask.params.reason": '"broken"',
    "ask.params.iban": IBAN,
    "ask.params.payee.name": "Tilda Testperson",
    "ask.params.by": "2026-12-01",
    "ask.params.urgent": "true",
    "ask.facts.order": "A-8812",
}


async def keep(world: World, type: RequestType = samples.REFUND, may_ask: tuple[str, ...] = ()) -> None:
    await world.rooms.administration.types.put(operator(world.organisation), type, may_ask)


async def opened(world: World, name: str, line: str) -> dict[str, Any]:
    assert (await world.hand(name).command(line, "#general")).ok
    await world.settle()
    modal = world.hand(name).open_modal()
    assert modal is not None
    return modal


async def told(world: World, name: str) -> str:
    await world.settle()
    return str(world.hand(name).ephemerals()[-1]["text"])


async def numbered(world: World, number: int = 1) -> Request:
    found = await world.rooms.store.read(lambda reader: reader.request_by_number(world.organisation, number))
    assert found is not None
    return found


def blocks(modal: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {block["block_id"]: block for block in modal["blocks"]}


async def test_a_types_form_has_an_input_of_its_kind_for_every_field(http: World) -> None:
    await keep(http, samples.EVERYTHING)
    form = blocks(await opened(http, "erin", "/countersign ask everything Try it"))
    kinds = {name: block["element"]["type"] for name, block in form.items() if name.startswith("ask.")}
    assert kinds["ask.params.whole"] == kinds["ask.params.share"] == "number_input"
    assert kinds["ask.params.many"] == "checkboxes"
    assert kinds["ask.params.crowd"] == "multi_static_select"
    assert kinds["ask.params.flag"] == kinds["ask.params.long_choice"] == "static_select"
    assert (kinds["ask.params.day"], kinds["ask.params.moment"]) == ("datepicker", "datetimepicker")
    assert "ask.params.fixed" not in kinds
    assert not form["ask.params.whole"]["optional"]
    assert form["ask.params.deep.er"]["optional"]
    assert form["ask.params.whole"]["hint"]["text"] == "More than 0 and at most 10."
    assert form["title"]["element"]["initial_value"] == "Try it"


async def test_everything_typed_arrives_as_what_it_is(http: World) -> None:
    await keep(http, samples.EVERYTHING)
    await opened(http, "erin", "/countersign ask everything Try it")
    typed = {
        "ask.params.whole": "7",
        "ask.params.share": "0.5",
        "ask.params.long_choice": json.dumps(3),
        "ask.params.many": ['"eu"', '"us"'],
        "ask.params.day": "2026-12-01",
        "ask.params.moment": 1796126400,
        "ask.params.lines": "one\n\n two ",
        "ask.params.numbers": "1\n2",
        "ask.params.free": '{"a": [1, null]}',
        "ask.params.any": "12.5",
        "ask.params.deep.er": "down",
    }
    sent = await http.hand("erin").submit(typed)
    assert sent.errors is None
    await http.settle()
    assert (await numbered(http)).content.params == {
        "text": "abc",
        "whole": 7,
        "share": 0.5,
        "long_choice": 3,
        "many": ["eu", "us"],
        "flag": True,
        "day": "2026-12-01",
        "moment": "2026-12-01T12:00:00Z",
        "lines": ["one", "two"],
        "numbers": [1, 2],
        "free": {"a": [1, None]},
        "any": 12.5,
        "fixed": 7,
        "deep": {"er": "down"},
    }


async def test_choosing_another_type_draws_its_fields_and_keeps_what_was_typed(world: World) -> None:
    await keep(world)
    modal = await opened(world, "erin", "/countersign ask")
    assert "ask.params.usd" not in blocks(modal)
    erin = world.hand("erin")
    assert (await erin.click(modal, "ask.type", "refund", values={"title": {"text": {"value": "Half a ti"}}})).ok
    await world.settle()
    now = erin.open_modal()
    assert now is not None
    assert "ask.params.usd" in blocks(now)
    assert "2h to answer" in blocks(now)["type"]["hint"]["text"]
    assert blocks(now)["ask.params.iban"]["hint"]["text"].startswith("Hidden from everybody")


async def test_a_form_sent_before_its_fields_were_there_asks_for_them(http: World) -> None:
    """The type was changed in the catalogue while somebody was typing."""
    await keep(http, replace(samples.REFUND, fields={}, required_facts=(), secret=(), editable={}))
    await opened(http, "erin", "/countersign ask refund Refund order 1")
    await keep(http)
    erin = http.hand("erin")
    sent = await erin.submit({})
    assert sent.response_action == "update"
    shown = erin.open_modal()
    assert shown is not None
    assert "ask.params.usd" in blocks(shown)


async def test_what_is_wrong_stands_under_its_very_field(world: World) -> None:
    """B-46 E-79"""
    await keep(world)
    await opened(world, "erin", "/countersign ask refund Refund order A-8812")
    sent = await world.hand("erin").submit(
        {**FILLED, "ask.params.usd": "501", "ask.params.iban": "DE02", "cost": "much"}
    )
    assert sent.errors == {
        "ask.params.usd": "Must be at most 500.",
        "ask.params.iban": "Must have at least 15 characters.",
        "cost": "Write the cost as a number, for example 30 or 12.50.",
    }


async def test_a_number_that_is_none_is_refused_without_repeating_it(http: World) -> None:
    await keep(http)
    await opened(http, "erin", "/countersign ask refund Refund order A-8812")
    sent = await http.hand("erin").submit({**FILLED, "ask.params.usd": "forty", "ask.params.payee.born": "1e999"})
    assert sent.errors == {
        "ask.params.usd": "Write a number, for example 30 or 12.50.",
        "ask.params.payee.born": "Write a number, for example 30 or 12.50.",
    }


async def test_a_type_that_is_not_for_me_is_neither_offered_nor_opened_nor_sent(world: World) -> None:
    await keep(world, may_ask=("@platform",))
    offered = str(blocks(await opened(world, "erin", "/countersign ask"))["type"])
    assert "refund" not in offered
    await world.hand("erin").command("/countersign ask refund Refund order 1", "#general")
    assert await told(world, "erin") == "Only @platform may ask for a refund; ask one of them, or an admin."
    assert "ask.params.usd" in blocks(await opened(world, "bob", "/countersign ask refund"))


async def test_a_type_taken_away_while_typing_is_refused_at_the_door(http: World) -> None:
    await keep(http)
    await opened(http, "erin", "/countersign ask refund Refund order A-8812")
    await keep(http, may_ask=("@platform",))
    sent = await http.hand("erin").submit(FILLED)
    assert "Only @platform may ask for a refund" in (sent.errors or {})["title"]
    assert (http.hand("erin").open_modal() or {})["callback_id"] == "ask"


async def test_only_projects_one_may_ask_in_are_offered_and_the_only_one_is_meant(world: World) -> None:
    for name in ("payments", "search"):
        await world.rooms.administration.projects.add(world.host, name)
    for line in ("revoke @dave approver", "grant @dave requester on payments"):
        await world.hand("alice").command(f"/countersign members {line}", "#general")
        await world.settle()
    assert "project" not in blocks(await opened(world, "dave", "/countersign ask custom"))
    await world.hand("dave").submit({"title": "Rotate the signing key"})
    await world.settle()
    asked = await numbered(world)
    assert asked.project != (await world.ask()).project

    await world.hand("alice").command("/countersign members grant @dave requester on search", "#general")
    await world.settle()
    offered = blocks(await opened(world, "dave", "/countersign ask custom"))["project"]["element"]["options"]
    assert {option["value"] for option in offered} == {"payments", "search"}


async def test_whoever_may_ask_nowhere_hears_so_before_typing(http: World) -> None:
    await http.hand("alice").command("/countersign members revoke @dave approver", "#general")
    await http.settle()
    await http.hand("dave").command("/countersign ask custom", "#general")
    assert "You may not ask for approvals in any project" in await told(http, "dave")
    assert http.hand("dave").open_modal() is None


async def test_a_lone_word_that_is_nearly_a_type_is_asked_about(http: World) -> None:
    await keep(http)
    await http.hand("erin").command("/countersign ask refnd", "#general")
    assert "There is no type 'refnd'; did you mean refund?" in await told(http, "erin")


async def test_usual_expiries_are_at_hand_up_to_what_the_project_allows(http: World) -> None:
    """B-72"""
    short = blocks(await opened(http, "erin", "/countersign ask Rotate the signing key of payments"))
    assert [option["value"] for option in short["window"]["element"]["options"]] == ["4h"]
    projects = http.rooms.administration.projects
    await projects.add(operator(http.organisation), "slow", {"reply_window": timedelta(days=7)})
    form = blocks(await opened(http, "erin", "/countersign ask Rotate the signing key of payments"))
    assert [option["text"]["text"] for option in form["window"]["element"]["options"]] == [
        "4 hours – urgent",
        "24 hours – normal",
        "3 days – can wait",
    ]
    await http.hand("erin").submit({"project": "slow", "window": "24h"})
    await http.settle()
    asked = await numbered(http)
    assert asked.expires_at is not None
    assert asked.expires_at - asked.created_at <= timedelta(hours=24)
    assert asked.expires_at - asked.created_at > timedelta(hours=23, minutes=59)


async def test_a_vague_title_gets_a_hint_and_is_asked_all_the_same(http: World) -> None:
    """B-70"""
    await opened(http, "erin", "/countersign ask deploy prod")
    await http.hand("erin").submit({"title": "Deploy to prod"})
    await http.settle()
    assert "The title says little" in str(http.hand("erin").open_modal())
    assert (await numbered(http)).is_open


async def test_naming_many_approvers_gets_a_hint(http: World) -> None:
    """B-73"""
    await opened(http, "erin", "/countersign ask Drop the old orders table")
    everybody = [http.hand(name).id for name in ("alice", "bob", "carol", "dave", "grace")]
    await http.hand("erin").submit({"approvers": everybody})
    await http.settle()
    assert "5 people must all approve: a few who know the matter answer sooner" in str(http.hand("erin").open_modal())


async def test_a_secret_is_on_no_card_in_no_thread_no_details_no_history_and_no_message(world: World) -> None:
    """What a type marks secret is hidden everywhere in Slack; the request and its digest hold the real value."""
    await keep(world)
    default = await world.rooms.administration.projects.get(operator(world.organisation), "default")
    await world.rooms.administration.projects.change(
        operator(world.organisation), default.id, {"notify": ("#deploys",)}
    )
    await opened(world, "erin", "/countersign ask refund Refund order A-8812")
    await world.hand("erin").submit({**FILLED, "description": f"Pay to {IBAN}, please."})
    await world.settle()
    asked = await numbered(world)
    assert asked.content.params["iban"] == IBAN
    await world.rooms.desk.do(world.actor("bob"), asked.id, Ask(f"Is {IBAN} right?"))
    await world.settle()
    bob = world.hand("bob")
    card = world.card("bob", asked)
    await bob.click(card, "request.more", f"details.{asked.id}.1.1")
    await world.settle()
    for line in (f"show #{asked.number}", f"history #{asked.number}", f"why #{asked.number}", "list open"):
        await bob.command(f"/countersign {line}", "#general")
        await world.settle()
    await bob.home()
    seen = json.dumps(
        [card, bob.modals(), bob.ephemerals(), bob.dms(), bob.published_home(), world.thread("bob", asked)],
        ensure_ascii=False,
    )
    seen += json.dumps([world.hand("erin").dms(), world.hand("carol").dms()])
    assert "••••••" in seen
    assert IBAN not in seen
    assert "Tilda" not in seen


async def test_bounds_of_a_type_hold_in_the_edit_form_and_its_choices_are_offered(world: World) -> None:
    """E-45 E-49"""
    await keep(world)
    await opened(world, "erin", "/countersign ask refund Refund order A-8812")
    await world.hand("erin").submit({**FILLED, "approvers": [world.hand("bob").id]})
    await world.settle()
    asked, bob = await numbered(world), world.hand("bob")
    await bob.click(bob.dms()[-1], "request.more", f"edit.{asked.id}.1.1")
    await world.settle()
    shown = bob.open_modal()
    assert shown is not None
    form = blocks(shown)
    assert {name for name in form if name.startswith("edit.params")} == {"edit.params.usd", "edit.params.reason"}
    assert form["edit.params.usd"]["element"]["max_value"] == "500"
    assert len(form["edit.params.reason"]["element"]["options"]) == 3
    over = await bob.submit({"edit.params.usd": "501"})
    assert over.errors == {
        "edit.params.usd": "'params.usd' must be at most 500; without wider bounds it may only go down."
    }
    done = await bob.submit({"edit.params.usd": "40", "edit.params.reason": '"late"'})
    assert done.errors is None
    await world.settle()
    after = await world.now(asked)
    assert after.status is Status.APPROVED_WITH_EDITS
    assert (after.content.params["usd"], after.content.params["reason"]) == (40, "late")
    assert after.content.params["iban"] == IBAN
