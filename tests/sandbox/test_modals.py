"""Modals and the Home tab: triggers, stack, hash, values that stay, field errors, submissions."""

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from bot.sandbox.shapes import SlackError
from bot.sandbox.triggers import Triggers
from tests.sandbox.conftest import Connect
from tests.sandbox.shapes import Json, actions, button, home, modal, plain, section, text_input

pytestmark = pytest.mark.anyio
ALICE = "U0ALICE001"


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def trigger(sandbox: Sandbox) -> str:
    return sandbox.slack.triggers.issue(ALICE)


# triggers


async def test_a_trigger_opens_one_modal_and_no_second(sandbox: Sandbox, client: AsyncWebClient) -> None:
    trigger_id = trigger(sandbox)
    opened = await client.views_open(trigger_id=trigger_id, view=modal())
    shown = sandbox.as_user("alice").open_modal()
    assert shown is not None
    assert shown["id"] == opened["view"]["id"]
    assert await refused(client.views_open(trigger_id=trigger_id, view=modal())) == "exchanged_trigger_id"


async def test_a_made_up_trigger_is_invalid(client: AsyncWebClient) -> None:
    assert await refused(client.views_open(trigger_id="1.2.3", view=modal())) == "invalid_trigger_id"


def test_a_trigger_lives_three_seconds_of_real_time() -> None:
    now = [0.0]
    triggers = Triggers(now=lambda: now[0])
    early, late = triggers.issue(ALICE), triggers.issue(ALICE)
    now[0] = 3.0
    assert triggers.redeem(early).user_id == ALICE
    now[0] = 3.1
    with pytest.raises(SlackError, match="expired_trigger_id"):
        triggers.redeem(late)


async def test_a_refused_view_does_not_use_up_the_trigger(sandbox: Sandbox, client: AsyncWebClient) -> None:
    trigger_id = trigger(sandbox)
    assert await refused(client.views_open(trigger_id=trigger_id, view=modal(submit=None))) == "invalid_arguments"
    assert (await client.views_open(trigger_id=trigger_id, view=modal()))["ok"]


async def test_turning_the_clock_does_not_age_a_trigger(sandbox: Sandbox, client: AsyncWebClient) -> None:
    trigger_id = trigger(sandbox)
    sandbox.clock.advance(3600)
    assert (await client.views_open(trigger_id=trigger_id, view=modal()))["ok"]


# stack, hash, ids


async def test_only_three_views_fit_on_a_stack(sandbox: Sandbox, client: AsyncWebClient) -> None:
    first = await client.views_open(trigger_id=trigger(sandbox), view=modal())
    second = await client.views_push(trigger_id=trigger(sandbox), view=modal())
    await client.views_push(trigger_id=trigger(sandbox), view=modal())
    assert await refused(client.views_push(trigger_id=trigger(sandbox), view=modal())) == "push_limit_reached"
    assert second["view"]["previous_view_id"] == second["view"]["root_view_id"] == first["view"]["id"]


async def test_an_outdated_hash_is_a_conflict(sandbox: Sandbox, client: AsyncWebClient) -> None:
    opened = await client.views_open(trigger_id=trigger(sandbox), view=modal())
    view_id, old = opened["view"]["id"], opened["view"]["hash"]
    assert (await client.views_update(view_id=view_id, view=modal(), hash=old))["ok"]
    assert await refused(client.views_update(view_id=view_id, view=modal(), hash=old)) == "hash_conflict"


