"""auth.test, api.test, apps.connections.open: who am I, is anybody there, open a socket."""

from bot.sandbox.methods.base import Call, Family, Method, page
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.workspace import Enterprise


def _auth_test(call: Call) -> Json:
    workspace, app = call.workspace, call.app
    if call.org is not None:
        return _of_all(call, call.org)
    return {
        "ok": True, "url": f"https://{workspace.domain}.slack.com/", "team": workspace.name,
        "user": workspace.users[app.bot_user_id].name, "team_id": workspace.team_id, "user_id": app.bot_user_id,
        "bot_id": app.bot_id, "is_enterprise_install": False,
    } | ({"enterprise_id": workspace.enterprise_id} if workspace.enterprise else {})  # fmt: skip


def _of_all(call: Call, org: Enterprise) -> Json:
    """An organisation's token has no workspace of its own."""
    return {
        "ok": True, "url": "https://umbra.enterprise.slack.com/", "team": org.name, "team_id": org.id,
        "user": call.workspace.users[call.app.bot_user_id].name, "user_id": call.app.bot_user_id,
        "bot_id": call.app.bot_id, "enterprise_id": org.id, "is_enterprise_install": True,
    }  # fmt: skip


def _teams(call: Call) -> Json:
    """The workspaces that a token reaches."""
    if call.org is None:
        names = {call.workspace.team_id: call.workspace.name}
    else:
        names = {team: call.slack.names.get(team, team) for team in call.org.granted}
    shown_now, cursor = page(call, list(names), str)
    return {"ok": True, "teams": [{"id": team, "name": names[team]} for team in shown_now], **cursor}


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
        Method("auth.teams.list", _teams, 2),
        Method("api.test", _api_test, 4, caller="none"),
        Method("apps.connections.open", _connections_open, 1, caller="app"),
    ),
)
