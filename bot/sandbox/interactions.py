"""What people do: write, click, submit, close, run commands and shortcuts. The page and the hand of a test both come here."""

import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox import payloads
from bot.sandbox.app import App, Command
from bot.sandbox.delivery import Ack, Delivery
from bot.sandbox.faces import view_face
from bot.sandbox.messages import Messages
from bot.sandbox.news import News
from bot.sandbox.response_urls import ResponseUrls
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.triggers import Triggers
from bot.sandbox.views import Views, blank_required, elements_of
from bot.sandbox.workspace import SLACKBOT, Channel, User, View, Workspace


@dataclass(frozen=True)
class Submitted:
    """What came of a submission: field errors, a failure, or the answer that was carried out."""

    response_action: str | None = None
    errors: dict[str, str] | None = None
    error: str | None = None
    ms: float = 0.0


class People:
    def __init__(
        self, workspace: Workspace, app: App, *, messages: Messages, views: Views, triggers: Triggers, urls: ResponseUrls,
        delivery: Delivery, news: News,
    ) -> None:  # fmt: skip
        self.workspace, self.app, self.messages, self.views = workspace, app, messages, views
        self.triggers, self.urls, self.delivery, self.news = triggers, urls, delivery, news
        self._payloads = payloads.Payloads(workspace, app)

    # writing

    def say(self, user_id: str, channel: Channel, text: str, thread_ts: str = "") -> Json:
        """A person writes; mentions typed as `@name` become real ones."""
        if user_id not in channel.members:
            raise SlackError("not_in_channel")
        if channel.is_archived:
            raise SlackError("is_archived")
        if not text.strip():
            raise SlackError("no_text")
        if thread_ts and thread_ts not in channel.messages:
            raise SlackError("cannot_reply_to_message")
        return self.messages.post(channel, user_id, {"text": self._linked(_escaped(text), named=False)}, thread_ts)

    def read(self, user_id: str, channel: Channel) -> None:
        channel.unread[user_id] = channel.mentions[user_id] = 0
        self.news.unread(channel, user_id)

    def _linked(self, text: str, *, named: bool) -> str:
        """`@name` and `#channel` as Slack sends them; with names inside for commands."""

        def person(found: re.Match[str]) -> str:
            user = next((u for u in self.workspace.users.values() if u.name == found[1]), None)
            group = next((g for g in self.workspace.groups.values() if g.handle == found[1]), None)
            if user is not None:
                return f"<@{user.id}|{user.name}>" if named else f"<@{user.id}>"
            return f"<!subteam^{group.id}|@{group.handle}>" if group else found[0]

        def place(found: re.Match[str]) -> str:
            channel = next((c for c in self.workspace.channels.values() if c.name == found[1]), None)
            if channel is None:
                return found[0]
            return f"<#{channel.id}|{'' if channel.is_private else channel.name}>"

        text = re.sub(r"(?<![\w<@])@([a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])", person, text)
        return re.sub(r"(?<![\w<&])#([a-z0-9][a-z0-9_-]*)", place, text)

    # clicking

    async def click_message(self, user_id: str, channel: Channel, ts: str, action: Json, values: Json) -> Ack:
        """A button, menu or picker in a message, as it is or as it was when the person last saw it."""
        user = self._active(user_id)
        self._refuse_invisible(user_id, channel, ts)
        message, block_id, element = self._seen(channel, ts, action)
        part = payloads.action_part(element, block_id, action, self.workspace.next_ts())
        payload = self._payloads.message_click(
            user, channel, message, action=part, values=_with_choice(values, part),
            trigger_id=self.triggers.issue(user_id), response_url=self.urls.issue(user_id, channel.id, ts),
        )  # fmt: skip
        return await self.delivery.hand_over("interactive", payload, part["action_id"])

    async def click_view(self, user_id: str, view_id: str, action: Json, values: Json) -> Ack:
        """A button, menu or picker in a modal or on the Home tab."""
        user, view = self._active(user_id), self._own_view(user_id, view_id)
        block_id, element = _find_element(view.body["blocks"], action)
        part = payloads.action_part(element, block_id, action, self.workspace.next_ts())
        view.values = _with_choice(values, part) if values else _with_choice(view.values, part)
        payload = self._payloads.view_click(user, view, part, self.triggers.issue(user_id, view.id))
        return await self.delivery.hand_over("interactive", payload, part["action_id"])

    def _seen(self, channel: Channel, ts: str, action: Json) -> tuple[Json, str, Json]:
        for message in self.messages.versions(channel, ts):
            found = _match(message.get("blocks") or [], action)
            if found is not None:
                return message, *found
        raise SlackError("no_such_action")

    def _refuse_invisible(self, user_id: str, channel: Channel, ts: str) -> None:
        whisper = self.messages.whispers.get(ts)
        if whisper is not None and whisper.user_id != user_id:
            raise SlackError("message_not_found")
        if user_id not in channel.members and channel.kind != "channel":
            raise SlackError("channel_not_found")

    # modals

    async def submit(self, user_id: str, view_id: str, values: Json) -> Submitted:
        """Presses a modal's submit button with these values, in Slack's shape."""
        user, view = self._active(user_id), self._own_view(user_id, view_id)
        view.values = values
        if errors := blank_required(view.body, values):
            return Submitted(errors=errors)
        payload = self._payloads.view_submission(
            user, view, self.triggers.issue(user_id, view_id), self._response_urls(user_id, view)
        )
        ack = await self.delivery.hand_over("interactive", payload, view.body["callback_id"] or "view_submission")
        if not ack.ok:
            return Submitted(error=ack.error, ms=ack.ms)
        try:
            return self._carry_out(user_id, view, ack)
        except SlackError as refused:
            return Submitted(error=refused.code, ms=ack.ms)

    def _carry_out(self, user_id: str, view: View, ack: Ack) -> Submitted:
        body = ack.body if isinstance(ack.body, dict) else {}
        action = body.get("response_action")
        if view.id not in self.workspace.views:
            return Submitted(action, ms=ack.ms)  # closed by the person while the app was thinking
        match action:
            case None:
                self._close_if_top(user_id, view)
            case "errors":
                return _field_errors(view, body.get("errors"), ack.ms)
            case "clear":
                self.views.close_all(user_id)
            case "update":
                self.views.answer_update(view, body.get("view"))
            case "push":
                self.views.answer_push(user_id, body.get("view"))
            case _:
                raise SlackError("invalid_response_action")
        return Submitted(action, ms=ack.ms)

    def _close_if_top(self, user_id: str, view: View) -> None:
        stack = self.workspace.stack(user_id)
        if stack and stack[-1] is view:
            self.views.close_top(user_id)

    def _response_urls(self, user_id: str, view: View) -> list[Json]:
        found = []
        for block in view.body["blocks"]:
            for element in elements_of(block):
                chosen = view.values.get(block["block_id"], {}).get(element.get("action_id"), {})
                channel_id = chosen.get("selected_conversation") or chosen.get("selected_channel")
                if element.get("response_url_enabled") and channel_id in self.workspace.channels:
                    url = self.urls.issue(user_id, channel_id)
                    found.append({"block_id": block["block_id"], "action_id": element["action_id"],
                                  "channel_id": channel_id, "response_url": url})  # fmt: skip
        return found

    async def close(self, user_id: str, view_id: str, *, everything: bool) -> None:
        """Cancel closes one view, the cross all of them; the app hears if the view asked to."""
        user, view = self._active(user_id), self._own_view(user_id, view_id)
        if everything:
            view = self.workspace.stack(user_id)[0]
            self.views.close_all(user_id)
        else:
            self._close_if_top(user_id, view)
        if view.body["notify_on_close"]:
            payload = self._payloads.view_closed(user, view, is_cleared=everything)
            await self.delivery.hand_over("interactive", payload, view.body["callback_id"] or "view_closed")

    async def suggest(self, user_id: str, place: Json, *, action_id: str, block_id: str, value: str) -> Json:
        """What the app offers for an external select: `{options}` or `{option_groups}`."""
        payload = self._payloads.suggestion(
            self._active(user_id), self._place(user_id, place), action_id=action_id, block_id=block_id, value=value
        )
        ack = await self.delivery.hand_over("interactive", payload, action_id)
        if not ack.ok or not isinstance(ack.body, dict):
            raise SlackError(ack.error or "no_options")
        return {key: ack.body[key] for key in ("options", "option_groups") if key in ack.body}

    def _place(self, user_id: str, place: Json) -> Json:
        if "view_id" in place:
            return payloads.view_place(self._own_view(user_id, place["view_id"]))
        channel = self.channel(place["channel"])
        return payloads.message_place(channel, self.messages.versions(channel, place["ts"])[0])

    # commands and shortcuts

    async def command(self, user_id: str, channel: Channel, line: str) -> Ack:
        """A whole line that begins with a slash, typed in a channel."""
        user = self._active(user_id)
        word, _, text = line.strip().partition(" ")
        command = self.app.command(word)
        if command is None or self._is_external(user):
            self.note(channel, user_id, f"`{word}` is not a valid command. In Slack, all messages that start with "
                                        f'the "/" character are interpreted as commands.')  # fmt: skip
            return Ack(0, error="unknown_command")
        ack = await self.delivery.hand_over("slash_commands", self._command_payload(user, channel, command, text), word)
        self._show_command_answer(user_id, channel, word, ack)
        return ack

    def _command_payload(self, user: User, channel: Channel, command: Command, text: str) -> Json:
        if command.should_escape:
            text = self._linked(_escaped(text.strip()), named=True)
        return self._payloads.slash_command(
            user, channel, command.command, text.strip(), trigger_id=self.triggers.issue(user.id),
            response_url=self.urls.issue(user.id, channel.id),
        )  # fmt: skip

    def _show_command_answer(self, user_id: str, channel: Channel, word: str, ack: Ack) -> None:
        if not ack.ok:
            self.note(channel, user_id, f'{word} failed with the error "{_command_error(ack)}"')
        elif ack.body:
            answer = ack.body if isinstance(ack.body, dict) else {"text": str(ack.body)}
            if answer.get("text") or answer.get("blocks") or answer.get("attachments"):
                self._show_answer(user_id, channel, word, answer)

    def _show_answer(self, user_id: str, channel: Channel, word: str, answer: Json) -> None:
        try:
            self.urls.answer(user_id, channel, None, answer)
        except SlackError as refused:
            self.note(channel, user_id, f'{word} failed with the error "{refused.code}"')

    def note(self, channel: Channel, user_id: str, text: str) -> None:
        """A line by Slack itself, seen by one person."""
        self.messages.whisper(channel, user_id, SLACKBOT, {"text": text})

    async def shortcut(self, user_id: str, callback_id: str) -> Ack:
        """A global shortcut from the lightning menu."""
        user = self._active(user_id)
        if self.app.shortcut(callback_id, "global") is None:
            raise SlackError("unknown_shortcut")
        payload = self._payloads.global_shortcut(
            user, callback_id, self.triggers.issue(user_id), self.workspace.next_ts()
        )
        return await self.delivery.hand_over("interactive", payload, callback_id)

    async def message_shortcut(self, user_id: str, callback_id: str, channel: Channel, ts: str) -> Ack:
        """A shortcut from a message's own menu; not shown on ephemeral messages or to external people."""
        user = self._active(user_id)
        message = channel.messages.get(ts)
        if message is None or self.app.shortcut(callback_id, "message") is None or self._is_external(user):
            raise SlackError("unknown_shortcut")
        payload = self._payloads.message_shortcut(
            user, callback_id, channel, message, trigger_id=self.triggers.issue(user_id),
            response_url=self.urls.issue(user_id, channel.id, ts), ts=self.workspace.next_ts(),
        )  # fmt: skip
        return await self.delivery.hand_over("interactive", payload, callback_id)

    def open_home(self, user_id: str, tab: str = "home") -> None:
        """Opens the app's own conversation: the app hears app_home_opened."""
        self._active(user_id)
        channel = self.workspace.im(user_id, self.app.bot_user_id)
        event: Json = {
            "type": "app_home_opened", "user": user_id, "channel": channel.id, "tab": tab,
            "event_ts": self.workspace.next_ts(),
        }  # fmt: skip
        home = self.workspace.home(user_id)
        self.news.event(event | ({"view": view_face(home)} if home and tab == "home" else {}))

    # who and where

    def channel(self, channel_id: str) -> Channel:
        found = self.workspace.channels.get(channel_id)
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def _active(self, user_id: str) -> User:
        user = self.workspace.user(user_id)
        if user.deleted or user.is_bot:
            raise SlackError("user_disabled")
        return user

    def _is_external(self, user: User) -> bool:
        return not user.belongs_to(self.workspace.team_id)

    def _own_view(self, user_id: str, view_id: str) -> View:
        view = self.workspace.views.get(view_id)
        if view is None or view.user_id != user_id:
            raise SlackError("view_not_found")
        return view


