"""The fictional company Acme: people of every kind Slack knows, a few channels and two user groups."""

from bot.sandbox.app import App
from bot.sandbox.ids import new_id
from bot.sandbox.workspace import SLACKBOT, Channel, User, UserGroup, Workspace

PEOPLE = (
    User("U0ALICE001", "alice", "Alice Archer", "alice@acme.example", "Head of Platform", "Europe/Berlin",
         is_admin=True, is_owner=True, is_primary_owner=True, color="9f69e7"),
    User("U0BOB00002", "bob", "Bob Baker", "bob@acme.example", "Platform engineer", "Europe/London", color="4bbe2e"),
    User("U0CAROL003", "carol", "Carol Chen", "carol@acme.example", "Security lead", "America/New_York",
         is_admin=True, color="e7392d"),
    User("U0DAVE0004", "dave", "Dave Diaz", "dave@acme.example", "Security engineer", "America/Los_Angeles",
         color="3c989f"),
    User("U0ERIN0005", "erin", "Erin Eriksson", "erin@acme.example", "Payments engineer", "Europe/Stockholm",
         color="674b1b", status_emoji=":palm_tree:", status_text="Vacationing"),
    User("U0FRANK006", "frank", "Frank Fujita", "frank@acme.example", "Payments lead", "Asia/Tokyo", color="e96699"),
    User("U0GRACE007", "grace", "Grace Gupta", "grace@acme.example", "On-call engineer", "Asia/Kolkata", color="2b6836"),
    User("U0HEIDI008", "heidi", "Heidi Hart", "heidi@contractor.example", "Contractor (guest)", "Europe/Vienna",
         is_restricted=True, color="5870dd"),
    User("U0IVAN0009", "ivan", "Ivan Ilic", "ivan@partner.example", "Partner engineer", "Europe/Belgrade",
         team_id="T0PARTNER1", color="d58247"),
    User("U0JUDY0010", "judy", "Judy Jones", "judy@acme.example", "Left the company", "Europe/Dublin", deleted=True,
         color="999999"),
    User("U0KARL0011", "karl", "Karl Krug", "karl@acme.example", "New joiner", "Europe/Berlin",
         is_email_confirmed=False, color="235e5b"),
    User("U0LENA0012", "lena", "Lena Lund", "lena@partner.example", "", "Europe/Oslo", team_id="T0PARTNER1",
         is_stranger=True, color="a2a5dc"),
)  # fmt: skip

_STAFF = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "karl")


def seed(workspace: Workspace, app: App) -> None:
    """Fills an empty workspace and puts the app into every channel but #random and the private one."""
    workspace.users[SLACKBOT] = User(
        SLACKBOT, "slackbot", "Slackbot", tz="America/Los_Angeles", team_id=workspace.team_id, color="757575"
    )
    for person in PEOPLE:
        workspace.users[person.id] = person
        if not person.team_id:
            workspace.change_user(person.id, team_id=workspace.team_id)
    workspace.users[app.bot_user_id] = User(
        app.bot_user_id, app.bot_name.lower().replace(" ", ""), app.bot_name, tz="America/Los_Angeles",
        team_id=workspace.team_id, is_bot=True, color=app.color.removeprefix("#"),
    )  # fmt: skip
    _channels(workspace, app)
    _groups(workspace)


def _channels(workspace: Workspace, app: App) -> None:
    bot = (app.bot_user_id,)
    channel(workspace, "C0GENERAL1", "general", "Company-wide talk", _ids((*_STAFF, "heidi")) + bot)
    channel(workspace, "C0DEPLOYS1", "deploys", "What goes to production, and who said yes", _ids(_STAFF) + bot)
    channel(workspace, "C0PAYMENT1", "payments", "The payments team", _ids(("alice", "erin", "frank")) + bot)
    channel(workspace, "C0AGENTS01", "agents", "What our AI agents ask for", _ids(_STAFF) + bot)
    channel(workspace, "C0RANDOM01", "random", "Anything else", _ids(_STAFF))
    secret = channel(workspace, "C0SECRET01", "incident-42", "Private", _ids(("alice", "carol", "dave")))
    secret.kind = "private"
    shared = channel(workspace, "C0SHARED01", "acme-partner", "With our partner", _ids(("alice", "bob", "ivan")) + bot)
    shared.is_ext_shared = True
    for name in (*_STAFF, "heidi"):
        workspace.im(workspace.find_user(name).id, app.bot_user_id)


def channel(workspace: Workspace, channel_id: str, name: str, topic: str, members: tuple[str, ...]) -> Channel:
    made = Channel(channel_id, name, "channel", topic, created=int(workspace.clock.now()))
    made.members = dict.fromkeys(members)
    workspace.channels[channel_id] = made
    return made


def _groups(workspace: Workspace) -> None:
    for group_id, handle, name, users in (
        ("S0PLATFORM", "platform", "Platform team", ("alice", "bob", "grace")),
        ("S0SECURITY", "security", "Security team", ("carol", "dave")),
    ):
        workspace.groups[group_id] = UserGroup(group_id, handle, name, _ids(users))


def _ids(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(next(person.id for person in PEOPLE if person.name == name) for name in names)


def new_person(workspace: Workspace, name: str, real_name: str, email: str) -> User:
    """Somebody who has just joined the workspace."""
    user = User(new_id("U"), name, real_name, email, team_id=workspace.team_id, updated=int(workspace.clock.now()))
    workspace.users[user.id] = user
    return user
