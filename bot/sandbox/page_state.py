"""What the page shows: people, channels, messages, modals, as JSON for one viewer."""

from dataclasses import asdict

from bot.sandbox.faces import view_face
from bot.sandbox.neighbours import Along
from bot.sandbox.page_people import kind_of
from bot.sandbox.shapes import Json
from bot.sandbox.small_slack import SmallSlack
from bot.sandbox.sockets import Sockets
from bot.sandbox.workspace import SLACKBOT, Channel, User


def state(slack: SmallSlack, user: User) -> Json:
    """Everything but messages."""
    workspace, app = slack.workspace, slack.app
    home = workspace.home(user.id)
    own = [channel for channel in workspace.channels.values() if _sees(channel, user.id)]
    return {
        "workspace": {"id": workspace.team_id, "name": workspace.name, "domain": workspace.domain},
        "workspaces": slack.neighbours(), "installed": workspace.is_wide or not slack.uninstalled,
        "me": _user(slack, user),
        "users": [_user(slack, each) for each in workspace.users.values()],
        "channels": [_channel(slack, channel, user.id) for channel in own],
        "app": {"id": app.id, "name": app.name, "bot_user_id": app.bot_user_id, "bot_id": app.bot_id,
                "color": app.color, "initial": app.initial},
        "commands": [{"command": c.command, "description": c.description, "usage_hint": c.usage_hint}
                     for c in app.commands],
        "shortcuts": [{"name": s.name, "type": s.kind, "callback_id": s.callback_id, "description": s.description}
                      for s in app.shortcuts],
        "functions": [
            {"callback_id": f.callback_id, "title": f.title, "description": f.description,
             "inputs": [asdict(each) for each in f.inputs]}
            for f in app.functions
        ],
        "steps": slack.steps.shown(),
        "usergroups": [{"id": g.id, "handle": g.handle, "name": g.name, "users": list(g.users), "disabled": g.disabled}
                       for g in workspace.groups.values()],
        "hint": list(workspace.hint),
        "home": view_face(home) if home else None, "modals": modals(slack, user.id),
        "clock": clock(slack), "transport": transport(slack),
    }  # fmt: skip


def first_viewer(slack: SmallSlack) -> User:
    """Whom the page shows until somebody is chosen."""
    able = (each for each in slack.workspace.users.values() if not (each.is_bot or each.deleted or each.id == SLACKBOT))
    return next(able)


def modals(slack: SmallSlack, user_id: str) -> list[Json]:
    return [view_face(view) for view in slack.workspace.stack(user_id)]


def clock(slack: SmallSlack) -> Json:
    return {"now": slack.clock.now(), "offset": slack.clock.offset}


def transport(slack: SmallSlack) -> str:
    way = slack.delivery.transport
    if isinstance(way, Along):
        way = way.first.transport
    if way is None or slack.uninstalled:
        return "none"
    return "socket" if isinstance(way, Sockets) else "http"


def messages(slack: SmallSlack, user: User, channel: Channel, thread_ts: str) -> list[Json]:
    """The channel's roots, or one thread, oldest first, with what is whispered to this person."""
    times = [thread_ts, *channel.replies.get(thread_ts, ())] if thread_ts else channel.roots
    found = [channel.messages[ts] for ts in times if ts in channel.messages]
    found += slack.messages.whispers_to(user.id, channel.id, thread_ts)
    return sorted(({**message, "channel": channel.id} for message in found), key=lambda message: str(message["ts"]))


def _sees(channel: Channel, user_id: str) -> bool:
    return user_id in channel.members or channel.kind == "channel"


def _channel(slack: SmallSlack, channel: Channel, user_id: str) -> Json:
    face: Json = {
        "id": channel.id, "name": channel.name, "kind": channel.kind, "topic": channel.topic,
        "is_archived": channel.is_archived, "is_ext_shared": channel.is_ext_shared,
        "is_member": user_id in channel.members, "members": list(channel.members),
        "unread": channel.unread[user_id], "mentions": channel.mentions[user_id],
    }  # fmt: skip
    return face | {"user": slack.app.bot_user_id} if channel.kind == "im" else face


def _user(slack: SmallSlack, user: User) -> Json:
    initials = user.initials if user.id != SLACKBOT else "S"
    return {
        "id": user.id, "name": user.name, "real_name": user.real_name, "title": user.title, "email": user.email,
        "tz": user.tz, "tz_offset": user.tz_offset(slack.clock.now()), "is_bot": user.is_bot, "deleted": user.deleted,
        "is_restricted": user.is_restricted, "is_ultra_restricted": user.is_ultra_restricted,
        "is_stranger": user.is_stranger, "team_id": user.team_id, "color": user.color, "initials": initials,
        "status_emoji": user.status_emoji, "status_text": user.status_text, "locale": user.locale,
        "is_email_confirmed": user.is_email_confirmed, "kind": kind_of(user, slack.workspace.team_id),
    }  # fmt: skip
