"""chat.* as the real client uses it."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.sandbox.shapes import Json, card, section

pytestmark = pytest.mark.anyio
ALICE = "U0ALICE001"


async def refused(call: object) -> Json:
    with pytest.raises(SlackApiError) as caught:
        await call  # type: ignore[misc]
    data: Json = caught.value.response.data
    return data


async def test_a_post_is_seen_by_the_people_of_the_channel(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="#deploys", text="Deploy?", blocks=card())
    seen = sandbox.as_user("alice").find_message("#deploys", "Deploy?")
    assert (seen["ts"], seen["user"]) == (posted["ts"], sandbox.bot_user_id)
    assert posted["message"]["blocks"] == seen["blocks"]


async def test_missing_block_ids_are_made_up_and_given_ones_kept(client: AsyncWebClient) -> None:
    nameless = {key: value for key, value in section().items() if key != "block_id"}
    posted = await client.chat_postMessage(channel="C0DEPLOYS1", text="x", blocks=[nameless, section(block_id="mine")])
    first, second = posted["message"]["blocks"]
    assert first["block_id"]
    assert second["block_id"] == "mine"


async def test_a_post_to_a_person_lands_in_the_direct_conversation(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=ALICE, text="hello")
    assert posted["channel"].startswith("D")
    assert [message["text"] for message in sandbox.as_user("alice").dms()] == ["hello"]
    assert sandbox.as_user("bob").dms() == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE1", "text": "x"}, "channel_not_found"),
        ({"channel": "C0SECRET01", "text": "x"}, "channel_not_found"),
        ({"channel": "C0RANDOM01", "text": "x"}, "not_in_channel"),
        ({"channel": "C0DEPLOYS1"}, "no_text"),
        ({"channel": "C0DEPLOYS1", "text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
        ({"channel": "C0DEPLOYS1", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"channel": "C0DEPLOYS1", "text": "x", "metadata": {"event_type": "e"}}, "invalid_metadata_format"),
        ({"channel": "U0JUDY0010", "text": "x"}, "channel_not_found"),
    ],
)
async def test_a_post_is_refused_as_slack_refuses_it(client: AsyncWebClient, arguments: Json, error: str) -> None:
    assert (await refused(client.api_call("chat.postMessage", json=arguments)))["error"] == error


async def test_a_hundred_attachments_are_the_most(client: AsyncWebClient) -> None:
    attachments = [{"fallback": str(n), "text": str(n)} for n in range(101)]
    assert (await client.chat_postMessage(channel="C0DEPLOYS1", text="x", attachments=attachments[:100]))["ok"]
    too_many = await refused(client.chat_postMessage(channel="C0DEPLOYS1", text="x", attachments=attachments))
    assert too_many["error"] == "too_many_attachments"


async def test_nothing_can_be_posted_to_an_archived_channel(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0DEPLOYS1", text="Deploy?")
    sandbox.membership.archive(sandbox.workspace.channels["C0DEPLOYS1"], ALICE)
    assert (await refused(client.chat_postMessage(channel="C0DEPLOYS1", text="x")))["error"] == "is_archived"
    assert (await refused(client.chat_update(channel="C0DEPLOYS1", ts=posted["ts"], text="y")))[
        "error"
    ] == "is_inactive"


async def test_a_removed_bot_can_neither_post_nor_update(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0DEPLOYS1", text="Deploy?")
    sandbox.membership.leave(sandbox.workspace.channels["C0DEPLOYS1"], sandbox.bot_user_id)
    assert (await refused(client.chat_postMessage(channel="C0DEPLOYS1", text="x")))["error"] == "not_in_channel"
    assert (await refused(client.chat_update(channel="C0DEPLOYS1", ts=posted["ts"], text="y")))[
        "error"
    ] == "not_in_channel"


async def test_text_without_blocks_wipes_the_card(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0DEPLOYS1", text="Deploy?", blocks=card())
    updated = await client.chat_update(channel="C0DEPLOYS1", ts=posted["ts"], text="Done")
    assert "blocks" not in updated["message"]
    assert updated["message"]["edited"]["user"] == sandbox.bot_user_id


async def test_blocks_alone_leave_the_text(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0DEPLOYS1", text="Deploy?", blocks=card())
    updated = await client.api_call(
        "chat.update", json={"channel": "C0DEPLOYS1", "ts": posted["ts"], "blocks": [section("Done")]}
    )
    assert updated["text"] == "Deploy?"
    assert len(updated["message"]["blocks"]) == 1
    assert "edited" not in updated["message"]


async def test_an_update_over_four_thousand_characters_is_too_long(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0DEPLOYS1", text="x" * 5000)
    too_long = await refused(client.chat_update(channel="C0DEPLOYS1", ts=posted["ts"], text="x" * 4001))
    assert too_long["error"] == "msg_too_long"


async def test_only_own_messages_can_be_updated_or_deleted(sandbox: Sandbox, client: AsyncWebClient) -> None:
    ts = sandbox.as_user("alice").say("#deploys", "mine")["ts"]
    assert (await refused(client.chat_update(channel="C0DEPLOYS1", ts=ts, text="x")))["error"] == "cant_update_message"
    assert (await refused(client.chat_delete(channel="C0DEPLOYS1", ts=ts)))["error"] == "cant_delete_message"


async def test_a_direct_message_is_updated_by_the_conversations_id_not_the_persons(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=ALICE, text="hello")
    assert (await refused(client.chat_update(channel=ALICE, ts=posted["ts"], text="x")))["error"] == "channel_not_found"
    assert (await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="x"))["ok"]


async def test_a_deleted_card_cannot_be_updated(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0DEPLOYS1", text="Deploy?")
    alice = sandbox.as_user("alice")
    alice.delete(alice.find_message("#deploys", "Deploy?"))
    assert alice.messages("#deploys") == []
    gone = await refused(client.chat_update(channel="C0DEPLOYS1", ts=posted["ts"], text="x"))
    assert gone["error"] == "message_not_found"


async def test_a_deleted_root_leaves_a_tombstone_over_its_thread(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0DEPLOYS1", text="Deploy?")
    await client.chat_postMessage(channel="C0DEPLOYS1", text="line", thread_ts=posted["ts"])
    await client.chat_delete(channel="C0DEPLOYS1", ts=posted["ts"])
    root, line = sandbox.as_user("alice").messages("#deploys", posted["ts"])
    assert (root["subtype"], line["text"]) == ("tombstone", "line")
    gone = await refused(client.chat_update(channel="C0DEPLOYS1", ts=posted["ts"], text="x"))
    assert gone["error"] == "message_not_found"


async def test_replies_are_counted_on_the_root_and_stay_out_of_the_channel(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="C0DEPLOYS1", text="Deploy?")
    for text in ("one", "two"):
        await client.chat_postMessage(channel="C0DEPLOYS1", text=text, thread_ts=posted["ts"])
    (root,) = sandbox.as_user("alice").messages("#deploys")
    assert (root["reply_count"], root["reply_users"]) == (2, [sandbox.bot_user_id])


async def test_an_ephemeral_message_is_for_one_person_and_for_no_history(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    sent = await client.chat_postEphemeral(channel="C0DEPLOYS1", user=ALICE, text="psst")
    assert [each["text"] for each in sandbox.as_user("alice").ephemerals()] == ["psst"]
    assert sandbox.as_user("bob").messages("#deploys") == []
    assert (await client.conversations_history(channel="C0DEPLOYS1"))["messages"] == []
    gone = await refused(client.chat_update(channel="C0DEPLOYS1", ts=sent["message_ts"], text="x"))
    assert gone["error"] == "message_not_found"


@pytest.mark.parametrize("user", ["U0HEIDI008", "U0JUDY0010", "U0NOBODY01"])
async def test_an_ephemeral_message_needs_an_active_member_of_the_channel(client: AsyncWebClient, user: str) -> None:
    answer = await refused(client.chat_postEphemeral(channel="C0DEPLOYS1", user=user, text="psst"))
    assert answer["error"] == "user_not_in_channel"


async def test_metadata_is_only_told_when_asked_for(client: AsyncWebClient) -> None:
    metadata = {"event_type": "delivery", "event_payload": {"id": "d1"}}
    await client.chat_postMessage(channel="C0DEPLOYS1", text="x", metadata=metadata)
    without = await client.conversations_history(channel="C0DEPLOYS1")
    with_it = await client.conversations_history(channel="C0DEPLOYS1", include_all_metadata=True)
    assert "metadata" not in without["messages"][0]
    assert with_it["messages"][0]["metadata"] == metadata


async def test_mentions_and_groups_mark_a_channel_for_those_meant(sandbox: Sandbox, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0DEPLOYS1", text=f"<@{ALICE}> and <!subteam^S0SECURITY>")
    assert sandbox.as_user("alice").unread("#deploys") == (1, 1)
    assert sandbox.as_user("carol").unread("#deploys") == (1, 1)
    assert sandbox.as_user("bob").unread("#deploys") == (1, 0)


async def test_an_update_marks_nothing_unread(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0DEPLOYS1", text="x")
    await client.chat_update(channel="C0DEPLOYS1", ts=posted["ts"], text=f"<@{ALICE}>")
    assert sandbox.as_user("alice").unread("#deploys") == (1, 0)


async def test_a_scheduled_message_comes_when_the_clock_is_turned(sandbox: Sandbox, client: AsyncWebClient) -> None:
    in_an_hour = int(sandbox.clock.now()) + 3600
    await client.chat_scheduleMessage(channel="C0DEPLOYS1", post_at=in_an_hour, text="later")
    assert len((await client.chat_scheduledMessages_list())["scheduled_messages"]) == 1
    sandbox.clock.advance(3601)
    alice = sandbox.as_user("alice")
    await alice.sees(lambda: alice.find_message("#deploys", "later"))
    assert (await client.chat_scheduledMessages_list())["scheduled_messages"] == []


async def test_message_times_grow_although_the_clock_is_turned_back(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.clock.advance(3600)
    first = await client.chat_postMessage(channel="C0DEPLOYS1", text="one")
    sandbox.clock.reset()
    second = await client.chat_postMessage(channel="C0DEPLOYS1", text="two")
    assert second["ts"] > first["ts"]
