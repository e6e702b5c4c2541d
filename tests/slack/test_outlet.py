"""Cards in Slack: posted once, updated, found again, given up; and what is told of a request."""

from typing import Any

import pytest

from bot.outlets.slack import METADATA
from core.desk import Draft
from core.model.command import Approve
from core.model.request import Content, Request
from core.ports import Delivery
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio


async def deliveries(world: World, request: Request) -> list[Delivery]:
    return list(await world.rooms.store.read(lambda reader: reader.deliveries(request.id)))


def cards(world: World, request: Request, channel: str = "#deploys") -> list[dict[str, Any]]:
    seen = world.hand("alice").messages(channel)
    return [each for each in seen if f"#{request.number} " in each["text"]]


async def approve(world: World, request: Request, name: str = "bob") -> None:
    now = await world.now(request)
    await world.rooms.desk.do(world.actor(name), request.id, Approve(revision=now.revision, stage=now.stage))
    await world.settle()


async def test_a_card_is_posted_with_its_gist_and_its_delivery_and_unfurls_nothing(http: World) -> None:
    """A-60"""
    request = await http.ask(("@platform",))
    sent = http.calls("chat.postMessage")[-1]["request"]
    delivery = (await deliveries(http, request))[0]
    assert sent["metadata"]["event_type"] == METADATA
    assert sent["metadata"]["event_payload"] == {"delivery": delivery.id, "request": request.id}
    assert str(sent["unfurl_links"]).lower() == "false"
    assert "link_names" not in sent
    assert sent["text"].startswith("⏳ Approval needed: #1 Deploy api 2.3.")
    assert delivery.address == {"channel": cards(http, request)[0]["channel"], "ts": cards(http, request)[0]["ts"]}


async def test_every_copy_is_redrawn_from_any_cause(http: World) -> None:
    """A-65"""
    request = await http.ask(("bob@acme.example",))
    bob = http.hand("bob")
    assert "Approval needed" in bob.dms()[-1]["text"]
    await approve(http, request)
    assert "Approved by Bob" in cards(http, request)[-1]["text"]
    own = [message for message in bob.dms() if f"#{request.number} " in message["text"]]
    assert "Approved by Bob" in own[0]["text"]
    assert len(cards(http, request)) == 1


async def test_a_deleted_card_is_posted_again_once(http: World) -> None:
    request = await http.ask(("2 @platform",))
    http.hand("alice").delete(cards(http, request)[0])
    await approve(http, request)
    posted = [card for card in cards(http, request) if card.get("subtype") != "tombstone"]
    assert len(posted) == 1
    http.hand("alice").delete(posted[0])
    await approve(http, request, "grace")
    assert [card for card in cards(http, request) if card.get("subtype") != "tombstone"] == []


@pytest.mark.parametrize("how", ["archived", "left"])
async def test_a_place_that_is_gone_falls_back_to_the_people(http: World, how: str) -> None:
    channel = http.sandbox.workspace.find_channel("#deploys")
    assert channel is not None
    if how == "archived":
        http.sandbox.membership.archive(channel, http.hand("alice").id)
    else:
        http.sandbox.membership.leave(channel, http.sandbox.bot_user_id)
    await http.settle()
    await http.ask(("@platform",))
    assert "Deploy api 2.3" in http.hand("bob").dms()[-1]["text"]
    assert "Deploy api 2.3" in http.hand("grace").dms()[-1]["text"]


async def test_an_unknown_channel_falls_back_to_the_people(http: World) -> None:
    draft = Draft(Content("deploy", "Deploy"), notify=("#nowhere",))
    request = (await http.rooms.desk.create(http.bot, draft)).request
    await http.settle()
    assert (await deliveries(http, request))[0].state == "lost"
    assert any("Deploy" in message["text"] for message in http.hand("bob").dms())


async def test_429_is_waited_out_and_nothing_is_posted_twice(http: World) -> None:
    http.sandbox.faults.add("chat.postMessage", "429", retry_after=1)
    request = await http.ask(("@platform",))
    delivery = (await deliveries(http, request))[0]
    assert (delivery.state, delivery.next_try_at is not None) == ("unknown", True) or delivery.state == "new"
    assert cards(http, request) == []
    await http.turn(seconds=30)
    for _ in range(40):
        if cards(http, request):
            break
        await http.turn(seconds=2)
    assert len(cards(http, request)) == 1


@pytest.mark.parametrize("fault", ["drop_reply", "500_after", "error_after"])
async def test_a_post_whose_answer_was_lost_is_found_not_repeated(http: World, fault: str) -> None:
    grant(http, "channels:history")
    http.sandbox.faults.add("chat.postMessage", fault)
    request = await http.ask(("@platform",))
    assert len(cards(http, request)) == 1
    assert (await deliveries(http, request))[0].state == "unknown"
    for _ in range(6):
        await http.turn(seconds=10)
    assert len(cards(http, request)) == 1
    assert (await deliveries(http, request))[0].state == "shown"


async def test_without_the_history_scope_a_second_copy_is_adopted_by_a_click(http: World) -> None:
    http.sandbox.faults.add("chat.postMessage", "drop_reply")
    request = await http.ask(("2 @platform",))
    for _ in range(20):
        await http.turn(seconds=10)
    first, second = cards(http, request)
    assert (await deliveries(http, request))[0].address["ts"] == second["ts"]
    await http.hand("bob").click(first, "request.approve")
    await http.settle()
    await http.settle()
    left = [card for card in cards(http, request) if card.get("subtype") != "tombstone"]
    assert [card["ts"] for card in left] == [first["ts"]]
    assert (await deliveries(http, request))[0].address["ts"] == first["ts"]


