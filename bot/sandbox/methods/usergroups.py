"""usergroups.*: the groups and who is in them."""

from bot.sandbox.faces import group_face
from bot.sandbox.methods.base import Call, Family, Method
from bot.sandbox.shapes import Json, SlackError

_READ = ("usergroups:read",)


def _list(call: Call) -> Json:
    disabled, include = call.flag("include_disabled"), call.flag("include_users")
    groups = [group for group in call.workspace.groups.values() if disabled or not group.disabled]
    return {"ok": True, "usergroups": [group_face(g, call.workspace, include_users=include) for g in groups]}


def _users(call: Call) -> Json:
    group = call.workspace.groups.get(call.required("usergroup"))
    if group is None or (group.disabled and not call.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"ok": True, "users": list(group.users)}


MEMBER = Family(
    "usergroups",
    (Method("usergroups.list", _list, 2, _READ), Method("usergroups.users.list", _users, 2, _READ)),
)
