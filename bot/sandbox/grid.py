"""An Enterprise organisation, Umbra, with two workspaces: what a token of all of it reaches, and who gave it access.

The app may be installed in one workspace, or in the whole organisation; then each workspace is given it, and may lose it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any, Final

from bot.sandbox.app import App
from bot.sandbox.hand import Hand
from bot.sandbox.ids import new_id
from bot.sandbox.neighbours import beside
from bot.sandbox.seed import channel
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.small_slack import SmallSlack
from bot.sandbox.workspace import SLACKBOT, Enterprise, User, UserGroup, Workspace

EUROPE: Final = "T1UMBRAEU1"
AMERICA: Final = "T1UMBRAUS1"
UMBRA: Final = "E1UMBRA001"

NEEDS_TEAM: Final = frozenset(
    {"bots.info", "conversations.list", "usergroups.list", "usergroups.users.list", "users.conversations", "users.list"}
)
"""With an organisation's token these must say which workspace is meant (docs.slack.dev, developing for Enterprise orgs)."""

OF_ALL: Final = frozenset({"users.info"})
"""What is about the people of the whole organisation, whichever workspaces have the app."""

PEOPLE: Final = (
    User("W1URSULA01", "ursula", "Ursula Umbra", "ursula@umbra.example", "Head of IT", teams=(EUROPE, AMERICA),
         is_admin=True, is_owner=True, is_primary_owner=True, color="9f69e7"),
    User("W1VIKTOR02", "viktor", "Viktor Vogt", "viktor@umbra.example", "Engineer", teams=(EUROPE,), color="4bbe2e"),
    User("W1WENDY003", "wendy", "Wendy West", "wendy@umbra.example", "Engineer", "America/New_York", teams=(AMERICA,),
         color="e7392d"),
)  # fmt: skip


@dataclass
class Grid:
    """`teams` are its workspaces by id; `token` is good while the app is installed in the whole organisation.

    `gives_after` seconds all workspaces get the app; None leaves it to whoever plays Slack's administration.
    """

    enterprise: Enterprise
    teams: dict[str, SmallSlack]
    token: str
    gives_after: float | None = None

    def team(self, id: str) -> SmallSlack:
        return self.teams[id]

    def hand(self, who: str, team: str = "") -> Hand:
        """Somebody, in one of their workspaces; in their first one where none is named."""
        user = next(each for each in PEOPLE if who in (each.id, each.name))
        return Hand(self.teams[team or user.teams[0]], user.id)

    # Installing.

    def install(self) -> None:
        """In the whole organisation; no workspace has it yet."""
        self.enterprise.wide = True
        if self.gives_after is not None:
            asyncio.get_running_loop().call_later(self.gives_after, self.grant, *self.teams)

    def grant(self, *teams: str) -> None:
        """Workspaces get the app: it hears team_access_granted."""
        for team in teams:
            self.enterprise.granted[team] = None
            self.teams[team].delivery.resume_events()
        self._tell("team_access_granted", teams)

    def revoke(self, *teams: str) -> None:
        """Workspaces lose the app: it hears team_access_revoked, and nothing more from there."""
        for team in teams:
            self.enterprise.granted.pop(team, None)
        self._tell("team_access_revoked", teams)
        for team in teams:
            if self.teams[team].uninstalled:
                self.teams[team].delivery.stop_events()

    def uninstall(self) -> None:
        """From the whole organisation: the token stops working, and the app hears tokens_revoked and app_uninstalled."""
        first = next(iter(self.teams.values()))
        first.delivery.resume_events()
        for event in ({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [first.app.bot_user_id]}},
                      {"type": "app_uninstalled"}):  # fmt: skip
            mine = {"enterprise_id": self.enterprise.id, "team_id": EUROPE, "user_id": first.app.bot_user_id}
            self._send(first, event, authorizations=[{**mine, "is_bot": True, "is_enterprise_install": True}])
        self.enterprise.wide = False
        self.enterprise.granted.clear()
        for team in self.teams.values():
            if team.uninstalled:
                team.delivery.stop_events()

    def _tell(self, kind: str, teams: tuple[str, ...]) -> None:
        """Of no workspace, and without authorizations: nothing in it says `is_enterprise_install` (bolt-js#1778)."""
        if kind in next(iter(self.teams.values())).app.events:
            self._send(self.teams[teams[0]], {"type": kind, "team_ids": list(teams)})

    def _send(self, through: SmallSlack, event: Json, **more: Any) -> None:
        now = through.clock.now()
        through.delivery.send_event(
            {
                "token": through.app.verification_token, "enterprise_id": self.enterprise.id,
                "api_app_id": through.app.id, "type": "event_callback", "event_id": new_id("Ev"),
                "event": {**event, "event_ts": f"{now:.6f}"}, "event_time": int(now), **more,
            }
        )  # fmt: skip

    # What a call with the organisation's token is about.

    def aimed(self, method: str, arguments: Mapping[str, Any]) -> SmallSlack:
        """The workspace; refused where that has not got the app."""
        found = self._aimed(method, arguments)
        if found is None:
            return next(iter(self.teams.values()))
        if method in OF_ALL:
            return found
        if self.enterprise.wide and found.workspace.team_id not in self.enterprise.granted:
            raise SlackError("team_access_not_granted")
        return found

    def _aimed(self, method: str, arguments: Mapping[str, Any]) -> SmallSlack | None:
        if method in NEEDS_TEAM:
            return self._named(str(arguments.get("team_id") or ""))
        tests: dict[str, Callable[[SmallSlack, str], bool]] = {
            "channel": lambda one, id: id in one.workspace.channels,
            "view_id": lambda one, id: id in one.workspace.views,
            "trigger_id": lambda one, id: one.triggers.knows(id),
        }
        for key, holds in tests.items():
            given = str(arguments.get(key) or "")
            found = next((one for one in self.teams.values() if given and holds(one, given)), None)
            if found is not None:
                return found
        people = (str(arguments.get(key) or "") for key in ("user_id", "user", "users", "channel"))
        return next((self._home(id) for id in people if self._home(id) is not None), None)

    def _named(self, team: str) -> SmallSlack:
        if not team:
            raise SlackError(
                "missing_argument", response_metadata={"messages": ["[ERROR] missing required field: team_id"]}
            )
        if team not in self.teams:
            raise SlackError("team_not_found")
        return self.teams[team]

    def _home(self, user: str) -> SmallSlack | None:
        """Somebody's direct messages and Home are in the first of their workspaces that has the app."""
        of = next((each.teams for each in PEOPLE if each.id == user), ())
        able = [team for team in of if team in self.enterprise.granted] or list(of)
        return self.teams[able[0]] if able else None


