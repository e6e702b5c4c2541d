"""Clicks on messages, over signed HTTP and over Socket Mode alike: payloads, acks, stale cards, lost acks."""

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from bot.sandbox.shapes import SlackError
from tests.sandbox.conftest import Connect
from tests.sandbox.shapes import Json, actions, button, card, plain, section

pytestmark = pytest.mark.anyio
CHANNEL = "C0DEPLOYS1"


def remember(app: AsyncApp, *action_ids: str) -> list[Json]:
    """Listens to these actions and keeps what came."""
    seen: list[Json] = []

    async def keep(ack: Any, body: Json) -> None:
        await ack()
        seen.append(body)

    for action_id in action_ids:
        app.action(action_id)(keep)
    return seen


async def test_a_click_reaches_the_app_with_all_it_needs(
    sandbox: Sandbox, client: AsyncWebClient, app: AsyncApp, connect_either_way: Connect
) -> None:
    seen = remember(app, "approve")
    await connect_either_way(app)
    posted = await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    bob = sandbox.as_user("bob")
    ack = await bob.click(bob.find_message(CHANNEL, action="approve"), "approve")
    assert ack.ok
    (body,) = seen
    assert body["user"] == {"id": bob.id, "username": "bob", "name": "bob", "team_id": sandbox.team_id}
    assert body["container"] == {
        "type": "message", "message_ts": posted["ts"], "channel_id": CHANNEL, "is_ephemeral": False,
    }  # fmt: skip
    (action,) = body["actions"]
    assert (action["block_id"], action["value"], action["type"]) == ("decide", "req_1", "button")
    assert body["message"]["blocks"] == posted["message"]["blocks"]
    assert body["response_url"].startswith(sandbox.url)
    assert (body["team"]["id"], body["api_app_id"]) == (sandbox.team_id, sandbox.app_id)


