"""What the workspace holds: people, channels, messages, views, user groups. Facts only; nobody is told of changes here."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.sandbox.clock import Clock
from bot.sandbox.ids import new_id
from bot.sandbox.shapes import Json, SlackError

SLACKBOT = "USLACKBOT"


@dataclass(frozen=True)
class User:
    id: str
    name: str
    real_name: str
    email: str = ""
    title: str = ""
    tz: str = "Europe/Berlin"
    locale: str = "en-US"
    team_id: str = ""
    enterprise_id: str = ""
    teams: tuple[str, ...] = ()
    is_bot: bool = False
    deleted: bool = False
    is_admin: bool = False
    is_owner: bool = False
    is_primary_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_invited_user: bool = False
    is_email_confirmed: bool = True
    color: str = "4a154b"
    status_emoji: str = ""
    status_text: str = ""
    updated: int = 0

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.real_name.split()[:2]).upper()

    def belongs_to(self, team_id: str) -> bool:
        """People of an Enterprise organisation may belong to several of its workspaces; `team_id` is the first."""
        return team_id == self.team_id or team_id in self.teams

    def tz_offset(self, now: float) -> int:
        moment = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(self.tz))
        offset = moment.utcoffset()
        return int(offset.total_seconds()) if offset else 0


@dataclass(frozen=True)
class UserGroup:
    id: str
    handle: str
    name: str
    users: tuple[str, ...]
    disabled: bool = False
    updated: int = 0


@dataclass
class Channel:
    """`kind` is channel, private or im; an im has the person on its other side in `user`."""

    id: str
    name: str
    kind: str
    topic: str = ""
    user: str = ""
    created: int = 0
    is_archived: bool = False
    is_ext_shared: bool = False
    members: dict[str, None] = field(default_factory=dict)
    messages: dict[str, Json] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    replies: dict[str, list[str]] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)
    mentions: Counter[str] = field(default_factory=Counter)

    @property
    def is_private(self) -> bool:
        return self.kind != "channel"

    @property
    def event_kind(self) -> str:
        """The word in `message.<kind>` subscriptions."""
        return {"channel": "channels", "private": "groups", "im": "im"}[self.kind]


@dataclass
class View:
    id: str
    user_id: str
    body: Json
    values: Json = field(default_factory=dict)


@dataclass
class Enterprise:
    """An Enterprise organisation. `wide` while the app is installed in all of it; `granted` are the teams that got it."""

    id: str
    name: str
    wide: bool = False
    granted: dict[str, None] = field(default_factory=dict)


class Workspace:
    def __init__(self, clock: Clock, team_id: str, name: str, domain: str) -> None:
        self.clock = clock
        self.team_id = team_id
        self.name = name
        self.domain = domain
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, UserGroup] = {}
        self.hint: tuple[str, ...] = ()  # first steps the page shows a newcomer; the page has its own when empty
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[str]] = {}
        self.homes: dict[str, str] = {}
        self.enterprise: Enterprise | None = None
        self._ims: dict[str, str] = {}
        self._last_ts = 0

    @property
    def enterprise_id(self) -> str | None:
        return self.enterprise.id if self.enterprise else None

    @property
    def is_wide(self) -> bool:
        """Whether what the app hears of here is sent to an installation of the whole Enterprise organisation."""
        return self.enterprise is not None and self.enterprise.wide and self.team_id in self.enterprise.granted

    def next_ts(self) -> str:
        """A message time: unique and growing, also when the clock is turned back."""
        self._last_ts = max(int(self.clock.now() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def user(self, user_id: str, missing: str = "user_not_found") -> User:
        user = self.users.get(user_id)
        if user is None:
            raise SlackError(missing)
        return user

    def find_user(self, who: str) -> User:
        """By id, handle or e-mail; for tests and the page."""
        found = self.users.get(who) or next(
            (user for user in self.users.values() if who.removeprefix("@") in (user.name, user.email)), None
        )
        if found is None:
            raise KeyError(f"nobody here is called {who!r}")
        return found

    def change_user(self, user_id: str, **changes: object) -> User:
        user = replace(self.users[user_id], updated=int(self.clock.now()), **changes)  # type: ignore[arg-type]
        self.users[user_id] = user
        return user

    def find_channel(self, where: str) -> Channel | None:
        """By id, `#name` or name."""
        name = where.removeprefix("#")
        return self.channels.get(where) or next((each for each in self.channels.values() if each.name == name), None)

    def im(self, user_id: str, bot_user_id: str) -> Channel:
        """The direct conversation between this person and the app, begun if need be."""
        if user_id not in self._ims:
            channel = Channel(new_id("D"), "", "im", user=user_id, created=int(self.clock.now()))
            channel.members = {user_id: None, bot_user_id: None}
            self.channels[channel.id] = channel
            self._ims[user_id] = channel.id
        return self.channels[self._ims[user_id]]

    def im_of(self, user_id: str) -> Channel | None:
        """The direct conversation with this person, if it was ever begun."""
        return self.channels.get(self._ims.get(user_id, ""))

    def channels_of(self, user_id: str) -> list[Channel]:
        return [each for each in self.channels.values() if user_id in each.members]

    def group_named(self, word: str) -> UserGroup:
        word = word.removeprefix("@")
        return next(each for each in self.groups.values() if word in (each.id, each.handle))

    def stack(self, user_id: str) -> list[View]:
        """This person's open modals, root first."""
        return [self.views[view_id] for view_id in self.modals.get(user_id, ())]

    def home(self, user_id: str) -> View | None:
        view_id = self.homes.get(user_id)
        return self.views[view_id] if view_id else None

    def home_hash(self, user_id: str) -> str:
        """Changes whenever the Home tab is published."""
        view = self.home(user_id)
        return str(view.body["hash"]) if view else ""
