"""The payloads Slack sends to the app, built from facts; pure."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.app import App
from bot.sandbox.faces import view_face
from bot.sandbox.messages import shown
from bot.sandbox.shapes import Json
from bot.sandbox.workspace import Channel, User, View, Workspace


@dataclass(frozen=True)
class Payloads:
    workspace: Workspace
    app: App

    def message_click(
        self, user: User, channel: Channel, message: Json, *, action: Json, values: Json, trigger_id: str,
        response_url: str,
    ) -> Json:  # fmt: skip
        """block_actions from a message; an ephemeral one is not sent along, only named in `container`."""
        payload = self._common(user, "block_actions") | {
            "container": _container(channel, message), "trigger_id": trigger_id, "channel": _channel_part(channel),
            "state": {"values": values}, "response_url": response_url, "actions": [action],
        }  # fmt: skip
        return payload if message.get("is_ephemeral") else payload | {"message": shown(message, with_metadata=True)}

    def view_click(self, user: User, view: View, action: Json, trigger_id: str) -> Json:
        """block_actions from a modal or Home tab."""
        return self._common(user, "block_actions") | view_place(view) | {
            "trigger_id": trigger_id, "hash": view.body["hash"], "actions": [action],
        }  # fmt: skip

    def view_submission(self, user: User, view: View, trigger_id: str, response_urls: list[Json]) -> Json:
        return self._common(user, "view_submission") | {
            "trigger_id": trigger_id, "view": view_face(view), "response_urls": response_urls,
        }  # fmt: skip

    def view_closed(self, user: User, view: View, *, is_cleared: bool) -> Json:
        """No trigger and no input: what was typed is not told."""
        empty = view_face(view) | {"state": {"values": {}}}
        return self._common(user, "view_closed") | {"view": empty, "is_cleared": is_cleared}

    def global_shortcut(self, user: User, callback_id: str, trigger_id: str, ts: str) -> Json:
        return self._common(user, "shortcut") | {
            "callback_id": callback_id, "trigger_id": trigger_id, "action_ts": ts,
        }  # fmt: skip

    def message_shortcut(
        self, user: User, callback_id: str, channel: Channel, message: Json, *, trigger_id: str, response_url: str,
        ts: str,
    ) -> Json:  # fmt: skip
        return self._common(user, "message_action") | {
            "callback_id": callback_id, "trigger_id": trigger_id, "action_ts": ts, "channel": _channel_part(channel),
            "message": shown(message), "message_ts": message["ts"], "response_url": response_url,
        }  # fmt: skip

    def suggestion(self, user: User, place: Json, *, action_id: str, block_id: str, value: str) -> Json:
        """block_suggestion; `place` holds container and channel+message or view."""
        asked = {"action_id": action_id, "block_id": block_id, "value": value}
        return self._common(user, "block_suggestion") | place | asked

    def slash_command(
        self, user: User, channel: Channel, command: str, text: str, *, trigger_id: str, response_url: str
    ) -> Json:
        """Form fields, all text."""
        workspace, app = self.workspace, self.app
        return {
            "token": app.verification_token, "team_id": workspace.team_id, "team_domain": workspace.domain,
            "channel_id": channel.id, "channel_name": _channel_part(channel)["name"], "user_id": user.id,
            "user_name": user.name, "command": command, "text": text, "api_app_id": app.id,
            "is_enterprise_install": "true" if workspace.is_wide else "false", "response_url": response_url,
            "trigger_id": trigger_id,
        } | ({"enterprise_id": workspace.enterprise.id, "enterprise_name": workspace.enterprise.name}
             if workspace.enterprise else {})  # fmt: skip

    def _common(self, user: User, kind: str) -> Json:
        return {
            "type": kind, "token": self.app.verification_token, "api_app_id": self.app.id,
            "team": self._team(),
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
            "enterprise": self._enterprise(), "is_enterprise_install": self.workspace.is_wide,
        }  # fmt: skip

    def _team(self) -> Json | None:
        """Null where the app is installed in a whole Enterprise organisation (docs.slack.dev, block_actions payload)."""
        team = {"id": self.workspace.team_id, "domain": self.workspace.domain}
        if self.workspace.enterprise is None:
            return team
        grid = {"enterprise_id": self.workspace.enterprise.id, "enterprise_name": self.workspace.enterprise.name}
        return None if self.workspace.is_wide else team | grid

    def _enterprise(self) -> Json | None:
        of = self.workspace.enterprise
        return None if of is None else {"id": of.id, "name": of.name}


def message_place(channel: Channel, message: Json) -> Json:
    return {"container": _container(channel, message), "channel": _channel_part(channel), "message": shown(message)}


def view_place(view: View) -> Json:
    return {"container": {"type": "view", "view_id": view.id}, "view": view_face(view)}


def action_part(element: Json, block_id: str, given: Json, ts: str) -> Json:
    """One of `actions`: what the element is, and what the person chose."""
    action: Json = {"action_id": element["action_id"], "block_id": block_id, "type": element["type"], "action_ts": ts}
    for key in ("text", "value", "style", "placeholder", "confirm", "initial_option"):
        if key in element:
            action[key] = element[key]
    return action | {key: value for key, value in given.items() if key == "value" or key.startswith("selected_")}


def chosen(action: Json) -> dict[str, Any]:
    """How a stateful element stands in `state.values`."""
    return {key: value for key, value in action.items() if key in ("type", "value") or key.startswith("selected_")}


def _channel_part(channel: Channel) -> Json:
    names = {"channel": channel.name, "private": "privategroup", "im": "directmessage"}
    return {"id": channel.id, "name": names[channel.kind]}


def _container(channel: Channel, message: Json) -> Json:
    container: Json = {
        "type": "message", "message_ts": message["ts"], "channel_id": channel.id,
        "is_ephemeral": bool(message.get("is_ephemeral")),
    }  # fmt: skip
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    return container
