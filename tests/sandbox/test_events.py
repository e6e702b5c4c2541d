"""Events: which are told, what is in them, and how often they come when nobody acknowledges."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import MINIMAL_MANIFEST
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import Connect
from tests.sandbox.shapes import Json

pytestmark = pytest.mark.anyio
Answer = Callable[[web.Request], Awaitable[web.Response]]


def hear(app: AsyncApp, *kinds: str) -> list[Json]:
    """Listens to these events and keeps their wrappers."""
    heard: list[Json] = []

    async def keep(body: Json) -> None:
        heard.append(body)

    for kind in kinds:
        app.event(kind)(keep)
    return heard


async def until(sandbox: Sandbox, what: Callable[[], Any]) -> None:
    await sandbox.as_user("alice").sees(what)


@asynccontextmanager
async def served(sandbox: Sandbox, answer: Answer) -> AsyncIterator[None]:
    """A bare HTTP server as the app's request URL."""
    application = web.Application()
    application.router.add_post("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sandbox.connect_http(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    try:
        yield
    finally:
        sandbox.disconnect()
        await runner.cleanup()


# what is told


async def test_a_mention_is_told_as_mention_and_as_message(
    sandbox: Sandbox, app: AsyncApp, connect_either_way: Connect
) -> None:
    heard = hear(app, "app_mention", "message")
    await connect_either_way(app)
    sandbox.as_user("alice").say("#deploys", "hey @demo, help")
    await until(sandbox, lambda: len(heard) == 2)
    assert {body["event"]["type"] for body in heard} == {"app_mention", "message"}
    event = heard[0]["event"]
    assert event["text"] == f"hey <@{sandbox.bot_user_id}>, help"
    assert (event["user"], event["channel"]) == ("U0ALICE001", "C0DEPLOYS1")
    assert len({body["event_id"] for body in heard}) == 2
    assert heard[0]["authorizations"][0]["user_id"] == sandbox.bot_user_id


async def test_what_is_said_to_the_app_is_a_message_im(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    heard = hear(app, "message")
    await connect(app)
    alice = sandbox.as_user("alice")
    alice.say(alice.dm_channel, "hello")
    await until(sandbox, lambda: heard)
    assert (heard[0]["event"]["channel_type"], heard[0]["event"]["text"]) == ("im", "hello")


async def test_only_what_the_manifest_subscribes_to_is_told() -> None:
    settings = {"event_subscriptions": {"bot_events": ["message.im"]}}
    async with Sandbox({**MINIMAL_MANIFEST, "settings": settings}) as sandbox:
        alice = sandbox.as_user("alice")
        alice.say("#deploys", "@demo")
        alice.say(alice.dm_channel, "hello")
        await sandbox.settled()
        assert [entry["request"]["event"]["channel_type"] for entry in sandbox.log.entries] == ["im"]


async def test_nothing_is_told_of_channels_the_app_is_not_in(sandbox: Sandbox) -> None:
    sandbox.as_user("alice").say("#incident-42", "secret @demo")
    sandbox.as_user("alice").say("#random", "idle @demo")
    await sandbox.settled()
    assert sandbox.log.titles() == []


async def test_the_bots_own_messages_come_back_too(sandbox: Sandbox, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0DEPLOYS1", text="x")
    await sandbox.settled()
    (event,) = (entry["request"]["event"] for entry in sandbox.log.entries if entry["kind"] == "event")
    assert (event["bot_id"], event["text"]) == (sandbox.slack.app.bot_id, "x")


async def test_edits_and_deletions_are_told_with_what_was_before(sandbox: Sandbox) -> None:
    alice = sandbox.as_user("alice")
    message = alice.say("#deploys", "one")
    alice.edit(message, "two")
    alice.delete(message)
    await sandbox.settled()
    _, changed, deleted = (entry["request"]["event"] for entry in sandbox.log.entries)
    assert (changed["subtype"], changed["message"]["text"], changed["previous_message"]["text"]) == (
        "message_changed", "two", "one",
    )  # fmt: skip
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", message["ts"])


async def test_a_deactivated_person_is_told_as_user_change(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    heard = hear(app, "user_change")
    await connect(app)
    sandbox.membership.change_user("U0BOB00002", deleted=True)
    sandbox.membership.change_user("U0CAROL003", email="carol@new.example", is_email_confirmed=False)
    await until(sandbox, lambda: len(heard) == 2)
    users = {body["event"]["user"]["name"]: body["event"]["user"] for body in heard}
    assert users["bob"]["deleted"]
    assert users["carol"]["profile"]["email"] == "carol@new.example"
    assert not users["carol"]["is_email_confirmed"]


async def test_a_newcomer_is_told_as_team_join(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    heard = hear(app, "team_join")
    await connect(app)
    sandbox.membership.arrive("zoe", "Zoe Zimmer", "zoe@acme.example")
    await until(sandbox, lambda: heard)
    assert heard[0]["event"]["user"]["profile"]["email"] == "zoe@acme.example"


async def test_a_changed_group_names_who_came_and_who_went(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    heard = hear(app, "subteam_members_changed")
    await connect(app)
    sandbox.membership.set_group("S0SECURITY", ["U0CAROL003", "U0ERIN0005"])
    await until(sandbox, lambda: heard)
    event = heard[0]["event"]
    assert (event["added_users"], event["removed_users"]) == (["U0ERIN0005"], ["U0DAVE0004"])


async def test_the_app_hears_that_it_was_removed_and_what_became_of_channels(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    heard = hear(app, "member_left_channel", "channel_archive", "channel_rename", "channel_id_changed")
    await connect(app)
    deploys, payments = (sandbox.workspace.channels[each] for each in ("C0DEPLOYS1", "C0PAYMENT1"))
    sandbox.membership.leave(deploys, sandbox.bot_user_id)
    sandbox.membership.archive(payments, "U0ALICE001")
    sandbox.membership.rename(payments, "money")
    new_id = sandbox.membership.change_id(payments)
    await until(sandbox, lambda: len(heard) == 4)
    events = {body["event"]["type"]: body["event"] for body in heard}
    assert events["member_left_channel"]["user"] == sandbox.bot_user_id
    assert events["channel_archive"]["channel"] == "C0PAYMENT1"
    assert events["channel_rename"]["channel"]["name"] == "money"
    assert events["channel_id_changed"]["new_channel_id"] == new_id


async def test_an_uninstalled_app_hears_that_and_nothing_more() -> None:
    settings = {"event_subscriptions": {"bot_events": ["app_uninstalled", "tokens_revoked", "message.channels"]}}
    async with Sandbox({**MINIMAL_MANIFEST, "settings": settings}) as sandbox:
        sandbox.uninstall()
        sandbox.as_user("alice").say("#deploys", "still there?")
        await sandbox.settled()
        assert sorted(sandbox.log.titles()) == ["app_uninstalled", "tokens_revoked"]


async def test_a_shared_channels_events_say_so(sandbox: Sandbox) -> None:
    sandbox.as_user("ivan").say("#acme-partner", "hello")
    await sandbox.settled()
    assert sandbox.log.entries[0]["request"]["is_ext_shared_channel"]


async def test_the_request_url_is_verified_by_a_challenge(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    await connect(app)
    assert await sandbox.verify_request_url()


# redelivery


async def test_an_event_comes_four_times_at_most_at_once_then_after_one_and_five_minutes(sandbox: Sandbox) -> None:
    tries: list[tuple[str | None, str | None, str]] = []

    async def broken(request: web.Request) -> web.Response:
        body = await request.json()
        headers = request.headers
        tries.append((headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason"), body["event_id"]))
        return web.Response(status=500)

    async with served(sandbox, broken):
        sandbox.as_user("alice").say("#deploys", "hello")
        await sandbox.settled()
        assert [number for number, _, _ in tries] == [None, "1"]
        sandbox.clock.advance(61)
        await until(sandbox, lambda: len(tries) == 3)
        sandbox.clock.advance(301)
        await until(sandbox, lambda: len(tries) == 4)
        await sandbox.settled()
        sandbox.clock.advance(86_400)
        await sandbox.settled()
    assert [(number, reason) for number, reason, _ in tries] == [(None, None)] + [(n, "http_error") for n in "123"]
    assert len({event_id for _, _, event_id in tries}) == 1


async def test_an_app_that_wants_no_retry_gets_none(sandbox: Sandbox) -> None:
    tries: list[str] = []

    async def broken(request: web.Request) -> web.Response:
        tries.append(await request.text())
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    async with served(sandbox, broken):
        sandbox.as_user("alice").say("#deploys", "hello")
        await sandbox.settled()
    assert len(tries) == 1


async def test_a_lost_acknowledgement_makes_an_event_come_twice(
    sandbox: Sandbox, app: AsyncApp, connect_either_way: Connect
) -> None:
    heard = hear(app, "message")
    await connect_either_way(app)
    sandbox.faults.add("event_ack", "drop_reply")
    sandbox.as_user("alice").say("#deploys", "hello")
    await until(sandbox, lambda: len(heard) == 2)
    assert heard[0]["event_id"] == heard[1]["event_id"]


async def test_an_acknowledged_event_can_come_again_all_the_same(
    sandbox: Sandbox, app: AsyncApp, connect_either_way: Connect
) -> None:
    heard = hear(app, "message")
    await connect_either_way(app)
    sandbox.as_user("alice").say("#deploys", "hello")
    await until(sandbox, lambda: heard)
    assert (await sandbox.send_event_again("message")).ok
    await until(sandbox, lambda: len(heard) == 2)
    assert heard[0]["event_id"] == heard[1]["event_id"]


async def test_an_event_waiting_for_its_next_try_ends_with_the_sandbox() -> None:
    sandbox = Sandbox()
    await sandbox.start()
    sandbox.connect_http("http://127.0.0.1:9/")  # nobody listens there
    sandbox.as_user("alice").say("#deploys", "hello")
    await sandbox.settled()
    await sandbox.stop()
    assert [entry["error"] for entry in sandbox.log.entries] == ["connection_failed"] * 2
