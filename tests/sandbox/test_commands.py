"""Slash commands, shortcuts and response URLs."""

from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.server import Sandbox
from bot.sandbox.shapes import SlackError
from tests.sandbox.conftest import Connect
from tests.sandbox.shapes import Json, card, section

pytestmark = pytest.mark.anyio
CHANNEL = "C0DEPLOYS1"


def answering(app: AsyncApp, *args: Any, **kwargs: Any) -> list[Json]:
    """Answers `/demo` with these arguments of `ack` and keeps what came."""
    seen: list[Json] = []

    @app.command("/demo")
    async def command(ack: Any, command: Json) -> None:
        seen.append(command)
        await ack(*args, **kwargs)

    return seen


# slash commands


async def test_a_command_brings_who_where_and_what(
    sandbox: Sandbox, app: AsyncApp, connect_either_way: Connect
) -> None:
    seen = answering(app)
    await connect_either_way(app)
    alice = sandbox.as_user("alice")
    assert (await alice.command("/demo  approve 7 ", channel="#deploys")).ok
    (command,) = seen
    assert (command["command"], command["text"]) == ("/demo", "approve 7")
    assert (command["user_id"], command["channel_id"], command["channel_name"]) == (alice.id, CHANNEL, "deploys")
    assert alice.messages("#deploys") == []


async def test_the_answer_to_a_command_is_seen_by_its_sender_only(
    sandbox: Sandbox, app: AsyncApp, connect_either_way: Connect
) -> None:
    answering(app, "Done")
    await connect_either_way(app)
    await sandbox.as_user("alice").command("/demo", channel="#deploys")
    assert [each["text"] for each in sandbox.as_user("alice").ephemerals("#deploys")] == ["Done"]
    assert sandbox.as_user("bob").messages("#deploys") == []


