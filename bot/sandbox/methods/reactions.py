"""reactions.* and pins.add: small marks on a message."""

from bot.sandbox.methods.base import Call, Family, Method
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.workspace import Channel


def _message(call: Call) -> tuple[Channel, Json]:
    channel = call.channel()
    message = channel.messages.get(call.required("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    if call.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel, message


def _react(call: Call) -> Json:
    channel, message = _message(call)
    name, me = call.required("name").strip(":"), call.app.bot_user_id
    reactions = [dict(each) for each in message.get("reactions", ())]
    found = next((each for each in reactions if each["name"] == name), None)
    if found is None:
        reactions.append({"name": name, "users": [me], "count": 1})
    elif me in found["users"]:
        raise SlackError("already_reacted")
    else:
        found |= {"users": [*found["users"], me], "count": found["count"] + 1}
    call.slack.messages.set_reactions(channel, message["ts"], reactions)
    return {"ok": True}


def _unreact(call: Call) -> Json:
    channel, message = _message(call)
    name, me = call.required("name").strip(":"), call.app.bot_user_id
    if not any(each["name"] == name and me in each["users"] for each in message.get("reactions", ())):
        raise SlackError("no_reaction")
    reactions = []
    for each in message["reactions"]:
        users = [user for user in each["users"] if each["name"] != name or user != me]
        if users:
            reactions.append({"name": each["name"], "users": users, "count": len(users)})
    call.slack.messages.set_reactions(channel, message["ts"], reactions)
    return {"ok": True}


def _reactions(call: Call) -> Json:
    channel, message = _message(call)
    return {"ok": True, "type": "message", "channel": channel.id, "message": message}


def _pin(call: Call) -> Json:
    _, message = _message(call)
    if message.get("pinned_to"):
        raise SlackError("already_pinned")
    message["pinned_to"] = [call.text("channel")]
    return {"ok": True}


MEMBER = Family(
    "reactions",
    (
        Method("reactions.add", _react, 3, ("reactions:write",)),
        Method("reactions.remove", _unreact, 2, ("reactions:write",)),
        Method("reactions.get", _reactions, 3, ("reactions:read",)),
        Method("pins.add", _pin, 2, ("pins:write",)),
    ),
)
