"""views.*: open, push, update, publish."""

from bot.sandbox.faces import view_face
from bot.sandbox.methods.base import Call, Family, Method
from bot.sandbox.shapes import Json, SlackError


def _view(call: Call) -> Json:
    view = call.arguments.get("view")
    if not isinstance(view, dict):
        problem = "[ERROR] missing required field: view"
        raise SlackError("invalid_arguments", response_metadata={"messages": [problem]})
    return view


def _trigger(call: Call) -> str:
    return call.text("trigger_id") or call.required("interactivity_pointer")


def _open(call: Call) -> Json:
    return {"ok": True, "view": view_face(call.slack.views.open(_trigger(call), _view(call)))}


def _push(call: Call) -> Json:
    return {"ok": True, "view": view_face(call.slack.views.push(_trigger(call), _view(call)))}


def _update(call: Call) -> Json:
    view = call.slack.views.update(_view(call), call.text("view_id"), call.text("external_id"), call.text("hash"))
    return {"ok": True, "view": view_face(view)}


def _publish(call: Call) -> Json:
    view = call.slack.views.publish(call.required("user_id"), _view(call), call.text("hash"))
    return {"ok": True, "view": view_face(view)}


MEMBER = Family(
    "views",
    (
        Method("views.open", _open, 4),
        Method("views.push", _push, 4),
        Method("views.update", _update, 4),
        Method("views.publish", _publish, 4),
    ),
)