async def test_an_answer_may_be_for_the_whole_channel(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    answering(app, text="Done", response_type="in_channel")
    await connect(app)
    await sandbox.as_user("alice").command("/demo", channel="#deploys")
    assert [each["text"] for each in sandbox.as_user("bob").messages("#deploys")] == ["Done"]


async def test_an_unknown_command_is_explained_by_slack_itself(sandbox: Sandbox) -> None:
    alice = sandbox.as_user("alice")
    assert (await alice.command("/nonsense x")).error == "unknown_command"
    (note,) = alice.ephemerals()
    assert note["user"] == "USLACKBOT"
    assert "`/nonsense` is not a valid command" in note["text"]


async def test_a_command_nobody_answers_says_why(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    await connect(app)
    answering(app)
    sandbox.faults.add("ack", "drop_reply")
    alice = sandbox.as_user("alice")
    assert (await alice.command("/demo")).error == "operation_timeout"
    assert alice.ephemerals()[0]["text"] == '/demo failed with the error "operation_timeout"'


async def test_names_arrive_as_ids_where_the_manifest_escapes(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    seen = answering(app)
    await connect(app)
    await sandbox.as_user("alice").command("/demo ask @bob and @platform in #incident-42 or #general <b>")
    assert seen[0]["text"] == (
        "ask <@U0BOB00002|bob> and <!subteam^S0PLATFORM|@platform> in <#C0SECRET01|> or <#C0GENERAL1|general> &lt;b&gt;"
    )


async def test_external_people_have_no_commands(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    seen = answering(app)
    await connect(app)
    assert (await sandbox.as_user("ivan").command("/demo", channel="#acme-partner")).error == "unknown_command"
    assert seen == []


# shortcuts


async def test_a_global_shortcut_has_no_channel_and_no_response_url(
    sandbox: Sandbox, app: AsyncApp, connect_either_way: Connect
) -> None:
    seen: list[Json] = []

    @app.shortcut("demo_form")
    async def asked(ack: Any, body: Json) -> None:
        await ack()
        seen.append(body)

    await connect_either_way(app)
    assert (await sandbox.as_user("alice").shortcut("demo_form")).ok
    assert not {"channel", "response_url", "message"} & set(seen[0])
    assert seen[0]["trigger_id"]


async def test_a_message_shortcut_brings_the_message(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    seen: list[Json] = []

    @app.shortcut({"callback_id": "demo_about", "type": "message_action"})
    async def asked(ack: Any, body: Json) -> None:
        await ack()
        seen.append(body)

    await connect(app)
    alice = sandbox.as_user("alice")
    message = alice.say("#deploys", "what about this?")
    assert (await alice.shortcut("demo_about", message)).ok
    assert (seen[0]["message"]["text"], seen[0]["message_ts"]) == ("what about this?", message["ts"])


async def test_a_shortcut_the_manifest_lacks_does_not_exist(sandbox: Sandbox) -> None:
    with pytest.raises(SlackError, match="unknown_shortcut"):
        await sandbox.as_user("alice").shortcut("nothing")


# response URLs


@pytest.fixture
async def clicked(sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect) -> Json:
    """The payload of a click by alice on a card in #deploys."""
    seen: list[Json] = []

    @app.action("approve")
    async def approve(ack: Any, body: Json) -> None:
        await ack()
        seen.append(body)

    await connect(app)
    await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    alice = sandbox.as_user("alice")
    await alice.click(alice.find_message(CHANNEL), "approve")
    return seen[0]


async def post(session: aiohttp.ClientSession, url: str, **body: Any) -> tuple[int, str]:
    async with session.post(url, json=body) as response:
        return response.status, await response.text()


async def test_a_response_is_ephemeral_unless_told_otherwise(sandbox: Sandbox, clicked: Json) -> None:
    webhook = AsyncWebhookClient(clicked["response_url"], retry_handlers=[])
    assert (await webhook.send(text="only you")).status_code == 200
    assert [each["text"] for each in sandbox.as_user("alice").ephemerals()] == ["only you"]


async def test_a_response_url_is_good_for_five_uses(session: aiohttp.ClientSession, clicked: Json) -> None:
    answers = [await post(session, clicked["response_url"], text="x") for _ in range(6)]
    assert answers == [(200, "ok")] * 5 + [(404, "used_url")]


async def test_a_response_url_is_good_for_half_an_hour(
    sandbox: Sandbox, session: aiohttp.ClientSession, clicked: Json
) -> None:
    sandbox.clock.advance(29 * 60)
    assert await post(session, clicked["response_url"], text="x") == (200, "ok")
    sandbox.clock.advance(2 * 60)
    assert await post(session, clicked["response_url"], text="x") == (404, "expired_url")


async def test_the_clicked_message_can_be_replaced_although_the_bot_left(
    sandbox: Sandbox, session: aiohttp.ClientSession, clicked: Json
) -> None:
    sandbox.membership.leave(sandbox.workspace.channels[CHANNEL], sandbox.bot_user_id)
    await post(session, clicked["response_url"], replace_original=True, text="Done", blocks=[section("Done")])
    assert [each["text"] for each in sandbox.as_user("bob").messages(CHANNEL)] == ["Done"]


async def test_the_clicked_message_can_be_deleted(
    sandbox: Sandbox, session: aiohttp.ClientSession, clicked: Json
) -> None:
    await post(session, clicked["response_url"], delete_original=True)
    assert sandbox.as_user("bob").messages(CHANNEL) == []


async def test_a_response_can_go_into_the_thread(
    sandbox: Sandbox, session: aiohttp.ClientSession, clicked: Json
) -> None:
    ts = clicked["message"]["ts"]
    await post(
        session, clicked["response_url"], text="line", response_type="in_channel", thread_ts=ts, replace_original=False
    )
    assert [each["text"] for each in sandbox.as_user("bob").messages(CHANNEL, ts)] == ["Deploy?", "line"]


async def test_bad_blocks_are_refused_and_cost_no_use(session: aiohttp.ClientSession, clicked: Json) -> None:
    bad = [{"type": "section"}]
    answers = [await post(session, clicked["response_url"], text="x", blocks=bad) for _ in range(6)]
    assert answers == [(400, "invalid_blocks")] * 6
    assert await post(session, clicked["response_url"], text="x") == (200, "ok")


async def test_an_ephemeral_message_is_changed_only_through_a_click_inside_it(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    seen: list[Json] = []

    @app.action("approve")
    async def approve(ack: Any, body: Json, respond: Any) -> None:
        await ack()
        seen.append(body)
        await respond(text="Sure", replace_original=True)

    @app.action("reject")
    async def reject(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="loud", response_type="in_channel")

    await connect(app)
    await client.chat_postEphemeral(channel=CHANNEL, user="U0ALICE001", text="Really?", blocks=card())
    alice = sandbox.as_user("alice")
    asked = alice.ephemerals()[0]
    await alice.click(asked, "reject")
    await alice.sees(lambda: len(alice.ephemerals()) == 2)
    assert sandbox.as_user("bob").messages(CHANNEL) == []
    await alice.click(asked, "approve")
    await alice.sees(lambda: alice.ephemerals()[0]["text"] == "Sure")
    assert "blocks" not in alice.ephemerals()[0]
    assert seen[0]["container"]["is_ephemeral"]
    assert "message" not in seen[0]


async def test_somebody_else_cannot_click_an_ephemeral_message(sandbox: Sandbox, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel=CHANNEL, user="U0ALICE001", text="Really?", blocks=card())
    whispered = sandbox.as_user("alice").ephemerals()[0]
    with pytest.raises(SlackError, match="message_not_found"):
        await sandbox.as_user("bob").click(whispered, "approve")
