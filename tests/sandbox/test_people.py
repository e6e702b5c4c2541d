"""users.*, usergroups.* and conversations.*: who is who, who may be seen, pages."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.sandbox.shapes import Json

pytestmark = pytest.mark.anyio


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def user(client: AsyncWebClient, user_id: str) -> Json:
    found: Json = (await client.users_info(user=user_id))["user"]
    return found


async def test_a_member_is_shown_with_every_flag_identity_needs(client: AsyncWebClient) -> None:
    alice = await user(client, "U0ALICE001")
    assert alice["profile"]["email"] == "alice@acme.example"
    assert alice["is_primary_owner"]
    assert alice["is_email_confirmed"]
    assert not any(alice[flag] for flag in ("deleted", "is_bot", "is_restricted", "is_ultra_restricted"))
    assert (alice["tz"], alice["tz_offset"] in (3600, 7200)) == ("Europe/Berlin", True)
    assert "is_stranger" not in alice


async def test_a_guest_says_who_invited_them(client: AsyncWebClient) -> None:
    assert (await user(client, "U0HEIDI008"))["profile"]["guest_invited_by"] == "U0ALICE001"


@pytest.mark.parametrize(
    ("user_id", "flag", "value"),
    [
        ("U0HEIDI008", "is_restricted", True),
        ("U0JUDY0010", "deleted", True),
        ("U0KARL0011", "is_email_confirmed", False),
        ("U0IVAN0009", "team_id", "T0PARTNER1"),
        ("U0IVAN0009", "is_stranger", False),
        ("U0LENA0012", "is_stranger", True),
    ],
)
async def test_the_unusual_people_are_told_by_their_flags(
    client: AsyncWebClient, user_id: str, flag: str, value: Any
) -> None:
    assert (await user(client, user_id))[flag] == value


async def test_lookup_by_email_finds_active_members_only(client: AsyncWebClient) -> None:
    assert (await client.users_lookupByEmail(email="ALICE@acme.example"))["user"]["name"] == "alice"
    for email in ("judy@acme.example", "nobody@acme.example", "ivan@partner.example"):
        assert await refused(client.users_lookupByEmail(email=email)) == "users_not_found"


async def test_the_list_of_users_comes_in_pages_and_without_other_workspaces(client: AsyncWebClient) -> None:
    names: list[str] = []
    async for page in await client.users_list(limit=4):
        assert len(page["members"]) <= 4
        names += [member["name"] for member in page["members"]]
    assert len(names) == len(set(names))
    assert {"alice", "judy", "heidi", "slackbot"} <= set(names)
    assert not {"ivan", "lena"} & set(names)


async def test_a_page_stays_right_while_people_arrive(sandbox: Sandbox, client: AsyncWebClient) -> None:
    first = await client.users_list(limit=3)
    sandbox.membership.arrive("zoe", "Zoe Zimmer", "zoe@acme.example")
    rest = await client.users_list(cursor=first["response_metadata"]["next_cursor"], limit=100)
    names = [member["name"] for page in (first, rest) for member in page["members"]]
    assert len(names) == len(set(names))
    assert names[-1] == "zoe"


async def test_a_made_up_cursor_is_invalid(client: AsyncWebClient) -> None:
    assert await refused(client.users_list(cursor="bm9wZQ==")) == "invalid_cursor"
    assert await refused(client.users_list(cursor="%%%")) == "invalid_cursor"


async def test_groups_and_who_is_in_them(sandbox: Sandbox, client: AsyncWebClient) -> None:
    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    assert {group["handle"]: group["user_count"] for group in groups} == {"platform": 3, "security": 2}
    assert (await client.usergroups_users_list(usergroup="S0SECURITY"))["users"] == ["U0CAROL003", "U0DAVE0004"]
    sandbox.membership.disable_group("S0SECURITY")
    assert await refused(client.usergroups_users_list(usergroup="S0SECURITY")) == "no_such_subteam"


async def test_private_channels_do_not_exist_for_an_app_outside_them(sandbox: Sandbox, client: AsyncWebClient) -> None:
    assert await refused(client.conversations_info(channel="C0SECRET01")) == "channel_not_found"
    sandbox.membership.join(sandbox.workspace.channels["C0SECRET01"], sandbox.bot_user_id)
    assert (await client.conversations_info(channel="C0SECRET01"))["channel"]["is_private"]


async def test_channels_come_in_pages_by_type(client: AsyncWebClient) -> None:
    names = [
        channel["name"]
        async for page in await client.conversations_list(types="public_channel", limit=2)
        for channel in page["channels"]
    ]
    assert names == ["general", "deploys", "payments", "agents", "random", "acme-partner"]


async def test_a_shared_channel_says_so(client: AsyncWebClient) -> None:
    assert (await client.conversations_info(channel="C0SHARED01"))["channel"]["is_ext_shared"]


async def test_history_is_newest_first_in_pages_and_bounded_by_times(client: AsyncWebClient) -> None:
    times = [(await client.chat_postMessage(channel="C0DEPLOYS1", text=str(n)))["ts"] for n in range(5)]
    seen = [
        message["text"]
        async for page in await client.conversations_history(channel="C0DEPLOYS1", limit=2)
        for message in page["messages"]
    ]
    assert seen == list("43210")
    bounded = await client.conversations_history(channel="C0DEPLOYS1", oldest=times[1], latest=times[3])
    assert [message["text"] for message in bounded["messages"]] == ["2"]
    inclusive = await client.conversations_history(
        channel="C0DEPLOYS1", oldest=times[1], latest=times[3], inclusive=True
    )
    assert [message["text"] for message in inclusive["messages"]] == list("321")


async def test_replies_begin_with_the_root(client: AsyncWebClient) -> None:
    root = (await client.chat_postMessage(channel="C0DEPLOYS1", text="root"))["ts"]
    for text in ("one", "two"):
        await client.chat_postMessage(channel="C0DEPLOYS1", text=text, thread_ts=root)
    replies = await client.conversations_replies(channel="C0DEPLOYS1", ts=root)
    assert [message["text"] for message in replies["messages"]] == ["root", "one", "two"]


async def test_history_needs_membership_and_joining_gives_it(client: AsyncWebClient) -> None:
    assert await refused(client.conversations_history(channel="C0RANDOM01")) == "not_in_channel"
    await client.conversations_join(channel="C0RANDOM01")
    assert (await client.conversations_history(channel="C0RANDOM01"))["ok"]


async def test_opening_a_conversation_twice_gives_the_same_one(client: AsyncWebClient) -> None:
    first, second = [await client.conversations_open(users="U0ALICE001") for _ in range(2)]
    assert first["channel"]["id"] == second["channel"]["id"]
    assert await refused(client.conversations_open(users="U0JUDY0010")) == "user_disabled"


async def test_reactions_are_counted_and_given_once(client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C0DEPLOYS1", text="x"))["ts"]
    await client.reactions_add(channel="C0DEPLOYS1", timestamp=ts, name="eyes")
    again = client.reactions_add(channel="C0DEPLOYS1", timestamp=ts, name="eyes")
    assert await refused(again) == "already_reacted"
    found = await client.reactions_get(channel="C0DEPLOYS1", timestamp=ts)
    assert found["message"]["reactions"][0]["count"] == 1
    await client.reactions_remove(channel="C0DEPLOYS1", timestamp=ts, name="eyes")
    assert (await client.reactions_get(channel="C0DEPLOYS1", timestamp=ts))["message"]["reactions"] == []
