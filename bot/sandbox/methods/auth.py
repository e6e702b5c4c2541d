"""auth.test, api.test, apps.connections.open: who am I, is anybody there, open a socket."""

from bot.sandbox.methods.base import Call, Family, Method
from bot.sandbox.shapes import Json, SlackError


def _auth_test(call: Call) -> Json:
    workspace, app = call.workspace, call.app
    return {
        "ok": True, "url": f"https://{workspace.domain}.slack.com/", "team": workspace.name,
        "user": workspace.users[app.bot_user_id].name, "team_id": workspace.team_id, "user_id": app.bot_user_id,
        "bot_id": app.bot_id, "is_enterprise_install": False,
    }  # fmt: skip


def _api_test(call: Call) -> Json:
    if error := call.text("error"):
        raise SlackError(error, args=call.arguments)
    return {"ok": True, "args": call.arguments}


def _connections_open(call: Call) -> Json:
    slack = call.slack
    if not slack.sockets_allowed:
        raise SlackError("link_disabled")  # our word: Slack's own for "Socket Mode is off" is not published
    slack.delivery.transport = slack.sockets
    address = slack.base.replace("http", "ws", 1)
    return {"ok": True, "url": f"{address}/socket/?ticket={slack.sockets.ticket()}&app_id={call.app.id}"}


MEMBER = Family(
    "auth",
    (
        Method("auth.test", _auth_test, 5, caller="any"),
        Method("api.test", _api_test, 4, caller="none"),
        Method("apps.connections.open", _connections_open, 1, caller="app"),
    ),
)