async def test_a_view_is_found_by_an_external_id_no_other_view_may_have(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    await client.views_open(trigger_id=trigger(sandbox), view=modal(external_id="mine"))
    assert (await client.views_update(external_id="mine", view=modal(external_id="mine")))["ok"]
    again = client.views_push(trigger_id=trigger(sandbox), view=modal(external_id="mine"))
    assert await refused(again) == "duplicate_external_id"


async def test_a_closed_view_cannot_be_updated(sandbox: Sandbox, client: AsyncWebClient) -> None:
    opened = await client.views_open(trigger_id=trigger(sandbox), view=modal())
    await sandbox.as_user("alice").close()
    assert await refused(client.views_update(view_id=opened["view"]["id"], view=modal())) == "not_found"


async def test_a_view_over_250_kilobytes_is_too_large(sandbox: Sandbox, client: AsyncWebClient) -> None:
    blocks = [section("x" * 2900, block_id=f"b{n}") for n in range(90)]
    assert await refused(client.views_open(trigger_id=trigger(sandbox), view=modal(*blocks))) == "view_too_large"


# submissions


async def open_for_alice(sandbox: Sandbox, client: AsyncWebClient, view: Json) -> Json:
    opened = await client.views_open(trigger_id=trigger(sandbox), view=view)
    shown: Json = opened["view"]
    return shown


async def test_a_submission_brings_every_input_and_closes_the_modal(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect_either_way: Connect
) -> None:
    seen: list[Json] = []

    @app.view("form")
    async def submitted(ack: Any, body: Json) -> None:
        seen.append(body)
        await ack()

    await connect_either_way(app)
    inputs = (text_input(), text_input("note", "more", optional=True))
    await open_for_alice(sandbox, client, modal(*inputs, private_metadata="req_1"))
    alice = sandbox.as_user("alice")
    done = await alice.submit({"reason": "too risky"})
    assert (done.error, done.errors, alice.open_modal()) == (None, None, None)
    (body,) = seen
    assert body["view"]["private_metadata"] == "req_1"
    assert body["view"]["state"]["values"] == {
        "why": {"reason": {"type": "plain_text_input", "value": "too risky"}},
        "more": {"note": {"type": "plain_text_input", "value": None}},
    }
    assert "channel" not in body


async def test_field_errors_leave_the_modal_open(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect_either_way: Connect
) -> None:
    @app.view("form")
    async def submitted(ack: Any) -> None:
        await ack(response_action="errors", errors={"why": "Say more."})

    await connect_either_way(app)
    await open_for_alice(sandbox, client, modal())
    alice = sandbox.as_user("alice")
    assert (await alice.submit({"reason": "no"})).errors == {"why": "Say more."}
    assert alice.open_modal() is not None


async def test_errors_for_what_is_no_input_are_a_failure(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    @app.view("form")
    async def submitted(ack: Any) -> None:
        await ack(response_action="errors", errors={"elsewhere": "?"})

    await connect(app)
    await open_for_alice(sandbox, client, modal())
    assert (await sandbox.as_user("alice").submit({"reason": "x"})).error == "invalid_errors"


async def test_a_required_input_left_empty_never_reaches_the_app(sandbox: Sandbox, client: AsyncWebClient) -> None:
    await open_for_alice(sandbox, client, modal())
    done = await sandbox.as_user("alice").submit({})
    assert done.errors == {"why": "Please complete this required field."}
    assert [entry for entry in sandbox.log.entries if entry["kind"] == "view_submission"] == []


@pytest.mark.parametrize(
    ("answer", "stack"),
    [
        ({"response_action": "push", "view": modal(section("next"))}, 2),
        ({"response_action": "update", "view": modal(section("next"))}, 1),
        ({"response_action": "clear"}, 0),
    ],
)
async def test_an_answer_may_push_update_or_clear(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect_either_way: Connect, answer: Json, stack: int
) -> None:
    @app.view("form")
    async def submitted(ack: Any) -> None:
        await ack(**answer)

    await connect_either_way(app)
    await open_for_alice(sandbox, client, modal())
    alice = sandbox.as_user("alice")
    done = await alice.submit({"reason": "x"})
    assert done.response_action == answer["response_action"]
    assert len(alice.modals()) == stack


async def test_a_bad_view_in_an_answer_is_a_failure(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    @app.view("form")
    async def submitted(ack: Any) -> None:
        await ack(response_action="update", view={**modal(), "title": plain("x" * 25)})

    await connect(app)
    await open_for_alice(sandbox, client, modal())
    alice = sandbox.as_user("alice")
    assert (await alice.submit({"reason": "x"})).error == "invalid_arguments"
    assert alice.open_modal() is not None


async def test_an_answer_for_a_modal_closed_meanwhile_changes_nothing(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    alice = sandbox.as_user("alice")

    @app.view("form")
    async def submitted(ack: Any) -> None:
        await alice.close()
        await ack(response_action="update", view=modal(section("next")))

    await connect(app)
    await open_for_alice(sandbox, client, modal())
    assert (await alice.submit({"reason": "x"})).error is None
    assert alice.modals() == []


async def test_a_late_answer_to_a_submission_leaves_the_modal_open(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    sandbox.slack.delivery.ack_limit = 0.1
    free = asyncio.Event()

    @app.view("form")
    async def slow(ack: Any) -> None:
        await free.wait()
        await ack()

    await connect(app)
    await open_for_alice(sandbox, client, modal())
    alice = sandbox.as_user("alice")
    assert (await alice.submit({"reason": "x"})).error == "operation_timeout"
    free.set()
    assert alice.open_modal() is not None


# clicks and closing


async def test_values_stay_where_block_and_action_are_the_same(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    @app.action("more")
    async def more(ack: Any, body: Json, client: AsyncWebClient) -> None:
        new = modal(text_input(), text_input("note", "renamed"), actions(button("more"), block_id="b"))
        await client.views_update(view_id=body["view"]["id"], hash=body["hash"], view=new)
        await ack()

    await connect(app)
    view = modal(text_input(), text_input("note", "more"), actions(button("more"), block_id="b"))
    shown = await open_for_alice(sandbox, client, view)
    typed = {
        "why": {"reason": {"type": "plain_text_input", "value": "kept"}},
        "more": {"note": {"type": "plain_text_input", "value": "lost"}},
    }
    alice = sandbox.as_user("alice")
    assert (await alice.click(shown, "more", values=typed)).ok
    now = alice.open_modal()
    assert now is not None
    assert now["state"]["values"] == {"why": {"reason": {"type": "plain_text_input", "value": "kept"}}}


@pytest.mark.parametrize(("everything", "left"), [(False, 1), (True, 0)])
async def test_closing_is_told_to_the_app_if_it_asked(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect, everything: bool, left: int
) -> None:
    seen: list[Json] = []

    @app.view_closed("form")
    async def closed(ack: Any, body: Json) -> None:
        await ack()
        seen.append(body)

    await connect(app)
    root = await open_for_alice(sandbox, client, modal(notify_on_close=True))
    top = await client.views_push(trigger_id=trigger(sandbox), view=modal(notify_on_close=True))
    alice = sandbox.as_user("alice")
    await alice.close(everything=everything)
    assert len(alice.modals()) == left
    expected = root["id"] if everything else top["view"]["id"]
    assert [(body["view"]["id"], body["is_cleared"]) for body in seen] == [(expected, everything)]


# the Home tab


async def test_opening_the_home_tab_tells_the_app_which_publishes(
    sandbox: Sandbox, app: AsyncApp, connect_either_way: Connect
) -> None:
    opened: list[Json] = []

    @app.event("app_home_opened")
    async def publish(event: Json, client: AsyncWebClient) -> None:
        opened.append(event)
        await client.views_publish(user_id=event["user"], view=home(section("Inbox")))

    await connect_either_way(app)
    alice = sandbox.as_user("alice")
    shown = await alice.home()
    assert shown is not None
    assert shown["blocks"][0]["text"]["text"] == "Inbox"
    assert (opened[0]["tab"], opened[0]["channel"]) == ("home", alice.dm_channel)
    await alice.home()
    assert opened[1]["view"]["id"] == shown["id"]


async def test_the_home_tab_can_be_clicked(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    seen: list[Json] = []

    @app.action("approve")
    async def approve(ack: Any, body: Json) -> None:
        await ack()
        seen.append(body)

    await connect(app)
    await client.views_publish(user_id=ALICE, view=home(actions()))
    alice = sandbox.as_user("alice")
    shown = alice.published_home()
    assert shown is not None
    assert (await alice.click(shown, "approve")).ok
    assert seen[0]["container"] == {"type": "view", "view_id": shown["id"]}
    assert "response_url" not in seen[0]


async def test_publishing_against_an_old_hash_is_a_conflict(client: AsyncWebClient) -> None:
    first = await client.views_publish(user_id=ALICE, view=home())
    await client.views_publish(user_id=ALICE, view=home(section("two")))
    again = client.views_publish(user_id=ALICE, view=home(), hash=first["view"]["hash"])
    assert await refused(again) == "hash_conflict"
