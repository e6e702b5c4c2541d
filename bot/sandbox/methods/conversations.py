"""conversations.*: open, info, list, members, history, replies, join, leave; paged by cursor."""

import bisect

from bot.sandbox.faces import channel_face
from bot.sandbox.messages import shown
from bot.sandbox.methods.base import Call, Family, Method, page
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.workspace import Channel

_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_SCOPE_WORD = {"channel": "channels", "private": "groups", "im": "im"}
_TYPES = {"public_channel": "channel", "private_channel": "private", "im": "im", "mpim": "mpim"}


def _need(call: Call, kind: str, right: str) -> None:
    scope = f"{_SCOPE_WORD.get(kind, 'mpim')}:{right}"
    if scope not in call.app.scopes:
        raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(call.app.scopes)))


def _readable(call: Call, right: str = "read") -> Channel:
    channel = call.channel()
    _need(call, channel.kind, right)
    return channel


def _open(call: Call) -> Json:
    if given := call.text("channel"):
        channel = call.workspace.channels.get(given)
        if channel is None or channel.kind != "im":
            raise SlackError("channel_not_found")
    else:
        channel = _open_with(call, call.required("users").split(","))
    face: Json = channel_face(channel, call.app) if call.flag("return_im") else {"id": channel.id}
    return {"ok": True, "channel": face}


def _open_with(call: Call, users: list[str]) -> Channel:
    if len(users) > 1:
        raise SlackError("method_not_supported_for_channel_type")  # the sandbox has no group conversations
    user = call.workspace.user(users[0])
    if user.deleted:
        raise SlackError("user_disabled")
    if user.is_bot or user.is_stranger:
        raise SlackError("cannot_dm_bot" if user.is_bot else "user_not_visible")
    return call.workspace.im(user.id, call.app.bot_user_id)


def _info(call: Call) -> Json:
    channel = _readable(call)
    face = channel_face(channel, call.app)
    if call.flag("include_num_members"):
        face["num_members"] = len(channel.members)
    return {"ok": True, "channel": face}


def _wanted_kinds(call: Call) -> set[str]:
    kinds = set()
    for word in (call.text("types") or "public_channel").split(","):
        if word.strip() not in _TYPES:
            raise SlackError("invalid_types")
        kind = _TYPES[word.strip()]
        _need(call, kind, "read")
        kinds.add(kind)
    return kinds


def _list(call: Call) -> Json:
    kinds, without_archived = _wanted_kinds(call), call.flag("exclude_archived")
    found = [
        each for each in call.workspace.channels.values()
        if each.kind in kinds and not call.hidden(each) and not (without_archived and each.is_archived)
    ]  # fmt: skip
    shown_now, cursor = page(call, found, lambda channel: channel.id)
    faces = [channel_face(each, call.app) | {"num_members": len(each.members)} for each in shown_now]
    return {"ok": True, "channels": faces, **cursor}


def _of_user(call: Call) -> Json:
    kinds, who = _wanted_kinds(call), call.text("user") or call.app.bot_user_id
    mine = [each for each in call.workspace.channels_of(who) if each.kind in kinds and not call.hidden(each)]
    if call.flag("exclude_archived"):
        mine = [each for each in mine if not each.is_archived]
    shown_now, cursor = page(call, mine, lambda channel: channel.id)
    return {"ok": True, "channels": [channel_face(each, call.app) for each in shown_now], **cursor}


def _members(call: Call) -> Json:
    shown_now, cursor = page(call, list(_readable(call).members), str)
    return {"ok": True, "members": list(shown_now), **cursor}


def _history_channel(call: Call) -> Channel:
    channel = _readable(call, "history")
    if call.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _between(call: Call, times: list[str]) -> list[str]:
    """The times inside `oldest` and `latest`; the edges only with `inclusive`."""
    inclusive = call.flag("inclusive")
    oldest, latest = call.text("oldest"), call.text("latest")
    first, last = 0, len(times)
    if oldest and oldest != "0":
        first = (bisect.bisect_left if inclusive else bisect.bisect_right)(times, oldest)
    if latest:
        last = (bisect.bisect_right if inclusive else bisect.bisect_left)(times, latest)
    return times[first:last]


def _history(call: Call) -> Json:
    channel = _history_channel(call)
    times = _between(call, channel.roots)[::-1]
    return _messages(call, channel, times) | {"pin_count": 0}


def _replies(call: Call) -> Json:
    channel = _history_channel(call)
    given = call.required("ts")
    message = channel.messages.get(given)
    if message is None:
        raise SlackError("thread_not_found")
    root = message.get("thread_ts", given)
    times = [root, *_between(call, channel.replies.get(root, []))]
    return _messages(call, channel, times)


def _messages(call: Call, channel: Channel, times: list[str]) -> Json:
    with_metadata = call.flag("include_all_metadata")
    shown_now, cursor = page(call, times, str)
    messages = [shown(channel.messages[ts], with_metadata=with_metadata) for ts in shown_now]
    more = bool(cursor["response_metadata"]["next_cursor"])
    return {"ok": True, "messages": messages, "has_more": more, **cursor}


def _join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    call.slack.membership.join(channel, call.app.bot_user_id)
    return {"ok": True, "channel": channel_face(channel, call.app)}


def _leave(call: Call) -> Json:
    channel = call.channel()
    was_in = call.app.bot_user_id in channel.members
    call.slack.membership.leave(channel, call.app.bot_user_id)
    return {"ok": True} if was_in else {"ok": True, "not_in_channel": True}


MEMBER = Family(
    "conversations",
    (
        Method("conversations.open", _open, 3, ("im:write", "mpim:write", "channels:manage", "groups:write")),
        Method("conversations.info", _info, 3, _READ),
        Method("conversations.list", _list, 2, _READ),
        Method("users.conversations", _of_user, 2, _READ),
        Method("conversations.members", _members, 4, _READ),
        Method("conversations.history", _history, 3, _HISTORY),
        Method("conversations.replies", _replies, 3, _HISTORY),
        Method("conversations.join", _join, 3, ("channels:join",)),
        Method("conversations.leave", _leave, 3, ("channels:manage", "channels:join", "groups:write", "im:write")),
    ),
)
