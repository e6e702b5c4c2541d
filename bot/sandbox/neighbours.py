"""A second workspace of another company, Globex, beside the first: the same app, installed only when somebody allows it."""

from dataclasses import replace
from secrets import token_hex

from bot.sandbox.app import App
from bot.sandbox.clock import Clock
from bot.sandbox.delivery import Ack, Delivery, Parcel
from bot.sandbox.ids import new_id
from bot.sandbox.seed import channel
from bot.sandbox.small_slack import SmallSlack, joined
from bot.sandbox.workspace import SLACKBOT, User, Workspace

PEOPLE = (
    User("U1GINA0001", "gina", "Gina Gold", "gina@globex.example", "Head of Engineering", "Europe/Berlin",
         is_admin=True, is_owner=True, is_primary_owner=True, color="9f69e7"),
    User("U1HUGO0002", "hugo", "Hugo Hansen", "hugo@globex.example", "Engineer", "Europe/Copenhagen", color="4bbe2e"),
    User("U1ALICE003", "alice", "Alice Archer", "alice@acme.example", "Lent by Acme", "Europe/Berlin",
         is_admin=True, color="e96699"),
)  # fmt: skip


class Along:
    """Reaches the app by whatever way the first workspace reaches it: an app has one."""

    def __init__(self, first: Delivery) -> None:
        self.first = first

    async def carry(self, parcel: Parcel, ack_limit: float) -> Ack:
        way = self.first.transport
        return Ack(0, error="no_app", no_retry=True) if way is None else await way.carry(parcel, ack_limit)


def globex(first: SmallSlack) -> SmallSlack:
    """Not installed yet: no token is good, and no event leaves."""
    app = replace(first.app, bot_user_id=new_id("U"), bot_id=new_id("B"), bot_token=f"xoxb-{token_hex(16)}")
    return beside(first, app, _furnished(first.clock, app))


def beside(first: SmallSlack, app: App, workspace: Workspace) -> SmallSlack:
    """Another workspace that behaves as the first one does, until the app is installed there too."""
    found = joined(app, workspace, sockets=first.sockets)
    found.delivery.transport = Along(first.delivery)
    found.delivery.ack_limit = first.delivery.ack_limit
    found.delivery.retry_delays = first.delivery.retry_delays
    found.triggers.life = first.triggers.life
    found.rates.multiplier = first.rates.multiplier
    found.uninstalled = True
    found.delivery.stop_events()
    return found


def _furnished(clock: Clock, app: App) -> Workspace:
    workspace = Workspace(clock, "T1GLOBEX01", "Globex", "globex")
    bot = User(
        app.bot_user_id, app.bot_name.lower().replace(" ", ""), app.bot_name, tz="America/Los_Angeles", is_bot=True,
        color=app.color.removeprefix("#"),
    )  # fmt: skip
    slackbot = User(SLACKBOT, "slackbot", "Slackbot", tz="America/Los_Angeles", color="757575")
    for person in (*PEOPLE, slackbot, bot):
        workspace.users[person.id] = replace(person, team_id=workspace.team_id)
    everybody = (*(person.id for person in PEOPLE), app.bot_user_id)
    channel(workspace, "C1GENERAL1", "general", "Globex-wide talk", everybody)
    channel(workspace, "C1RELEASE1", "releases", "What Globex ships", everybody)
    for person in PEOPLE:
        workspace.im(person.id, app.bot_user_id)
    return workspace
