"""users.*: one person, by id or e-mail, all of them, profile and presence."""

from bot.sandbox.faces import user_face
from bot.sandbox.methods.base import Call, Family, Method, page
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.workspace import User

_READ = ("users:read",)


def _face(call: Call, user: User) -> Json:
    return user_face(user, call.app, call.workspace)


def _info(call: Call) -> Json:
    user = call.workspace.user(call.required("user"))
    return {"ok": True, "user": _whole(call, user)}


def _whole(call: Call, user: User) -> Json:
    """The locale comes only to who asks for it."""
    return _face(call, user) | ({"locale": user.locale} if call.flag("include_locale") else {})


def _lookup(call: Call) -> Json:
    """Only active people of this workspace: who left and who never was are the same."""
    email = call.required("email").lower()
    for user in call.workspace.users.values():
        if user.email.lower() == email and not user.deleted and user.belongs_to(call.workspace.team_id):
            return {"ok": True, "user": _face(call, user)}
    raise SlackError("users_not_found")


def _list(call: Call) -> Json:
    own = [user for user in call.workspace.users.values() if user.belongs_to(call.workspace.team_id)]
    shown_now, cursor = page(call, own, lambda user: user.id, default=1000)
    members = [_whole(call, user) for user in shown_now]
    return {"ok": True, "members": members, "cache_ts": int(call.slack.clock.now()), **cursor}


def _profile(call: Call) -> Json:
    user = call.workspace.user(call.text("user") or call.app.bot_user_id)
    return {"ok": True, "profile": _face(call, user)["profile"]}


def _presence(call: Call) -> Json:
    user = call.workspace.user(call.text("user") or call.app.bot_user_id)
    return {"ok": True, "presence": "away" if user.deleted else "active"}


MEMBER = Family(
    "users",
    (
        Method("users.info", _info, 4, _READ),
        Method("users.lookupByEmail", _lookup, 3, ("users:read.email",)),
        Method("users.list", _list, 2, _READ),
        Method("users.profile.get", _profile, 4, ("users.profile:read",)),
        Method("users.getPresence", _presence, 3, _READ),
    ),
)