def umbra(first: SmallSlack) -> Grid:
    """Not installed yet, neither in the organisation nor in a workspace."""
    enterprise, token = Enterprise(UMBRA, "Umbra Group"), f"xoxb-org-{token_hex(16)}"
    app = replace(first.app, bot_user_id=new_id("W"), bot_id=new_id("B"))
    names = {EUROPE: "Umbra Europe", AMERICA: "Umbra America"}
    teams = {id: _team(first, app, enterprise, id, name) for id, name in names.items()}
    for team in teams.values():
        team.org_token, team.names = token, names
    return Grid(enterprise, teams, token)


def _team(first: SmallSlack, app: App, enterprise: Enterprise, id: str, name: str) -> SmallSlack:
    own = replace(app, bot_token=f"xoxb-{token_hex(16)}")
    workspace = Workspace(first.clock, id, name, name.lower().replace(" ", "-"))
    workspace.enterprise = enterprise
    _furnish(workspace, own)
    return beside(first, own, workspace)


def _furnish(workspace: Workspace, app: App) -> None:
    """Everybody of it, #general and one channel of its own; both workspaces have a #general."""
    here = workspace.team_id
    bot = User(app.bot_user_id, app.bot_name.lower(), app.bot_name, team_id=UMBRA, is_bot=True)
    slackbot = User(SLACKBOT, "slackbot", "Slackbot", team_id=here, color="757575")
    mine = [each for each in PEOPLE if here in each.teams]
    for person in (*mine, slackbot, bot):
        first = person.teams[0] if person.teams else person.team_id
        enterprise = "" if person is slackbot else UMBRA
        workspace.users[person.id] = replace(person, team_id=first, enterprise_id=enterprise)
    everybody = (*(person.id for person in mine), app.bot_user_id)
    word = "europe" if here == EUROPE else "america"
    channel(workspace, f"C1{here[-3:]}GENER", "general", f"All of {workspace.name}", everybody)
    channel(workspace, f"C1{here[-3:]}SHIPS", f"ships-{word}", f"What {workspace.name} ships", everybody)
    for person in mine:
        workspace.im(person.id, app.bot_user_id)
    group = UserGroup(f"S1{here[-3:]}LEADS", f"leads-{word}", f"Leads of {workspace.name}", tuple(p.id for p in mine))
    workspace.groups[group.id] = group
