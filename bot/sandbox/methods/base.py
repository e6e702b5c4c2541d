"""What every method is: a name, who may call it, how often, and a plain function from call to answer."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.sandbox.app import App
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.small_slack import SmallSlack
from bot.sandbox.workspace import Channel, Enterprise, Workspace

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One call's arguments, read the way Slack reads them: numbers and flags may be text."""

    slack: SmallSlack
    arguments: Json
    token: str = ""

    @property
    def workspace(self) -> Workspace:
        return self.slack.workspace

    @property
    def org(self) -> Enterprise | None:
        """The Enterprise organisation the token is for, where it is for all of one."""
        org = self.workspace.enterprise
        return org if org is not None and self.token == self.slack.org_token else None

    @property
    def app(self) -> App:
        return self.slack.app

    def text(self, key: str) -> str:
        value = self.arguments.get(key)
        return "" if value is None else str(value)

    def required(self, key: str) -> str:
        value = self.text(key)
        if not value:
            problem = f"[ERROR] missing required field: {key}"
            raise SlackError("invalid_arguments", response_metadata={"messages": [problem]})
        return value

    def flag(self, key: str) -> bool:
        return str(self.arguments.get(key)).lower() in ("true", "1")

    def number(self, key: str, default: int) -> int:
        value = self.text(key)
        if not value:
            return default
        try:
            return int(value)
        except ValueError:
            raise SlackError(
                "invalid_arguments", response_metadata={"messages": [f"[ERROR] {key} is no number"]}
            ) from None

    def channel(self, key: str = "channel") -> Channel:
        """A conversation by id that the app may know of."""
        channel = self.workspace.channels.get(self.text(key))
        if channel is None or self.hidden(channel):
            raise SlackError("channel_not_found")
        return channel

    def hidden(self, channel: Channel) -> bool:
        return channel.is_private and self.app.bot_user_id not in channel.members


Answer = Callable[[Call], Json]


@dataclass(frozen=True)
class Method:
    """`scopes`: one of them suffices. `caller` says whose token it takes: bot, app, any or none."""

    name: str
    answer: Answer
    tier: int
    scopes: tuple[str, ...] = ()
    caller: str = "bot"


@dataclass(frozen=True)
class Family:
    word: str
    methods: tuple[Method, ...]


def page(call: Call, items: Sequence[T], key: Callable[[T], str], default: int = 100) -> tuple[Sequence[T], Json]:
    """One page of `items` in their order, and the response_metadata with the cursor to the next."""
    limit = max(1, min(call.number("limit", default), 1000))
    start = _start(call.text("cursor"), items, key)
    following = items[start + limit : start + limit + 1]
    cursor = _encoded(key(following[0])) if following else ""
    return items[start : start + limit], {"response_metadata": {"next_cursor": cursor}}


def _start(cursor: str, items: Sequence[Any], key: Callable[[Any], str]) -> int:
    if not cursor:
        return 0
    try:
        wanted = base64.b64decode(cursor, validate=True).decode().removeprefix("next:")
    except ValueError:
        raise SlackError("invalid_cursor") from None
    for at, item in enumerate(items):
        if key(item) == wanted:
            return at
    raise SlackError("invalid_cursor")


def _encoded(key: str) -> str:
    return base64.b64encode(f"next:{key}".encode()).decode()
