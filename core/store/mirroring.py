"""Slack user groups that groups follow: who is in them as Slack says, linked to a member or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.model.mirror import Mirror, Mirrored
from core.model.organisation import Group
from core.store.driver import Session
from core.store.tables import groups, identities, members, mirrored_users, mirrors, unmapped

SLACK: Final = "slack"
"""The kind of identities these users have."""

_GROUP: Final = tuple(groups.c[name] for name in Group.__dataclass_fields__)
_MIRRORS: Final = (
    select(*_GROUP, mirrors.c.looked_at, mirrors.c.problem)
    .select_from(groups.outerjoin(mirrors, mirrors.c.group == groups.c.id))
    .where(groups.c.organisation == bindparam("organisation"), groups.c.mirrors.is_not(None))
    .order_by(groups.c.name)
)
_LINK: Final = and_(
    identities.c.kind == SLACK,
    identities.c.issuer == mirrored_users.c.issuer,
    identities.c.user == mirrored_users.c.user,
)
_USERS: Final = (
    select(mirrored_users.c.user, mirrored_users.c.issuer, identities.c.member)
    .select_from(mirrored_users.outerjoin(identities, _LINK))
    .where(mirrored_users.c.group == bindparam("group"))
    .order_by(mirrored_users.c.user)
)
_IN: Final = (
    select(mirrored_users.c.group)
    .join(groups, groups.c.id == mirrored_users.c.group)
    .where(
        groups.c.organisation == bindparam("organisation"),
        groups.c.mirrors.is_not(None),
        mirrored_users.c.issuer == bindparam("issuer"),
        mirrored_users.c.user == bindparam("user"),
    )
)
CAME: Final = (
    select(identities.c.member, func.min(mirrored_users.c.since))
    .select_from(mirrored_users.join(identities, _LINK))
    .where(mirrored_users.c.group == bindparam("group"))
    .group_by(identities.c.member)
)
"""Since when each member is in the user group: whoever is linked late did not come late."""

_THERE: Final = select(mirrored_users.c.user).where(mirrored_users.c.group == bindparam("group"))
_COMES: Final = upsert(mirrored_users).on_conflict_do_nothing()
_GOES: Final = delete(mirrored_users).where(
    mirrored_users.c.group == bindparam("group"), mirrored_users.c.user == bindparam("user")
)
_NOBODY: Final = delete(mirrored_users).where(mirrored_users.c.group == bindparam("group"))
_LINKABLE: Final = (
    select(unmapped.c.user)
    .join(members, and_(members.c.organisation == unmapped.c.organisation, members.c.email == unmapped.c.email))
    .where(
        unmapped.c.organisation == bindparam("organisation"),
        unmapped.c.issuer == bindparam("issuer"),
        or_(unmapped.c.reason == "not_member", unmapped.c.reason == "email_changed"),
        members.c.active,
    )
    .order_by(unmapped.c.seen_at, unmapped.c.user)
    .limit(bindparam("limit"))
)
_new = upsert(mirrors)
_NOTE: Final = _new.on_conflict_do_update(
    index_elements=[mirrors.c.group], set_={name: _new.excluded[name] for name in ("looked_at", "problem")}
)
_FORGET: Final = delete(mirrors).where(mirrors.c.group == bindparam("group"))


class MirrorReads:
    """The reads of `Reader` and `Transaction` about them."""

    _db: Session

    def mirrors(self, organisation: str) -> Sequence[Mirror]:
        fields = len(_GROUP)
        found = self._db.rows(_MIRRORS, {"organisation": organisation})
        return [Mirror(Group(*row[:fields]), *row[fields:]) for row in found]

    def mirrored_users(self, group: str) -> Sequence[Mirrored]:
        return [Mirrored(*row) for row in self._db.rows(_USERS, {"group": group})]

    def mirrored_in(self, organisation: str, issuer: str, user: str) -> Sequence[str]:
        wanted = {"organisation": organisation, "issuer": issuer, "user": user}
        return [row[0] for row in self._db.rows(_IN, wanted)]

    def linkable(self, organisation: str, issuer: str, limit: int) -> Sequence[str]:
        wanted = {"organisation": organisation, "issuer": issuer, "limit": limit}
        return [row[0] for row in self._db.rows(_LINKABLE, wanted)]


class Mirroring(MirrorReads):
    """The part of a transaction that changes them."""

    def follow_users(self, group: str, issuer: str, users: Iterable[str]) -> None:
        wanted = set(users)
        there = {row[0] for row in self._db.rows(_THERE, {"group": group})}
        now = round(self._db.now().timestamp() * 1_000_000)
        if gone := sorted(there - wanted):
            self._db.send(_GOES, [{"group": group, "user": user} for user in gone])
        if come := sorted(wanted - there):
            rows = [{"group": group, "user": user, "issuer": issuer, "since": now} for user in come]
            self._db.send(_COMES, rows)

    def note_mirror(self, group: str, looked_at: datetime | None, problem: str | None) -> None:
        self._db.run(_NOTE, {"group": group, "looked_at": looked_at, "problem": problem})

    def stop_following(self, group: str) -> None:
        """What was known of its user group is forgotten; the members it has stay."""
        self._db.run(_NOBODY, {"group": group})
        self._db.run(_FORGET, {"group": group})
