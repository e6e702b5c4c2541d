"""chat.*: post, update, delete, whisper, link to and schedule messages, with Slack's refusals."""

import json
from typing import Any

from bot.sandbox import limits
from bot.sandbox.messages import shown
from bot.sandbox.methods.base import Call, Family, Method
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.validate import refuse_bad_message
from bot.sandbox.workspace import Channel

_WRITE = ("chat:write",)


def _post(call: Call) -> Json:
    content = _content(call)
    channel = _target(call)
    thread_ts, broadcast = _thread(call, channel), call.flag("reply_broadcast")
    message = call.slack.messages.post(channel, call.app.bot_user_id, content, thread_ts, broadcast=broadcast)
    call.slack.posted_by[channel.id, message["ts"]] = call.token
    return {"ok": True, "channel": channel.id, "ts": message["ts"], "message": message}


def _content(call: Call) -> Json:
    """Text, blocks, attachments and metadata of a new message."""
    content: Json = {"text": _text(call)}
    for key in ("blocks", "attachments"):
        if call.arguments.get(key):
            content[key] = call.arguments[key]
    if call.text("markdown_text"):
        content["blocks"] = [{"type": "markdown", "text": call.text("markdown_text")}]
    refuse_bad_message(content.get("blocks"), content.get("attachments"))
    if not content["text"].strip() and len(content) == 1:
        raise SlackError("no_text")
    if call.arguments.get("metadata"):
        content["metadata"] = _metadata(call.arguments["metadata"])
    return content


def _text(call: Call) -> str:
    markdown = call.text("markdown_text")
    if markdown and (call.text("text") or call.arguments.get("blocks")):
        raise SlackError("markdown_text_conflict")
    if len(markdown) > limits.MARKDOWN:
        raise SlackError("msg_too_long")
    return (call.text("text") or markdown)[: limits.TEXT_ON_POST]


def _metadata(given: Any) -> Json:
    if not isinstance(given, dict) or not isinstance(given.get("event_payload"), dict) or not given.get("event_type"):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(given)) > limits.METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return given


def _target(call: Call) -> Channel:
    """Where to post: a channel's id or name, a DM's id, or a person's id, which means their DM."""
    where = call.required("channel")
    if where in call.workspace.users:
        return _dm(call, where)
    channel = call.workspace.find_channel(where)
    if channel is None or call.hidden(channel):
        raise SlackError("channel_not_found")
    _refuse_unwritable(call, channel)
    return channel


def _refuse_unwritable(call: Call, channel: Channel) -> None:
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.app.bot_user_id not in channel.members and "chat:write.public" not in call.app.scopes:
        raise SlackError("not_in_channel")
    if channel.kind == "im":
        _dm(call, channel.user)


def _dm(call: Call, user_id: str) -> Channel:
    user = call.workspace.users[user_id]
    if user.deleted or user.is_bot or user.is_stranger:
        raise SlackError("channel_not_found")
    if not call.app.messages_tab:
        raise SlackError("messages_tab_disabled")
    return call.workspace.im(user_id, call.app.bot_user_id)


def _thread(call: Call, channel: Channel) -> str:
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return ""
    parent = channel.messages.get(thread_ts)
    if parent is None:
        raise SlackError("cannot_reply_to_message")
    return str(parent.get("thread_ts", thread_ts))