async def test_the_app_redraws_the_card_and_everybody_sees_it(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect_either_way: Connect
) -> None:
    @app.action("approve")
    async def approve(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        ts = body["message"]["ts"]
        await client.chat_update(channel=CHANNEL, ts=ts, text="Approved", blocks=[section("Approved")])

    await connect_either_way(app)
    await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    alice, bob = sandbox.as_user("alice"), sandbox.as_user("bob")
    await bob.click(bob.find_message(CHANNEL, action="approve"), "approve")
    await alice.sees(lambda: alice.find_message(CHANNEL, "Approved"))


async def test_no_answer_within_the_limit_is_an_error_for_whoever_clicked(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect_either_way: Connect
) -> None:
    sandbox.slack.delivery.ack_limit = 0.1
    free = asyncio.Event()

    @app.action("approve")
    async def slow(ack: Any) -> None:
        await free.wait()
        await ack()

    await connect_either_way(app)
    await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    alice = sandbox.as_user("alice")
    ack = await alice.click(alice.find_message(CHANNEL), "approve")
    free.set()
    assert (ack.ok, ack.error) == (False, "operation_timeout")


async def test_nobody_listening_is_an_error_for_whoever_clicked(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    await connect(app)
    await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    alice = sandbox.as_user("alice")
    assert (await alice.click(alice.find_message(CHANNEL), "approve")).error == "http_404"
    sandbox.disconnect()
    assert (await alice.click(alice.find_message(CHANNEL), "approve")).error == "no_app"


async def test_a_click_is_never_repeated_although_its_ack_is_lost(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect_either_way: Connect
) -> None:
    seen = remember(app, "approve")
    await connect_either_way(app)
    await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    alice = sandbox.as_user("alice")
    card_seen = alice.find_message(CHANNEL, action="approve")
    sandbox.faults.add("ack", "drop_reply")
    assert (await alice.click(card_seen, "approve")).error == "operation_timeout"
    await sandbox.settled()
    assert len(seen) == 1
    assert (await alice.click(card_seen, "approve")).ok


async def test_a_click_on_a_stale_card_delivers_what_the_person_saw(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    seen = remember(app, "approve")
    await connect(app)
    posted = await client.chat_postMessage(channel=CHANNEL, text="Deploy 1?", blocks=card("Deploy 1?"))
    alice = sandbox.as_user("alice")
    old = alice.find_message(CHANNEL, "Deploy 1?")
    await client.chat_update(channel=CHANNEL, ts=posted["ts"], text="Done", blocks=[section("Done")])
    assert (await alice.click(old, "approve")).ok
    assert seen[0]["message"]["text"] == "Deploy 1?"


async def test_a_click_on_a_deleted_card_goes_nowhere(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    seen = remember(app, "approve")
    await connect(app)
    posted = await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    alice = sandbox.as_user("alice")
    old = alice.find_message(CHANNEL)
    await client.chat_delete(channel=CHANNEL, ts=posted["ts"])
    with pytest.raises(SlackError, match="message_not_found"):
        await alice.click(old, "approve")
    assert seen == []


async def test_what_was_never_there_cannot_be_clicked(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    made_up = {"block_id": "decide", "action_id": "approve", "value": "req_forged"}
    channel = sandbox.workspace.channels[CHANNEL]
    with pytest.raises(SlackError, match="no_such_action"):
        await sandbox.slack.people.click_message("U0ALICE001", channel, posted["ts"], made_up, {})


async def test_an_external_person_can_click_and_brings_their_own_team(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    seen = remember(app, "approve")
    await connect(app)
    await client.chat_postMessage(channel="C0SHARED01", text="Deploy?", blocks=card())
    ivan = sandbox.as_user("ivan")
    await ivan.click(ivan.find_message("#acme-partner"), "approve")
    assert (seen[0]["user"]["team_id"], seen[0]["team"]["id"]) == ("T0PARTNER1", sandbox.team_id)


async def test_a_deactivated_person_cannot_click(sandbox: Sandbox, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    bob = sandbox.as_user("bob")
    seen = bob.find_message(CHANNEL)
    sandbox.membership.change_user(bob.id, deleted=True)
    with pytest.raises(SlackError, match="user_disabled"):
        await bob.click(seen, "approve")


async def test_buttons_with_one_action_id_are_told_apart_by_their_value(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    seen = remember(app, "approve")
    await connect(app)
    blocks = [actions(button(value=f"req_{n}"), block_id=f"b{n}") for n in (1, 2)]
    await client.chat_postMessage(channel=CHANNEL, text="Two", blocks=blocks)
    alice = sandbox.as_user("alice")
    await alice.click(alice.find_message(CHANNEL), "approve", value="req_2")
    assert seen[0]["actions"][0]["value"] == "req_2"


async def test_a_menu_tells_what_was_chosen_and_stands_in_the_state(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    seen = remember(app, "level")
    await connect(app)
    options = [{"text": plain(word), "value": word} for word in ("low", "high")]
    menu = {"type": "static_select", "action_id": "level", "options": options}
    await client.chat_postMessage(channel=CHANNEL, text="How?", blocks=[actions(menu)])
    alice = sandbox.as_user("alice")
    await alice.click(alice.find_message(CHANNEL), "level", "high")
    assert seen[0]["actions"][0]["selected_option"] == options[1]
    chosen = seen[0]["state"]["values"]["decide"]["level"]
    assert chosen == {"type": "static_select", "selected_option": options[1]}


async def test_a_click_in_a_thread_says_which(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    seen = remember(app, "approve")
    await connect(app)
    root = await client.chat_postMessage(channel=CHANNEL, text="Root")
    await client.chat_postMessage(channel=CHANNEL, text="Question", blocks=card(), thread_ts=root["ts"])
    alice = sandbox.as_user("alice")
    await alice.click(alice.messages(CHANNEL, root["ts"])[1], "approve")
    assert seen[0]["container"]["thread_ts"] == root["ts"]


async def test_the_external_menu_asks_the_app_for_its_options(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect_either_way: Connect
) -> None:
    @app.options("who")
    async def offer(ack: Any, payload: Json) -> None:
        await ack(options=[{"text": plain(payload["value"]), "value": "v"}])

    await connect_either_way(app)
    await client.chat_postMessage(
        channel=CHANNEL, text="Who?", blocks=[actions({"type": "external_select", "action_id": "who"})]
    )
    alice = sandbox.as_user("alice")
    offered = await alice.options(alice.find_message(CHANNEL), "who", "abc")
    assert offered["options"][0]["text"]["text"] == "abc"


async def test_an_overheard_click_can_be_replayed_byte_for_byte(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    """Bolt alone runs it twice."""
    seen = remember(app, "approve")
    await connect(app)
    await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    await sandbox.settled()
    alice = sandbox.as_user("alice")
    await alice.click(alice.find_message(CHANNEL), "approve")
    assert (await sandbox.replay_request()).ok
    assert seen[0] == seen[1]


async def test_a_request_signed_with_another_secret_is_refused_by_bolt(
    sandbox: Sandbox, client: AsyncWebClient, connect: Connect
) -> None:
    stranger = AsyncApp(client=client, signing_secret="another")
    remember(stranger, "approve")
    await connect(stranger)
    await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    alice = sandbox.as_user("alice")
    assert (await alice.click(alice.find_message(CHANNEL), "approve")).error == "http_401"
