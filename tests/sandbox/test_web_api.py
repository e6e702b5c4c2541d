"""The Web API's door: tokens, scopes, ways of sending, rates and faults."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import MINIMAL_MANIFEST
from bot.sandbox.faults import Faults
from bot.sandbox.rates import Rates
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import client_for
from tests.sandbox.shapes import Json, card

pytestmark = pytest.mark.anyio
CHANNEL = "C0DEPLOYS1"


async def refused(call: Any) -> Json:
    with pytest.raises(SlackApiError) as caught:
        await call
    data: Json = caught.value.response.data
    return data


async def test_auth_test_says_who_the_bot_is(sandbox: Sandbox, client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["user_id"], answer["team_id"]) == (sandbox.bot_user_id, sandbox.team_id)


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-wrong", "invalid_auth")])
async def test_a_missing_or_wrong_token_is_refused(
    sandbox: Sandbox, session: aiohttp.ClientSession, token: str, error: str
) -> None:
    assert (await refused(client_for(sandbox, session, token).auth_test()))["error"] == error


async def test_each_method_takes_its_own_kind_of_token(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    with_app_token = client_for(sandbox, session, sandbox.app_token)
    answer = await refused(with_app_token.chat_postMessage(channel=CHANNEL, text="x"))
    assert answer["error"] == "not_allowed_token_type"
    with_bot_token = client_for(sandbox, session)
    answer = await refused(with_bot_token.apps_connections_open(app_token=sandbox.bot_token))
    assert answer["error"] == "not_allowed_token_type"


async def test_a_scope_the_manifest_lacks_is_named(session: aiohttp.ClientSession) -> None:
    manifest = {**MINIMAL_MANIFEST, "oauth_config": {"scopes": {"bot": ["users:read", "chat:write"]}}}
    async with Sandbox(manifest) as sandbox:
        client = client_for(sandbox, session)
        answer = await refused(client.users_lookupByEmail(email="alice@acme.example"))
        assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read.email")
        assert answer["provided"] == "chat:write,users:read"
        assert "email" not in (await client.users_info(user="U0ALICE001"))["user"]["profile"]
        answer = await refused(client.conversations_list())
        assert answer["error"] == "missing_scope"


async def test_an_unknown_method_fails_loudly(client: AsyncWebClient) -> None:
    answer = await refused(client.api_call("chat.postTelegram"))
    assert (answer["error"], answer["req_method"]) == ("unknown_method", "chat.postTelegram")


async def test_an_uninstalled_apps_token_is_dead(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.uninstall()
    assert (await refused(client.chat_postMessage(channel=CHANNEL, text="x")))["error"] == "account_inactive"


@pytest.mark.parametrize("way", ["json", "form", "query", "multipart", "token in the form"])
async def test_a_call_is_understood_however_it_is_sent(
    sandbox: Sandbox, session: aiohttp.ClientSession, way: str
) -> None:
    arguments = {"channel": CHANNEL, "text": "x", "blocks": '[{"type":"divider"}]'}
    headers = {"Authorization": f"Bearer {sandbox.bot_token}"}
    sent: dict[str, Any] = {"headers": headers, "data": arguments}
    if way == "json":
        sent = {"headers": headers, "json": arguments | {"blocks": [{"type": "divider"}]}}
    elif way == "query":
        sent = {"headers": headers, "params": arguments}
    elif way == "multipart":
        sent["data"] = aiohttp.FormData(arguments, default_to_multipart=True)
    elif way == "token in the form":
        sent = {"data": arguments | {"token": sandbox.bot_token}}
    async with session.post(f"{sandbox.api_url}chat.postMessage", **sent) as response:
        body = await response.json()
    assert body["ok"], body
    assert body["message"]["blocks"][0]["type"] == "divider"


async def test_a_get_is_as_good_as_a_post(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    parameters = {"token": sandbox.bot_token, "user": "U0ALICE001"}
    async with session.get(f"{sandbox.api_url}users.info", params=parameters) as response:
        assert (await response.json())["user"]["name"] == "alice"


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"'])
async def test_a_body_that_is_no_json_object_is_refused(
    sandbox: Sandbox, session: aiohttp.ClientSession, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {sandbox.bot_token}", "Content-Type": "application/json"}
    async with session.post(f"{sandbox.api_url}auth.test", data=body, headers=headers) as response:
        assert (await response.json())["error"] in ("invalid_json", "json_not_object")


# rates


async def test_the_fourth_post_at_once_into_one_channel_must_wait(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.slack.rates = Rates(now=lambda: 0.0)
    for _ in range(3):
        await client.chat_postMessage(channel=CHANNEL, text="x")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=CHANNEL, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    assert caught.value.response["error"] == "ratelimited"
    await client.chat_postMessage(channel="C0AGENTS01", text="another channel is free")


async def test_one_channel_is_one_channel_however_it_is_named(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.slack.rates = Rates(now=lambda: 0.0)
    for name in ("#deploys", "deploys", CHANNEL):
        await client.chat_postMessage(channel=name, text="x")
    assert (await refused(client.chat_postMessage(channel=CHANNEL, text="x")))["error"] == "ratelimited"


def test_a_tier_gives_so_many_calls_a_minute_and_more_as_time_passes() -> None:
    now = [0.0]
    rates = Rates(now=lambda: now[0])
    waits = [rates.wait("users.list", "xoxb", 2) for _ in range(21)]
    assert waits == [0] * 20 + [3]
    now[0] = 3.0
    assert rates.wait("users.list", "xoxb", 2) == 0
    assert rates.wait("users.list", "xoxb", 2) == 3


def test_methods_and_tokens_are_counted_apart() -> None:
    rates = Rates(now=lambda: 0.0)
    while rates.wait("users.list", "a", 2) == 0:
        pass
    assert rates.wait("usergroups.list", "a", 2) == 0
    assert rates.wait("users.list", "b", 2) == 0


def test_a_multiplier_stretches_every_limit_and_none_lifts_it() -> None:
    rates = Rates(multiplier=10, now=lambda: 0.0)
    assert sum(rates.wait("users.list", "a", 2) == 0 for _ in range(300)) == 200
    rates.multiplier = None
    assert rates.wait("users.list", "a", 2) == 0


# faults


async def test_a_429_on_request_does_nothing_and_says_when_to_come_back(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    sandbox.faults.add("chat.postMessage", "429", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=CHANNEL, text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert sandbox.as_user("alice").messages(CHANNEL) == []
    await client.chat_postMessage(channel=CHANNEL, text="the fault is used up")


@pytest.mark.parametrize(("kind", "posted"), [("500", 0), ("500_after", 1), ("error", 0), ("error_after", 1)])
async def test_an_error_comes_before_or_after_the_work(
    sandbox: Sandbox, client: AsyncWebClient, kind: str, posted: int
) -> None:
    sandbox.faults.add("chat.postMessage", kind, error="fatal_error")
    await refused(client.chat_postMessage(channel=CHANNEL, text="x"))
    assert len(sandbox.as_user("alice").messages(CHANNEL)) == posted


async def test_a_lost_reply_leaves_the_message_posted(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.faults.add("chat.postMessage", "drop_reply")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=CHANNEL, text="x")
    assert len(sandbox.as_user("alice").messages(CHANNEL)) == 1


async def test_a_dropped_call_was_never_heard(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.faults.add("chat.postMessage", "drop")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=CHANNEL, text="x")
    assert sandbox.as_user("alice").messages(CHANNEL) == []


async def test_the_clients_own_retry_after_a_lost_reply_posts_twice(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    """Why posts are sent with `retry_handlers=[]`."""
    client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url, session=session)
    sandbox.faults.add("chat.postMessage", "drop_reply")
    await client.chat_postMessage(channel=CHANNEL, text="x", blocks=card())
    assert len(sandbox.as_user("alice").messages(CHANNEL)) == 2


async def test_a_call_can_hang_until_the_caller_gives_up(sandbox: Sandbox) -> None:
    sandbox.faults.add("*", "timeout", seconds=600)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.05)) as impatient:
        with pytest.raises(TimeoutError):
            await client_for(sandbox, impatient).auth_test()


async def test_calls_can_be_held_at_the_door(sandbox: Sandbox, client: AsyncWebClient) -> None:
    gate = sandbox.faults.hold("chat.postMessage")
    post = asyncio.ensure_future(client.chat_postMessage(channel=CHANNEL, text="x"))
    await gate.reached()
    assert gate.held == 1
    assert sandbox.as_user("alice").messages(CHANNEL) == []
    gate.open()
    assert (await post)["ok"]


def test_an_unknown_kind_of_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of fault 'explode'"):
        Faults().add("chat.update", "explode")


async def test_every_call_stands_in_the_log_without_its_token(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    async with session.post(f"{sandbox.api_url}auth.test", data={"token": sandbox.bot_token, "x": "1"}):
        pass
    entry = sandbox.log.entries[-1]
    assert (entry["title"], entry["direction"], entry["status"]) == ("auth.test", "from_app", 200)
    assert sandbox.bot_token not in str(entry)
