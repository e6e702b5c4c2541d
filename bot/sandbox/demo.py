"""A tiny Bolt app that answers clicks, so that the page can be tried without any other program."""

import time
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def card(status: str, *, live: bool = True) -> list[Json]:
    """A card with every usual kind of block."""
    buttons = [
        {"type": "button", "action_id": "demo_approve", "text": plain("Approve"), "style": "primary", "value": "r1"},
        {"type": "button", "action_id": "demo_reject", "text": plain("Reject"), "style": "danger", "value": "r1",
         "confirm": {"title": plain("Reject?"), "text": plain("The pipeline stops."), "confirm": plain("Reject"),
                     "deny": plain("Back"), "style": "danger"}},
        {"type": "button", "action_id": "demo_modal", "text": plain("Comment"), "value": "r1"},
        {"type": "overflow", "action_id": "demo_more", "options": [
            {"text": plain("Details"), "value": "details"}, {"text": plain("Tell only me"), "value": "whisper"}]},
    ]  # fmt: skip
    blocks: list[Json] = [
        {"type": "header", "block_id": "head", "text": plain("Deploy payments-api to production")},
        {"type": "section", "block_id": "facts", "fields": [
            {"type": "mrkdwn", "text": f"*Status*\n{status}"}, {"type": "mrkdwn", "text": "*Asked by*\n<@U0ERIN0005>"},
            {"type": "mrkdwn", "text": "*Cost*\n$12.50"}, {"type": "mrkdwn", "text": "*Waits for*\n<!subteam^S0PLATFORM>"}]},
        {"type": "section", "block_id": "why", "text": {"type": "mrkdwn",
         "text": "Version `4.2.0`, see <https://ci.example/77|run 77>\n> 3 resources change, none destroyed"}},
        {"type": "divider", "block_id": "line"},
        {"type": "context", "block_id": "foot", "elements": [{"type": "mrkdwn",
         "text": f"Request *#1042* · asked <!date^{int(time.time())}^{{date_short_pretty}} at {{time}}|just now>"}]},
    ]  # fmt: skip
    return [*blocks, *([{"type": "actions", "block_id": "decide", "elements": buttons}] if live else [])]


def modal() -> Json:
    return {
        "type": "modal", "callback_id": "demo_form", "title": plain("Comment on #1042"), "submit": plain("Send"),
        "close": plain("Cancel"), "notify_on_close": True,
        "blocks": [
            {"type": "input", "block_id": "comment", "label": plain("Your comment"),
             "hint": plain("Say “no” to see a field error"),
             "element": {"type": "plain_text_input", "action_id": "text", "multiline": True, "max_length": 300}},
            {"type": "input", "block_id": "who", "optional": True, "label": plain("Tell also"),
             "element": {"type": "multi_users_select", "action_id": "users", "placeholder": plain("People")}},
            {"type": "input", "block_id": "level", "optional": True, "label": plain("How sure are you?"),
             "element": {"type": "radio_buttons", "action_id": "sure", "options": [
                 {"text": plain("Quite"), "value": "quite"}, {"text": plain("Entirely"), "value": "entirely"}]}},
            {"type": "input", "block_id": "until", "optional": True, "label": plain("Until"),
             "element": {"type": "datepicker", "action_id": "date"}},
        ],
    }  # fmt: skip


def home(name: str) -> Json:
    return {"type": "home", "blocks": [{"type": "header", "text": plain(f"Waiting for {name}")}, *card("pending")]}


def demo_app(sandbox: Sandbox) -> AsyncApp:
    """Listens to everything the card, the modal, the command and the Home tab can send."""
    client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
    app = AsyncApp(client=client, signing_secret=sandbox.signing_secret)
    _decisions(app)
    _forms(app)

    @app.command("/demo")
    async def command(ack: Any, command: Json, client: AsyncWebClient) -> None:
        if command["text"] == "modal":
            await client.views_open(trigger_id=command["trigger_id"], view=modal())
            await ack()
        elif command["text"] == "card":
            await ack()
            await client.chat_postMessage(
                channel=command["channel_id"], text="Deploy payments-api", blocks=card("pending")
            )
        else:
            await ack(f"You said: {command['text'] or 'nothing'}. Try `card` or `modal`.")

    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        if event["tab"] == "home":
            await client.views_publish(user_id=event["user"], view=home(f"<@{event['user']}>"))

    @app.event("app_mention")
    async def mentioned(event: Json, client: AsyncWebClient) -> None:
        await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="You called?")

    @app.event("message")
    async def said(event: Json, client: AsyncWebClient) -> None:
        if event.get("channel_type") == "im" and "subtype" not in event:
            await client.chat_postMessage(channel=event["channel"], text=f"You said: {event['text']}")

    return app


def _decisions(app: AsyncApp) -> None:
    async def decide(body: Json, client: AsyncWebClient, words: str) -> None:
        if "message" in body:
            status = f"{words} by <@{body['user']['id']}>"
            channel, ts = body["channel"]["id"], body["message"]["ts"]
            await client.chat_update(channel=channel, ts=ts, text=status, blocks=card(status, live=False))
            await client.chat_postMessage(channel=channel, thread_ts=ts, text=status)

    @app.action("demo_approve")
    async def approve(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await decide(body, client, "Approved")

    @app.action("demo_reject")
    async def reject(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await decide(body, client, "Rejected")

    @app.action("demo_more")
    async def more(ack: Any, body: Json, respond: Any) -> None:
        await ack()
        await respond(f"You chose {body['actions'][0]['selected_option']['value']}; only you see this.")


def _forms(app: AsyncApp) -> None:
    async def open_form(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    app.action("demo_modal")(open_form)
    app.shortcut("demo_form")(open_form)
    app.shortcut("demo_about")(open_form)

    @app.view("demo_form")
    async def submitted(ack: Any, body: Json, client: AsyncWebClient) -> None:
        comment = body["view"]["state"]["values"]["comment"]["text"]["value"]
        if comment.strip().lower() == "no":
            await ack(response_action="errors", errors={"comment": "Please say why."})
            return
        await ack()
        await client.chat_postMessage(channel=body["user"]["id"], text="Your comment was sent.")

    @app.view_closed("demo_form")
    async def closed(ack: Any) -> None:
        await ack()


async def run_demo(sandbox: Sandbox) -> Any:
    """Connects the demo app over Socket Mode and posts a few messages; gives its socket client, to be closed."""
    app = demo_app(sandbox)
    client: Any = AsyncSocketModeHandler(app, sandbox.app_token, web_client=app.client).client
    await client.connect()
    sandbox.as_user("erin").say("#deploys", "Release 4.2.0 is ready, who has a minute?")
    for channel in ("#deploys", "#payments"):
        await app.client.chat_postMessage(
            channel=channel, text="Deploy payments-api to production", blocks=card("pending")
        )
    sandbox.as_user("bob").say("#general", "Good morning @alice, coffee?")
    await app.client.chat_postMessage(channel="U0ALICE001", text="*Hello Alice*, this is your inbox with me.")
    return client
