"""Comings and goings: joining and leaving channels, archiving, renaming, people and groups that change."""

from dataclasses import replace

from bot.sandbox.faces import group_face
from bot.sandbox.ids import new_id
from bot.sandbox.news import News
from bot.sandbox.seed import new_person
from bot.sandbox.workspace import Channel, User, UserGroup, Workspace


class Membership:
    def __init__(self, workspace: Workspace, news: News) -> None:
        self.workspace = workspace
        self.news = news

    # channels

    def create(self, name: str, members: list[str], *, private: bool = False) -> Channel:
        channel = Channel(
            new_id("C"), name, "private" if private else "channel", created=int(self.workspace.clock.now())
        )
        channel.members = dict.fromkeys(members)
        self.workspace.channels[channel.id] = channel
        self.news.streams.tell({"type": "channels"})
        return channel

    def join(self, channel: Channel, user_id: str) -> None:
        if user_id not in channel.members:
            channel.members[user_id] = None
            self.news.channel_event("member_joined_channel", channel, **self._who(user_id, channel))

    def leave(self, channel: Channel, user_id: str) -> None:
        """Also when somebody removes the app: it still hears that it left."""
        if user_id in channel.members:
            del channel.members[user_id]
            self.news.channel_event("member_left_channel", channel, **self._who(user_id, channel))

    def archive(self, channel: Channel, by: str) -> None:
        channel.is_archived = True
        self.news.channel_event("channel_archive", channel, user=by, is_moved=0)

    def unarchive(self, channel: Channel, by: str) -> None:
        channel.is_archived = False
        self.news.channel_event("channel_unarchive", channel, user=by)

    def rename(self, channel: Channel, name: str) -> None:
        channel.name = name
        now = self.workspace.clock.now()
        told = {"id": channel.id, "name": name, "name_normalized": name, "created": channel.created}
        kind = "group_rename" if channel.is_private else "channel_rename"
        self.news.event({"type": kind, "channel": told, "event_ts": f"{now:.6f}"})
        self.news.streams.tell({"type": "channels"})

    def delete_channel(self, channel: Channel, by: str) -> None:
        del self.workspace.channels[channel.id]
        self.news.channel_event("channel_deleted", channel, actor_id=by)

    def share(self, channel: Channel, *, shared: bool) -> None:
        """Slack Connect comes to the channel, or goes."""
        channel.is_ext_shared = shared
        self.news.channel_event(
            "channel_shared" if shared else "channel_unshared", channel, connected_team_id="T0PARTNER1"
        )

    def change_id(self, channel: Channel) -> str:
        """Sharing may give a channel a new id."""
        old = channel.id
        channel.id = new_id("C")
        self.workspace.channels[channel.id] = self.workspace.channels.pop(old)
        now = f"{self.workspace.clock.now():.6f}"
        self.news.event(
            {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": channel.id, "event_ts": now}
        )
        self.news.streams.tell({"type": "channels"})
        return channel.id

    def _who(self, user_id: str, channel: Channel) -> dict[str, str]:
        kind = "C" if channel.kind == "channel" else "G"
        return {"user": user_id, "channel_type": kind, "team": self.workspace.team_id}

    # people

    def change_user(self, user_id: str, **changes: object) -> User:
        """Any field of a user: `deleted=True`, `email=…`, `is_restricted=True` …; tells user_change."""
        user = self.workspace.change_user(user_id, **changes)
        self.news.user_event("user_change", user)
        return user

    def arrive(self, name: str, real_name: str, email: str) -> User:
        user = new_person(self.workspace, name, real_name, email)
        self.workspace.im(user.id, self.news.app.bot_user_id)
        self.news.user_event("team_join", user)
        return user

    # user groups

    def create_group(self, handle: str, name: str, users: list[str]) -> UserGroup:
        """Tells subteam_created."""
        group = UserGroup(new_id("S"), handle, name, tuple(users), updated=int(self.workspace.clock.now()))
        self.workspace.groups[group.id] = group
        self._tell_group("subteam_created", group)
        return group

    def set_group(self, group_id: str, users: list[str]) -> UserGroup:
        """Tells subteam_members_changed with who came and who went, and subteam_updated."""
        old = self.workspace.groups[group_id]
        group = self._change_group(group_id, users=tuple(users))
        self._tell_members_changed(old, group)
        self._tell_group("subteam_updated", group)
        return group

    def rename_group(self, group_id: str, handle: str, name: str = "") -> UserGroup:
        """Tells subteam_updated."""
        group = self._change_group(group_id, handle=handle, name=name or self.workspace.groups[group_id].name)
        self._tell_group("subteam_updated", group)
        return group

    def disable_group(self, group_id: str, *, disabled: bool = True) -> UserGroup:
        """Switched off, or on again; tells subteam_updated."""
        group = self._change_group(group_id, disabled=disabled)
        self._tell_group("subteam_updated", group)
        return group

    def _change_group(self, group_id: str, **changes: object) -> UserGroup:
        old, now = self.workspace.groups[group_id], int(self.workspace.clock.now())
        group = replace(old, updated=now, **changes)  # type: ignore[arg-type]
        self.workspace.groups[group_id] = group
        return group

    def _tell_group(self, kind: str, group: UserGroup) -> None:
        self.news.event({"type": kind, "subteam": group_face(group, self.workspace, include_users=True)})
        self.news.streams.tell({"type": "channels"})

    def _tell_members_changed(self, old: UserGroup, group: UserGroup) -> None:
        added = [user for user in group.users if user not in old.users]
        removed = [user for user in old.users if user not in group.users]
        self.news.event(
            {
                "type": "subteam_members_changed", "subteam_id": group.id, "team_id": self.workspace.team_id,
                "date_previous_update": old.updated, "date_update": group.updated, "added_users": added,
                "added_users_count": len(added), "removed_users": removed, "removed_users_count": len(removed),
            }
        )  # fmt: skip
