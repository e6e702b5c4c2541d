"""Messages as they are written, changed, deleted and whispered; pages and app are told of each."""

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.ids import new_word
from bot.sandbox.news import News
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.workspace import SLACKBOT, Channel, Workspace

OLD_VERSIONS_KEPT = 20
CONTENT = ("text", "blocks", "attachments", "metadata")


@dataclass
class Whisper:
    """An ephemeral message: in nobody's history, gone when its reader reloads."""

    channel_id: str
    user_id: str
    message: Json
    faded: bool = False
    versions: list[Json] = field(default_factory=list)


class Messages:
    def __init__(self, workspace: Workspace, news: News) -> None:
        self.workspace = workspace
        self.news = news
        self.whispers: dict[str, Whisper] = {}
        self._old: dict[tuple[str, str], list[Json]] = {}

    # written

    def post(
        self, channel: Channel, author: str, content: Json, thread_ts: str = "", *, broadcast: bool = False
    ) -> Json:
        """Adds a message; `content` has text and may have blocks, attachments and metadata."""
        message = self._signed(author) | {"ts": self.workspace.next_ts()} | _content(content)
        if thread_ts:
            message["thread_ts"] = thread_ts
            message["parent_user_id"] = channel.messages[thread_ts].get("user", "")
            if broadcast:
                message["subtype"] = "thread_broadcast"
        self._keep(channel, message)
        self._tell_posted(channel, message)
        return message

    def _signed(self, author: str) -> Json:
        app = self.news.app
        signed: Json = {"type": "message", "user": author, "team": self.workspace.users[author].team_id}
        if author == app.bot_user_id:
            signed |= {"bot_id": app.bot_id, "app_id": app.id, "bot_profile": self._bot_profile()}
        return signed

    def _bot_profile(self) -> Json:
        app = self.news.app
        return {"id": app.bot_id, "deleted": False, "name": app.bot_name, "updated": 0, "app_id": app.id,
                "icons": {}, "team_id": self.workspace.team_id}  # fmt: skip

    def _keep(self, channel: Channel, message: Json) -> None:
        ts, root = message["ts"], message.get("thread_ts")
        channel.messages[ts] = message
        if not root or message.get("subtype") == "thread_broadcast":
            channel.roots.append(ts)
        if root:
            channel.replies.setdefault(root, []).append(ts)
            self._recount(channel, root)

    def _recount(self, channel: Channel, root_ts: str) -> None:
        root, replies = channel.messages.get(root_ts), channel.replies.get(root_ts, [])
        if root is None:
            return
        fresh = {key: value for key, value in root.items() if key not in ("reply_users", "latest_reply")}
        fresh |= {"thread_ts": root_ts, "reply_count": len(replies)}
        if replies:
            writers = dict.fromkeys(channel.messages[ts]["user"] for ts in replies)
            fresh |= {"reply_users": list(writers), "reply_users_count": len(writers), "latest_reply": replies[-1]}
        channel.messages[root_ts] = fresh

    def _tell_posted(self, channel: Channel, message: Json) -> None:
        self._count_unread(channel, message)
        self.news.page(channel, {"type": "message", "message": shown(message, with_metadata=True)})
        if root := message.get("thread_ts"):
            self.news.page(channel, {"type": "message", "message": shown(channel.messages[root], with_metadata=True)})
        self.news.message(channel, shown(message) | {"event_ts": message["ts"]})
        app = self.news.app
        if f"<@{app.bot_user_id}" in message["text"] and message["user"] != app.bot_user_id:
            self._tell_mention(channel, message)

    def _tell_mention(self, channel: Channel, message: Json) -> None:
        if self.news.app.bot_user_id in channel.members and channel.kind != "im":
            event = shown(message) | {"type": "app_mention", "channel": channel.id, "event_ts": message["ts"]}
            self.news.event(event, ext_shared=channel.is_ext_shared)

    def _count_unread(self, channel: Channel, message: Json) -> None:
        in_thread = "thread_ts" in message and message.get("subtype") != "thread_broadcast"
        called = self._called(channel, message)
        for member in channel.members:
            if member == message["user"]:
                continue
            called_here = member in called or channel.kind == "im"
            channel.unread[member] += 0 if in_thread and not called_here else 1
            channel.mentions[member] += 1 if called_here else 0
            if called_here or not in_thread:
                self.news.unread(channel, member)

    def _called(self, channel: Channel, message: Json) -> set[str]:
        words = " ".join([message["text"], *_markup(message.get("blocks") or [])])
        called = set(re.findall(r"<@([UW]\w+)", words))
        for group_id in re.findall(r"<!subteam\^(\w+)", words):
            group = self.workspace.groups.get(group_id)
            called |= set(group.users) if group else set()
        if re.search(r"<!(here|channel|everyone)", words):
            called |= set(channel.members)
        return called

    # changed and deleted

    def change(self, channel: Channel, ts: str, changes: Json, edited_by: str | None = None) -> Json:
        """Puts `changes` over a message; a key with value None is taken away."""
        old = channel.messages[ts]
        self._remember(channel.id, old)
        new = {key: value for key, value in (old | _content(changes)).items() if value is not None}
        if edited_by:
            new["edited"] = {"user": edited_by, "ts": self.workspace.next_ts()}
        channel.messages[ts] = new
        self.news.page(channel, {"type": "message", "message": shown(new, with_metadata=True)})
        self._tell_subtype(channel, "message_changed", message=shown(new), previous_message=shown(old))
        return new

    def set_reactions(self, channel: Channel, ts: str, reactions: list[Json]) -> None:
        channel.messages[ts] = channel.messages[ts] | {"reactions": reactions}
        self.news.page(channel, {"type": "message", "message": shown(channel.messages[ts], with_metadata=True)})

    def delete(self, channel: Channel, ts: str) -> None:
        """Takes a message away; the root of a thread leaves a tombstone."""
        old = channel.messages.pop(ts)
        self._old.pop((channel.id, ts), None)
        if channel.replies.get(ts):
            keep = ("ts", "thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply")
            stone = {"type": "message", "subtype": "tombstone", "user": SLACKBOT, "text": "This message was deleted."}
            channel.messages[ts] = stone | {key: old[key] for key in keep if key in old}
            self.news.page(channel, {"type": "message", "message": channel.messages[ts]})
        else:
            self._drop(channel, ts, old)
            self.news.page(channel, {"type": "message_deleted", "ts": ts})
        self._tell_subtype(channel, "message_deleted", deleted_ts=ts, previous_message=shown(old))

    def _drop(self, channel: Channel, ts: str, old: Json) -> None:
        at = bisect.bisect_left(channel.roots, ts)
        if at < len(channel.roots) and channel.roots[at] == ts:
            del channel.roots[at]
        root = old.get("thread_ts")
        if root and root != ts:
            channel.replies[root].remove(ts)
            self._recount(channel, root)

    def _tell_subtype(self, channel: Channel, subtype: str, **fields: object) -> None:
        ts = self.workspace.next_ts()
        self.news.message(channel, {"subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts, **fields})

    def _remember(self, channel_id: str, old: Json) -> None:
        versions = self._old.setdefault((channel_id, old["ts"]), [])
        versions.append(old)
        del versions[:-OLD_VERSIONS_KEPT]

    def versions(self, channel: Channel, ts: str) -> list[Json]:
        """The message as it is and as it was, newest first: a page may still show an older one."""
        whisper = self.whispers.get(ts)
        if whisper is not None:
            return [whisper.message, *reversed(whisper.versions)]
        current = channel.messages.get(ts)
        if current is None:
            raise SlackError("message_not_found")
        return [current, *reversed(self._old.get((channel.id, ts), []))]

    # whispered

    def whisper(self, channel: Channel, to: str, author: str, content: Json, thread_ts: str = "") -> Json:
        """Shows `content` to one person only."""
        message = self._signed(author) | {"ts": self.workspace.next_ts(), "is_ephemeral": True} | _content(content)
        if thread_ts:
            message["thread_ts"] = thread_ts
        self.whispers[message["ts"]] = Whisper(channel.id, to, message)
        self._show(self.whispers[message["ts"]])
        return message

    def change_whisper(self, ts: str, changes: Json) -> None:
        whisper = self.whispers[ts]
        whisper.versions.append(whisper.message)
        whisper.message = {
            key: value for key, value in (whisper.message | _content(changes)).items() if value is not None
        }
        self._show(whisper)

    def end_whisper(self, ts: str) -> None:
        whisper = self.whispers.pop(ts, None)
        if whisper is not None:
            gone = {"type": "message_deleted", "channel": whisper.channel_id, "ts": ts}
            self.news.streams.tell(gone, {whisper.user_id})

    def fade_whispers(self, user_id: str) -> None:
        """This person has loaded the page anew: what was whispered to them before is no longer on it."""
        for whisper in self.whispers.values():
            whisper.faded |= whisper.user_id == user_id

    def whispers_to(self, user_id: str, channel_id: str | None = None, thread_ts: str = "") -> list[Json]:
        return [
            each.message for each in self.whispers.values()
            if each.user_id == user_id and not each.faded and channel_id in (None, each.channel_id)
            and (channel_id is None or each.message.get("thread_ts", "") == thread_ts)
        ]  # fmt: skip

    def _show(self, whisper: Whisper) -> None:
        entry = {"type": "ephemeral", "channel": whisper.channel_id, "message": whisper.message}
        self.news.streams.tell(entry, {whisper.user_id})


def shown(message: Json, *, with_metadata: bool = False) -> Json:
    """The message without its metadata, which only comes when asked for."""
    if with_metadata or "metadata" not in message:
        return message
    return {key: value for key, value in message.items() if key != "metadata"}


def _content(given: Json) -> Json:
    content = {key: given[key] for key in CONTENT if key in given}
    if content.get("blocks"):
        content["blocks"] = named_blocks(content["blocks"])
    return content


def named_blocks(blocks: list[Json]) -> list[Json]:
    """The blocks with a block_id and action_ids everywhere, made up where the app gave none."""
    return [_named(block) for block in blocks]


def _named(block: Json) -> Json:
    named = {**block, "block_id": block.get("block_id") or new_word()}
    for key in ("accessory", "element"):
        if isinstance(named.get(key), dict):
            named[key] = _with_action_id(named[key])
    if named["type"] in ("actions", "context_actions"):
        named["elements"] = [_with_action_id(each) for each in named["elements"]]
    return named


def _with_action_id(element: Json) -> Json:
    return (
        element if element.get("type") == "image" or element.get("action_id") else element | {"action_id": new_word()}
    )


def _markup(value: Any) -> Iterator[str]:
    """What in blocks is read as markup: in plain text and in the words of rich text nobody is mentioned."""
    match value:
        case list():
            for each in value:
                yield from _markup(each)
        case {"type": "mrkdwn" | "markdown", "text": str(text)}:
            yield text
        case {"type": "user", "user_id": user}:
            yield f"<@{user}>"
        case {"type": "usergroup", "usergroup_id": group}:
            yield f"<!subteam^{group}>"
        case {"type": "broadcast", "range": everybody}:
            yield f"<!{everybody}>"
        case dict():
            yield from _markup(list(value.values()))
        case _:
            return
