"""How people, channels, groups and views look in Slack's JSON, as far as the app's scopes let it see them."""

from bot.sandbox.app import App
from bot.sandbox.shapes import Json
from bot.sandbox.workspace import Channel, User, UserGroup, View, Workspace


def user_face(user: User, app: App, workspace: Workspace) -> Json:
    """The user object of users.info and user_change; the e-mail only with users:read.email."""
    face: Json = {
        "id": user.id, "team_id": user.team_id, "name": user.name, "deleted": user.deleted, "color": user.color,
        "real_name": user.real_name, "tz": user.tz, "tz_label": user.tz, "tz_offset": user.tz_offset(workspace.clock.now()),
        "profile": _profile(user, app), "is_admin": user.is_admin, "is_owner": user.is_owner,
        "is_primary_owner": user.is_primary_owner, "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted, "is_bot": user.is_bot, "is_app_user": False,
        "updated": user.updated, "is_email_confirmed": user.is_email_confirmed,
        "who_can_share_contact_card": "EVERYONE",
    }  # fmt: skip
    if user.is_bot:
        face |= {"is_workflow_bot": False, "is_connector_bot": False}
    if user.is_invited_user:
        face["is_invited_user"] = True
    if user.enterprise_id:
        grid = {"id": user.id, "enterprise_id": user.enterprise_id, "enterprise_name": "", "teams": list(user.teams)}
        face["enterprise_user"] = grid | {"is_admin": user.is_admin, "is_owner": user.is_owner}
    if not user.belongs_to(workspace.team_id):
        face["is_stranger"] = user.is_stranger
    return face


def _profile(user: User, app: App) -> Json:
    first, _, last = user.real_name.partition(" ")
    profile: Json = {
        "title": user.title, "phone": "", "real_name": user.real_name, "real_name_normalized": user.real_name,
        "display_name": user.name, "display_name_normalized": user.name, "first_name": first, "last_name": last,
        "status_text": user.status_text, "status_emoji": user.status_emoji, "team": user.team_id,
        "image_48": "", "image_192": "",
    }  # fmt: skip
    if user.is_bot:
        profile |= {"api_app_id": app.id, "bot_id": app.bot_id}
    elif user.email and "users:read.email" in app.scopes:
        profile["email"] = user.email
    if user.is_restricted or user.is_ultra_restricted:
        profile |= {"guest_invited_by": "U0ALICE001", "guest_expiration_ts": None}
    return profile


def channel_face(channel: Channel, app: App) -> Json:
    """The conversation object of conversations.info."""
    face: Json = {
        "id": channel.id, "created": channel.created, "is_archived": channel.is_archived,
        "is_im": channel.kind == "im", "is_org_shared": False, "context_team_id": None,
        "is_mpim": False, "is_private": channel.is_private,
    }  # fmt: skip
    if channel.kind == "im":
        return face | {"user": channel.user, "is_user_deleted": False}
    return face | {
        "name": channel.name, "name_normalized": channel.name, "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "private", "is_general": channel.name == "general",
        "is_shared": channel.is_ext_shared, "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": False, "is_member": app.bot_user_id in channel.members,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0}, "creator": "U0ALICE001",
    }  # fmt: skip


def group_face(group: UserGroup, workspace: Workspace, *, include_users: bool) -> Json:
    face: Json = {
        "id": group.id, "team_id": workspace.team_id, "is_usergroup": True, "is_subteam": True, "name": group.name,
        "description": "", "handle": group.handle, "is_external": False, "date_create": 0,
        "date_update": group.updated, "date_delete": int(workspace.clock.now()) if group.disabled else 0,
        "auto_type": None, "created_by": "U0ALICE001", "user_count": len(group.users),
        "prefs": {"channels": [], "groups": []},
    }  # fmt: skip
    return face | {"users": list(group.users)} if include_users else face


def view_face(view: View) -> Json:
    """The view object of views.* answers and interaction payloads."""
    return view.body | {"state": {"values": view.values}}
