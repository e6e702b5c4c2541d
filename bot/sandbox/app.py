"""The one installed app, read from its manifest: who it is, what it may do and what it wants to hear."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.ids import new_id

MINIMAL_MANIFEST: Mapping[str, Any] = {
    "display_information": {"name": "Demo", "background_color": "#4a154b"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
        "bot_user": {"display_name": "Demo", "always_online": True},
        "slash_commands": [
            {"command": "/demo", "description": "Try the demo app", "usage_hint": "[card|modal|help]", "should_escape": True}
        ],
        "shortcuts": [
            {"name": "Open the demo form", "type": "global", "callback_id": "demo_form", "description": "Opens a modal"},
            {"name": "Ask about this", "type": "message", "callback_id": "demo_about", "description": "From a message"},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "commands",
                "emoji:read", "groups:history", "groups:read", "im:history", "im:read", "im:write", "reactions:read",
                "reactions:write", "pins:write", "team:read", "usergroups:read", "users.profile:read", "users:read",
                "users:read.email",
            ]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": [
                "app_home_opened", "app_mention", "channel_archive", "channel_deleted", "channel_id_changed",
                "channel_rename", "channel_shared", "channel_unarchive", "channel_unshared", "group_rename",
                "member_joined_channel", "member_left_channel", "message.channels", "message.groups", "message.im", "subteam_members_changed",
                "subteam_updated", "team_join", "user_change",
            ]
        },
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Command:
    command: str
    description: str
    usage_hint: str
    should_escape: bool


@dataclass(frozen=True)
class Shortcut:
    name: str
    kind: str  # "global" or "message"
    callback_id: str
    description: str


@dataclass(frozen=True)
class Parameter:
    name: str
    title: str
    description: str
    type: str
    required: bool


@dataclass(frozen=True)
class Function:
    """A step for Workflow Builder."""

    callback_id: str
    title: str
    description: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]


@dataclass(frozen=True)
class App:
    id: str
    name: str
    color: str
    bot_name: str
    bot_user_id: str
    bot_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    verification_token: str
    scopes: frozenset[str]
    events: frozenset[str]
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    home_tab: bool
    messages_tab: bool
    functions: tuple[Function, ...] = ()

    @property
    def initial(self) -> str:
        return self.name[:1].upper()

    def command(self, word: str) -> Command | None:
        return next((each for each in self.commands if each.command == word), None)

    def shortcut(self, callback_id: str, kind: str) -> Shortcut | None:
        return next((each for each in self.shortcuts if (each.callback_id, each.kind) == (callback_id, kind)), None)

    def function(self, callback_id: str) -> Function | None:
        return next((each for each in self.functions if each.callback_id == callback_id), None)


def install(manifest: Mapping[str, Any]) -> App:
    """The app as Slack would hold it after an installation, with fresh secrets."""
    display = manifest["display_information"]
    features = manifest.get("features", {})
    home = features.get("app_home", {})
    name = str(display["name"])
    return App(
        id=new_id("A"),
        name=name,
        color=str(display.get("background_color", "#4a154b")),
        bot_name=str(features.get("bot_user", {}).get("display_name", name)),
        bot_user_id=new_id("U"),
        bot_id=new_id("B"),
        bot_token=f"xoxb-{secrets.token_hex(16)}",
        app_token=f"xapp-1-{secrets.token_hex(16)}",
        signing_secret=secrets.token_hex(16),
        verification_token=secrets.token_hex(12),
        scopes=frozenset(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
        events=frozenset(manifest.get("settings", {}).get("event_subscriptions", {}).get("bot_events", ())),
        commands=tuple(_command(each) for each in features.get("slash_commands", ())),
        shortcuts=tuple(_shortcut(each) for each in features.get("shortcuts", ())),
        home_tab=bool(home.get("home_tab_enabled", False)),
        messages_tab=bool(home.get("messages_tab_enabled", True)),
        functions=tuple(_function(word, each) for word, each in manifest.get("functions", {}).items()),
    )


def _function(callback_id: str, given: Mapping[str, Any]) -> Function:
    inputs, outputs = (
        tuple(_parameter(name, each) for name, each in given.get(key, {}).items())
        for key in ("input_parameters", "output_parameters")
    )
    return Function(callback_id, given["title"], given.get("description", ""), inputs, outputs)


def _parameter(name: str, given: Mapping[str, Any]) -> Parameter:
    title, description = given.get("title", name), given.get("description", "")
    return Parameter(name, title, description, given["type"], bool(given.get("is_required", False)))


def _command(given: Mapping[str, Any]) -> Command:
    return Command(
        given["command"], given["description"], given.get("usage_hint", ""), bool(given.get("should_escape", False))
    )


def _shortcut(given: Mapping[str, Any]) -> Shortcut:
    return Shortcut(given["name"], given["type"], given["callback_id"], given.get("description", ""))