@pytest.mark.parametrize("fault", ["drop_reply", "500"])
async def test_a_lost_update_heals(http: World, fault: str) -> None:
    """A-65"""
    request = await http.ask(("@platform",))
    http.sandbox.faults.add("chat.update", fault)
    await approve(http, request)
    for _ in range(5):
        await http.turn(seconds=10)
    assert "Approved by Bob" in cards(http, request)[-1]["text"]
    assert len(cards(http, request)) == 1


async def test_refused_blocks_leave_a_plain_card_that_can_be_decided(http: World) -> None:
    http.sandbox.faults.add("chat.postMessage", "error", error="invalid_blocks")
    request = await http.ask(("@platform",))
    card = cards(http, request)[-1]
    assert [block["type"] for block in card["blocks"]] == ["section", "actions"]
    await http.hand("bob").click(card, "request.approve")
    await http.settle()
    assert (await http.now(request)).is_yes


async def test_when_every_block_is_refused_the_gist_still_stands(http: World) -> None:
    http.sandbox.faults.add("chat.postMessage", "error", error="invalid_blocks", count=2)
    request = await http.ask(("@platform",))
    card = cards(http, request)[-1]
    assert not card.get("blocks")
    assert "Waits for @platform" in card["text"]


async def test_a_revoked_token_loses_nothing(http: World) -> None:
    http.sandbox.faults.add("chat.postMessage", "error", error="invalid_auth")
    request = await http.ask(("@platform",))
    assert (await deliveries(http, request))[0].state != "lost"
    for _ in range(5):
        await http.turn(seconds=30)
    assert len(cards(http, request)) == 1


async def test_thread_lines_tell_each_thing_once_and_in_order(http: World) -> None:
    """A-38"""
    request = await http.ask(("@platform",), ("@security",))
    await approve(http, request)
    await approve(http, request, "carol")
    lines = http.thread("alice", request)
    assert lines == [
        "Bob approved as @platform.",
        "Stage 2 (Security) is open and waits for @security.",
        "Approved by Bob and Carol.",
    ]


async def test_nothing_is_said_in_the_thread_of_a_shared_channel(http: World) -> None:
    """A-62"""
    draft = Draft(Content("deploy", "Secret plan"), approvers=("bob@acme.example",), notify=("#acme-partner",))
    request = (await http.rooms.desk.create(http.bot, draft)).request
    await http.settle()
    await approve(http, request)
    ivan = http.hand("ivan")
    card = ivan.find_message("#acme-partner", containing=f"#{request.number}")
    assert "Approved" in card["text"]
    assert "Secret plan" not in str(card)
    assert "Bob" not in str(card)
    assert ivan.messages("#acme-partner", card["ts"])[1:] == []


async def test_a_channel_that_became_shared_shows_no_details_any_more(http: World) -> None:
    """A-62"""
    request = await http.ask(("2 @platform",))
    channel = http.sandbox.workspace.find_channel("#deploys")
    assert channel is not None
    http.sandbox.membership.share(channel, shared=True)
    await http.settle()
    assert "Deploy api" not in str(http.hand("alice").messages("#deploys"))
    await approve(http, request)
    assert "Deploy api" not in str(cards(http, request) or http.hand("alice").messages("#deploys"))


async def test_a_project_may_show_details_in_shared_channels_and_still_nobody_from_outside_decides(http: World) -> None:
    """A-62"""
    await http.hand("alice").command("/countersign projects set default details_in_shared_channels shown")
    await http.settle()
    draft = Draft(Content("deploy", "Joint plan"), approvers=("bob@acme.example",), notify=("#acme-partner",))
    request = (await http.rooms.desk.create(http.bot, draft)).request
    await http.settle()
    ivan = http.hand("ivan")
    card = ivan.find_message("#acme-partner", containing=f"#{request.number}")
    assert "Joint plan" in str(card)
    await ivan.click(card, "request.approve")
    await http.settle()
    assert "You belong to another organisation" in ivan.ephemerals()[-1]["text"]
    assert (await http.now(request)).is_open
    assert await http.refusals(request) == ["not_mapped"]


async def test_user_text_pings_nobody(http: World) -> None:
    """A-60"""
    nasty = "<!channel> <@U0ALICE001> @here <https://evil.example|Approve> *bold*"
    request = await http.ask(("@platform",), title=nasty, description=nasty, action=nasty)
    sent = http.calls("chat.postMessage")[-1]["request"]
    assert "<!channel>" not in sent["text"]
    assert "<@U0ALICE001>" not in sent["text"]
    for text in texts_of(sent["blocks"]):
        if text.get("type") == "mrkdwn":
            assert "evil" not in text["text"]
            assert text["verbatim"] is True
    assert (await http.now(request)).content.title == nasty


def texts_of(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [text for each in value for text in texts_of(each)]
    if isinstance(value, dict):
        own = [value] if value.get("type") in {"mrkdwn", "plain_text"} else []
        return own + [text for each in value.values() for text in texts_of(each)]
    return []


def grant(world: World, scope: str) -> None:
    """One of the optional scopes."""
    app = world.sandbox.slack.app
    object.__setattr__(app, "scopes", app.scopes | {scope})
