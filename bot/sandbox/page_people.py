"""What the page's admin of Slack may change: profiles, user groups, who is in a channel and with whom it is shared."""

from collections.abc import Awaitable, Callable
from typing import Final
from zoneinfo import available_timezones

from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.small_slack import SmallSlack
from bot.sandbox.workspace import User, UserGroup

TEXTS: Final = ("real_name", "email", "title", "tz", "locale", "status_emoji", "status_text")
PARTNER: Final = "T0PARTNER1"
"""The other organisation of this small world."""

KINDS: Final[dict[str, Json]] = {
    "member": {"is_restricted": False, "is_ultra_restricted": False, "is_stranger": False},
    "guest": {"is_restricted": True, "is_ultra_restricted": False, "is_stranger": False},
    "single_channel_guest": {"is_restricted": True, "is_ultra_restricted": True, "is_stranger": False},
    "external": {"is_restricted": False, "is_ultra_restricted": False, "is_stranger": False, "team_id": PARTNER},
    "stranger": {"is_restricted": False, "is_ultra_restricted": False, "is_stranger": True, "team_id": PARTNER},
}

Post = Callable[[Json], Awaitable[Json]]


def kind_of(user: User, team_id: str) -> str:
    """What sort of person this is to the workspace."""
    if user.team_id != team_id:
        return "stranger" if user.is_stranger else "external"
    if user.is_ultra_restricted:
        return "single_channel_guest"
    return "guest" if user.is_restricted else "member"


class PagePeople:
    def __init__(self, slack: SmallSlack) -> None:
        self._slack = slack

    @property
    def posts(self) -> dict[str, Post]:
        return {
            "profile": self._profile, "person": self._person, "usergroup": self._usergroup, "roster": self._roster,
        }  # fmt: skip

    async def _profile(self, body: Json) -> Json:
        """Any part of somebody's profile, and what sort of person they are; tells user_change."""
        user = self._slack.workspace.user(str(body["user"]))
        changes: Json = {name: str(body[name]).strip() for name in TEXTS if body.get(name) is not None}
        changes |= {name: bool(body[name]) for name in ("deleted", "is_email_confirmed") if name in body}
        if "kind" in body:
            changes |= {"team_id": self._slack.workspace.team_id} | KINDS[str(body["kind"])]
        if changes.get("tz", user.tz) not in available_timezones():
            raise SlackError("invalid_time_zone")
        if not changes.get("real_name", user.real_name):
            raise SlackError("name_is_missing")
        self._slack.membership.change_user(user.id, **changes)
        return {"ok": True}

    async def _person(self, body: Json) -> Json:
        """Somebody new; tells team_join."""
        name, email = str(body["real_name"]).strip(), str(body.get("email") or "").strip()
        handle = name.lower().replace(" ", ".")
        if not name or any(handle == user.name for user in self._slack.workspace.users.values()):
            raise SlackError("name_is_missing_or_taken")
        return {"ok": True, "user": self._slack.membership.arrive(handle, name, email).id}

    async def _usergroup(self, body: Json) -> Json:
        """A new one, or who is in one, what it is called, and whether it is switched off."""
        users = self._people(body.get("users") or [])
        handle = str(body["handle"]).strip().removeprefix("@")
        name = str(body.get("name") or handle).strip()
        others = (each for each in self._slack.workspace.groups.values() if each.id != body.get("id"))
        if not handle or any(each.handle == handle for each in others):
            raise SlackError("handle_is_missing_or_taken")
        if not body.get("id"):
            return {"ok": True, "id": self._slack.membership.create_group(handle, name, users).id}
        self._change(
            self._slack.workspace.groups[str(body["id"])], handle, name, users, disabled=bool(body.get("disabled"))
        )
        return {"ok": True, "id": body["id"]}

    def _change(self, group: UserGroup, handle: str, name: str, users: list[str], *, disabled: bool) -> None:
        membership = self._slack.membership
        if (group.handle, group.name) != (handle, name):
            membership.rename_group(group.id, handle, name)
        if set(group.users) != set(users):
            membership.set_group(group.id, users)
        if group.disabled != disabled:
            membership.disable_group(group.id, disabled=disabled)

    async def _roster(self, body: Json) -> Json:
        """Who is in a channel, and whether another organisation shares it."""
        channel = self._slack.people.channel(str(body["channel"]))
        membership, wanted = self._slack.membership, set(self._people(body.get("users") or []))
        present = {id for id in channel.members if not self._slack.workspace.users[id].is_bot}
        for id in sorted(wanted - present):
            membership.join(channel, id)
        for id in sorted(present - wanted):
            membership.leave(channel, id)
        if channel.is_ext_shared != bool(body.get("shared")):
            membership.share(channel, shared=bool(body.get("shared")))
        return {"ok": True}

    def _people(self, ids: list[object]) -> list[str]:
        return [self._slack.workspace.user(str(id)).id for id in ids]