def _field_errors(view: View, errors: Any, ms: float) -> Submitted:
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_errors")
    return Submitted("errors", {key: str(value) for key, value in errors.items()}, ms=ms)


def _command_error(ack: Ack) -> str:
    known = {
        "operation_timeout": "operation_timeout",
        "no_app": "dispatch_failed",
        "connection_failed": "dispatch_failed",
    }
    return known.get(ack.error or "", "http_service_error")


def _escaped(text: str) -> str:
    """What a person typed, with Slack's own marks for people, groups and channels left whole."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"&lt;((?:@[UW]|#C|!subteam\^S)\w+(?:\|[^&|]*)?)&gt;", r"<\1>", text)


def _match(blocks: list[Json], action: Json) -> tuple[str, Json] | None:
    for block in blocks:
        if block.get("block_id") == action["block_id"] or not action.get("block_id"):
            for element in elements_of(block):
                if element.get("action_id") == action["action_id"] and _same_button(element, action):
                    return block["block_id"], element
    return None


def _same_button(element: Json, action: Json) -> bool:
    return element["type"] != "button" or "value" not in action or element.get("value") == action["value"]


def _find_element(blocks: list[Json], action: Json) -> tuple[str, Json]:
    found = _match(blocks, action)
    if found is None:
        raise SlackError("no_such_action")
    return found


def _with_choice(values: Json, action: Json) -> Json:
    if action["type"] in ("button", "overflow", "workflow_button", "icon_button", "feedback_buttons"):
        return values
    block = values.get(action["block_id"], {}) | {action["action_id"]: payloads.chosen(action)}
    return values | {action["block_id"]: block}
