"""bots.info, team.info, emoji.list: the app, the workspace and its emoji."""

from bot.sandbox.methods.base import Call, Family, Method
from bot.sandbox.shapes import Json, SlackError


def _bot(call: Call) -> Json:
    app = call.app
    if call.text("bot") not in ("", app.bot_id):
        raise SlackError("bot_not_found")
    return {"ok": True, "bot": {"id": app.bot_id, "deleted": False, "name": app.bot_name, "app_id": app.id,
                                "user_id": app.bot_user_id, "icons": {}}}  # fmt: skip


def _team(call: Call) -> Json:
    workspace = call.workspace
    team = {"id": workspace.team_id, "name": workspace.name, "domain": workspace.domain, "email_domain": "acme.example"}
    return {"ok": True, "team": team}


def _emoji(call: Call) -> Json:
    return {"ok": True, "emoji": {}, "cache_ts": f"{call.slack.clock.now():.6f}"}


MEMBER = Family(
    "team",
    (
        Method("bots.info", _bot, 3, ("users:read",)),
        Method("team.info", _team, 3, ("team:read",)),
        Method("emoji.list", _emoji, 2, ("emoji:read",)),
    ),
)