def _update(call: Call) -> Json:
    channel, ts = _own_message(call, "cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    if len(call.text("text")) > limits.TEXT_ON_UPDATE:
        raise SlackError("msg_too_long")
    changes = _changes(call)
    has_blocks = changes["blocks"] if "blocks" in changes else channel.messages[ts].get("blocks")
    by = None if has_blocks else call.app.bot_user_id
    message = call.slack.messages.change(channel, ts, changes, edited_by=by)
    return {"ok": True, "channel": channel.id, "ts": ts, "text": message["text"], "message": message}


def _changes(call: Call) -> Json:
    """What chat.update puts over a message: text without blocks wipes blocks, an empty list or object clears."""
    given = call.arguments
    refuse_bad_message(given.get("blocks"), given.get("attachments"))
    changes: Json = {}
    if given.get("text") is not None:
        changes |= {"text": call.text("text"), "blocks": None}
    for key in ("blocks", "attachments"):
        if given.get(key) is not None:
            changes[key] = given[key] or None
    if given.get("metadata") is not None:
        changes["metadata"] = _metadata(given["metadata"]) if given["metadata"] else None
    if not changes or (not changes.get("text") and changes.get("text") is not None and not changes.get("blocks")):
        raise SlackError("no_text")
    return changes


def _own_message(call: Call, refusal: str) -> tuple[Channel, str]:
    channel, ts = call.channel(), call.required("ts")
    if call.app.bot_user_id not in channel.members and "chat:write.public" not in call.app.scopes:
        raise SlackError("not_in_channel")
    message = channel.messages.get(ts)
    if message is None or message.get("subtype") == "tombstone":
        raise SlackError("message_not_found")
    author = call.slack.posted_by.get((channel.id, ts), call.token)
    if message.get("user") != call.app.bot_user_id or author != call.token:
        raise SlackError(refusal)
    return channel, ts


def _delete(call: Call) -> Json:
    channel, ts = _own_message(call, "cant_delete_message")
    call.slack.messages.delete(channel, ts)
    return {"ok": True, "channel": channel.id, "ts": ts}


def _post_ephemeral(call: Call) -> Json:
    content = _content(call)
    channel = call.workspace.find_channel(call.required("channel"))
    if channel is None or call.hidden(channel):
        raise SlackError("channel_not_found")
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    user = call.required("user")
    if user not in channel.members or call.workspace.user(user, "user_not_in_channel").deleted:
        raise SlackError("user_not_in_channel")
    message = call.slack.messages.whisper(channel, user, call.app.bot_user_id, content, call.text("thread_ts"))
    return {"ok": True, "message_ts": message["ts"]}


def _permalink(call: Call) -> Json:
    channel, ts = call.channel(), call.required("message_ts")
    if ts not in channel.messages:
        raise SlackError("message_not_found")
    link = f"https://{call.workspace.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"ok": True, "channel": channel.id, "permalink": link}


def _schedule(call: Call) -> Json:
    content, channel = _content(call), _target(call)
    later = call.slack.scheduled.add(
        channel, call.app.bot_user_id, call.number("post_at", 0), content, _thread(call, channel)
    )
    return {"ok": True, "channel": channel.id, "scheduled_message_id": later.id, "post_at": later.post_at,
            "message": shown(content)}  # fmt: skip


def _delete_scheduled(call: Call) -> Json:
    call.slack.scheduled.remove(call.channel(), call.required("scheduled_message_id"))
    return {"ok": True}


def _list_scheduled(call: Call) -> Json:
    found = [
        {"id": each.id, "channel_id": each.channel.id, "post_at": each.post_at, "date_created": each.created,
         "text": each.content["text"]}
        for each in call.slack.scheduled.waiting.values() if call.text("channel") in ("", each.channel.id)
    ]  # fmt: skip
    return {"ok": True, "scheduled_messages": found, "response_metadata": {"next_cursor": ""}}


MEMBER = Family(
    "chat",
    (
        Method("chat.postMessage", _post, 5, _WRITE),
        Method("chat.update", _update, 3, _WRITE),
        Method("chat.delete", _delete, 3, _WRITE),
        Method("chat.postEphemeral", _post_ephemeral, 4, _WRITE),
        Method("chat.getPermalink", _permalink, 5),
        Method("chat.scheduleMessage", _schedule, 3, _WRITE),
        Method("chat.deleteScheduledMessage", _delete_scheduled, 3, _WRITE),
        Method("chat.scheduledMessages.list", _list_scheduled, 3),
    ),
)
