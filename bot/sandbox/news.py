"""Tells open pages and the app what happened; the app only hears what its manifest subscribes to."""

from collections.abc import Callable

from bot.sandbox.app import App
from bot.sandbox.faces import user_face
from bot.sandbox.ids import new_id
from bot.sandbox.shapes import Json
from bot.sandbox.streams import Streams
from bot.sandbox.workspace import Channel, User, Workspace


class News:
    def __init__(self, workspace: Workspace, app: App, streams: Streams, to_app: Callable[[Json], None]) -> None:
        self.workspace = workspace
        self.app = app
        self.streams = streams
        self._to_app = to_app

    def event(self, event: Json, subscription: str | None = None, *, ext_shared: bool = False) -> None:
        """Sends one event to the app, if it asked for `subscription` (the event's own type when left out)."""
        if (subscription or event["type"]) not in self.app.events:
            return
        self._to_app(
            {
                "token": self.app.verification_token, "team_id": self.workspace.team_id,
                "context_team_id": self.workspace.team_id, "context_enterprise_id": self.workspace.enterprise_id, "api_app_id": self.app.id,
                "event": event, "type": "event_callback", "event_id": new_id("Ev"),
                "event_time": int(self.workspace.clock.now()), "authorizations": [self._authorization()],
                "is_ext_shared_channel": ext_shared, "event_context": new_id("4-", 24),
            }
            | ({"enterprise_id": self.workspace.enterprise_id} if self.workspace.enterprise else {})
        )  # fmt: skip

    def _authorization(self) -> Json:
        return {"enterprise_id": self.workspace.enterprise_id, "team_id": self.workspace.team_id,
                "user_id": self.app.bot_user_id, "is_bot": True,
                "is_enterprise_install": self.workspace.is_wide}  # fmt: skip

    def message(self, channel: Channel, event: Json) -> None:
        """A message event of a conversation the app is in."""
        if self.app.bot_user_id in channel.members:
            kind = {"channel": "channel", "private": "group", "im": "im"}[channel.kind]
            whole = {"type": "message", "channel": channel.id, "channel_type": kind, **event}
            self.event(whole, f"message.{channel.event_kind}", ext_shared=channel.is_ext_shared)

    def user_event(self, kind: str, user: User) -> None:
        """`user_change` or `team_join`."""
        face, now = user_face(user, self.app, self.workspace) | {"locale": user.locale}, self.workspace.clock.now()
        self.event({"type": kind, "user": face, "event_ts": f"{now:.6f}"})
        self.streams.tell({"type": "channels"})

    def channel_event(self, kind: str, channel: Channel, **fields: object) -> None:
        """A `channel_*` or `member_*` event, for channels the app is in or may see."""
        if self.app.bot_user_id in channel.members or channel.kind == "channel" or kind == "member_left_channel":
            now = f"{self.workspace.clock.now():.6f}"
            self.event(
                {"type": kind, "channel": channel.id, "event_ts": now, **fields}, ext_shared=channel.is_ext_shared
            )
        self.streams.tell({"type": "channels"})

    def viewers(self, channel: Channel) -> set[str] | None:
        """Whose pages may see this channel; None for everybody."""
        return None if channel.kind == "channel" else set(channel.members)

    def page(self, channel: Channel, entry: Json) -> None:
        if self.streams.watched():
            self.streams.tell({"channel": channel.id, **entry}, self.viewers(channel))

    def unread(self, channel: Channel, user_id: str) -> None:
        if self.streams.watched():
            self.streams.tell(
                {"type": "unread", "channel": channel.id, "unread": channel.unread[user_id],
                 "mentions": channel.mentions[user_id]},
                {user_id},
            )  # fmt: skip
