"""Slack's OAuth page: somebody picks a workspace and allows the app, and a code goes back to be exchanged for its token."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.grid import Grid
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.small_slack import SmallSlack
from bot.sandbox.workspace import SLACKBOT

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;background:#f6f3f7;color:#1d1c1d;margin:0}main{max-width:34rem;margin:4rem auto;
background:#fff;border:1px solid #ddd;border-radius:12px;padding:2rem}h1{font-size:1.4rem;margin-top:0}label{display:block;
margin:1rem 0 .25rem;font-weight:600}select{font:inherit;width:100%;padding:.5rem}button{font:inherit;font-weight:600;
padding:.6rem 1.4rem;border-radius:6px;border:1px solid #bbb;background:#fff;margin:1.5rem .5rem 0 0;cursor:pointer}
button.allow{background:#007a5a;border-color:#007a5a;color:#fff}code{font-size:.9rem}li{margin:.15rem 0}
"""


@dataclass(frozen=True)
class Allowed:
    slack: SmallSlack
    user: str
    redirect_uri: str
    scopes: tuple[str, ...]
    grid: Grid | None = None


@dataclass
class Consents:
    """`slacks` are all workspaces; `withheld` scopes are not granted, whoever asks. Codes are good once.

    In `grid`, an Enterprise organisation, the app may also be allowed for all of it.
    """

    slacks: Sequence[SmallSlack]
    grid: Grid | None = None
    client_id: str = field(default_factory=lambda: f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}")
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    withheld: set[str] = field(default_factory=set)
    _codes: dict[str, Allowed] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/oauth/v2/authorize", self._page), web.post("/oauth/v2/authorize", self._decide)]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        if query.get("client_id") != self.client_id or not query.get("redirect_uri"):
            return web.Response(status=400, text="invalid_client_id or no redirect_uri")
        return web.Response(text=_drawn(query, self.slacks, self.grid), content_type="text/html")

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        """Back to the app, with a code or with `access_denied`."""
        said = {name: str(value) for name, value in (await request.post()).items()}
        try:
            back = self.decide(said)
        except (SlackError, KeyError) as problem:
            return web.Response(status=400, text=str(problem))
        raise web.HTTPFound(back)

    def decide(self, said: Mapping[str, str]) -> str:
        """The address the browser is sent to."""
        if "allow" not in said:
            return f"{said['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': said['state']})}"
        team, _, user = said["who"].partition("/")
        grid = self.grid if self.grid is not None and self.grid.enterprise.id == team else None
        if grid is not None:
            team = grid.hand(user).user.team_id
        slack = next(one for one in self.slacks if one.workspace.team_id == team)
        scopes = tuple(one for one in said["scope"].split(",") if one not in self.withheld)
        code = secrets.token_urlsafe(16)
        self._codes[code] = Allowed(slack, slack.workspace.find_user(user).id, said["redirect_uri"], scopes, grid)
        return f"{said['redirect_uri']}?{urlencode({'code': code, 'state': said['state']})}"

    def exchange(self, arguments: Mapping[str, str]) -> Json:
        """`oauth.v2.access`: the workspace has the app from now on."""
        if arguments.get("client_id") != self.client_id:
            raise SlackError("invalid_client_id")
        if arguments.get("client_secret") != self.client_secret:
            raise SlackError("bad_client_secret")
        allowed = self._codes.pop(arguments.get("code", ""), None)
        if allowed is None:
            raise SlackError("invalid_code")
        if allowed.redirect_uri != arguments.get("redirect_uri"):
            raise SlackError("bad_redirect_uri")
        return _granted(allowed)


def _granted(allowed: Allowed) -> Json:
    slack = allowed.slack
    if allowed.grid is not None:
        return _granted_to_all(allowed, allowed.grid)
    slack.uninstalled = False
    slack.delivery.resume_events()
    return {
        "ok": True, "access_token": slack.app.bot_token, "token_type": "bot", "scope": ",".join(allowed.scopes),
        "bot_user_id": slack.app.bot_user_id, "app_id": slack.app.id, "enterprise": _enterprise(slack),
        "team": {"id": slack.workspace.team_id, "name": slack.workspace.name},
        "authed_user": {"id": allowed.user}, "is_enterprise_install": False,
    }  # fmt: skip


def _granted_to_all(allowed: Allowed, grid: Grid) -> Json:
    """The whole Enterprise organisation has it; its workspaces are given it later, one by one."""
    grid.install()
    app = allowed.slack.app
    return {
        "ok": True, "access_token": grid.token, "token_type": "bot", "scope": ",".join(allowed.scopes),
        "bot_user_id": app.bot_user_id, "app_id": app.id, "team": None, "enterprise": _enterprise(allowed.slack),
        "authed_user": {"id": allowed.user}, "is_enterprise_install": True,
    }  # fmt: skip


def _enterprise(slack: SmallSlack) -> Json | None:
    of = slack.workspace.enterprise
    return None if of is None else {"id": of.id, "name": of.name}


def _drawn(query: Mapping[str, str], slacks: Sequence[SmallSlack], grid: Grid | None) -> str:
    kept = "".join(
        f'<input type=hidden name={name} value="{escape(query.get(name, ""))}">'
        for name in ("redirect_uri", "state", "scope")
    )
    scopes = "".join(f"<li><code>{escape(one)}</code></li>" for one in query.get("scope", "").split(","))
    name = escape(slacks[0].app.name)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Allow {name}</title><style>{STYLE}</style><main><h1>{name} asks to be added to a workspace</h1>"
        "<p>This is the sandbox's page for what Slack asks before an app is installed.</p>"
        f"<form method=post>{kept}<label for=who>Workspace, and who you are there</label>"
        f"<select id=who name=who>{''.join(_people(one) for one in reversed(slacks))}{_whole(grid)}</select>"
        f"<p>It may then:</p><ul>{scopes}</ul>"
        "<button class=allow name=allow value=1>Allow</button><button name=deny value=1>Cancel</button></form></main></html>"
    )


def _people(slack: SmallSlack) -> str:
    """Members only: guests and people of elsewhere may install nothing."""
    team = slack.workspace.team_id
    able = [
        one for one in slack.workspace.users.values()
        if one.belongs_to(team) and one.id != SLACKBOT
        and not (one.is_bot or one.deleted or one.is_restricted or one.is_stranger)
    ]  # fmt: skip
    options = "".join(
        f'<option value="{team}/{one.id}">{escape(f"{one.real_name} · {slack.workspace.name}")}</option>'
        for one in able
    )
    return f'<optgroup label="{escape(slack.workspace.name)}">{options}</optgroup>'


def _whole(grid: Grid | None) -> str:
    """Only who owns an Enterprise organisation allows an app in all of it."""
    if grid is None:
        return ""
    org = grid.enterprise
    owners = {one.id: one for team in grid.teams.values() for one in team.workspace.users.values() if one.is_owner}
    options = "".join(
        f'<option value="{org.id}/{one.name}">{escape(f"{one.real_name} · all of {org.name}")}</option>'
        for one in owners.values()
    )
    return f'<optgroup label="{escape(org.name)}">{options}</optgroup>'
