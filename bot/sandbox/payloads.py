"""The payloads Slack sends to the app, built from facts; pure."""

from typing import Any

from bot.sandbox.app import App
from bot.sandbox.faces import view_face
from bot.sandbox.messages import shown
from bot.sandbox.shapes import Json
from bot.sandbox.workspace import Channel, User, View, Workspace


def _common(workspace: Workspace, app: App, user: User, kind: str) -> Json:
    return {
        "type": kind, "token": app.verification_token, "api_app_id": app.id,
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "enterprise": None, "is_enterprise_install": False,
    }  # fmt: skip


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


def message_click(
    workspace: Workspace, app: App, user: User, channel: Channel, message: Json, action: Json, values: Json,
    trigger_id: str, response_url: str,
) -> Json:  # fmt: skip
    """block_actions from a message."""
    return _common(workspace, app, user, "block_actions") | {
        "container": _container(channel, message), "trigger_id": trigger_id, "channel": _channel_part(channel),
        "message": shown(message, True), "state": {"values": values}, "response_url": response_url, "actions": [action],
    }  # fmt: skip


def view_click(workspace: Workspace, app: App, user: User, view: View, action: Json, trigger_id: str) -> Json:
    """block_actions from a modal or Home tab."""
    return _common(workspace, app, user, "block_actions") | {
        "container": {"type": "view", "view_id": view.id}, "trigger_id": trigger_id, "view": view_face(view),
        "hash": view.body["hash"], "actions": [action],
    }  # fmt: skip


def view_submission(
    workspace: Workspace, app: App, user: User, view: View, trigger_id: str, response_urls: list[Json]
) -> Json:
    return _common(workspace, app, user, "view_submission") | {
        "trigger_id": trigger_id, "view": view_face(view), "response_urls": response_urls,
    }  # fmt: skip


def view_closed(workspace: Workspace, app: App, user: User, view: View, is_cleared: bool) -> Json:
    """No trigger and no input: what was typed is not told."""
    empty = view_face(view) | {"state": {"values": {}}}
    return _common(workspace, app, user, "view_closed") | {"view": empty, "is_cleared": is_cleared}


def global_shortcut(workspace: Workspace, app: App, user: User, callback_id: str, trigger_id: str, ts: str) -> Json:
    return _common(workspace, app, user, "shortcut") | {
        "callback_id": callback_id, "trigger_id": trigger_id, "action_ts": ts,
    }  # fmt: skip


def message_shortcut(
    workspace: Workspace, app: App, user: User, callback_id: str, channel: Channel, message: Json, trigger_id: str,
    response_url: str, ts: str,
) -> Json:  # fmt: skip
    return _common(workspace, app, user, "message_action") | {
        "callback_id": callback_id, "trigger_id": trigger_id, "action_ts": ts, "channel": _channel_part(channel),
        "message": shown(message), "message_ts": message["ts"], "response_url": response_url,
    }  # fmt: skip


def suggestion(workspace: Workspace, app: App, user: User, action_id: str, block_id: str, value: str, place: Json) -> Json:
    """block_suggestion; `place` holds container and channel+message or view."""
    return _common(workspace, app, user, "block_suggestion") | place | {
        "action_id": action_id, "block_id": block_id, "value": value,
    }  # fmt: skip


def message_place(channel: Channel, message: Json) -> Json:
    return {"container": _container(channel, message), "channel": _channel_part(channel), "message": shown(message)}


def view_place(view: View) -> Json:
    return {"container": {"type": "view", "view_id": view.id}, "view": view_face(view)}


def slash_command(
    workspace: Workspace, app: App, user: User, channel: Channel, command: str, text: str, trigger_id: str,
    response_url: str,
) -> Json:  # fmt: skip
    """Form fields, all text."""
    return {
        "token": app.verification_token, "team_id": workspace.team_id, "team_domain": workspace.domain,
        "channel_id": channel.id, "channel_name": _channel_part(channel)["name"], "user_id": user.id,
        "user_name": user.name, "command": command, "text": text, "api_app_id": app.id,
        "is_enterprise_install": "false", "response_url": response_url, "trigger_id": trigger_id,
    }  # fmt: skip


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
