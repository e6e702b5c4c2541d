"""What follows for mirrored groups when a user group changes, or somebody is linked or unlinked; in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass

from core.model.people import Actor
from core.ports import Transaction


@dataclass(frozen=True, slots=True)
class Change:
    """What came of looking: members who came and went, and the group's name where it is another one now."""

    came: frozenset[str] = frozenset()
    went: frozenset[str] = frozenset()
    name: str | None = None


def remirror(tx: Transaction, actor: Actor, group: str) -> Change:
    """Bring the group's members in line with its user group and with who is linked."""
    before = frozenset(tx.group_members(group))
    after = frozenset(one.member for one in tx.mirrored_users(group) if one.member is not None)
    if before == after:
        return Change()
    tx.set_group_members(group, sorted(after))
    payload = {"group": group, "members": sorted(after), "came": sorted(after - before), "went": sorted(before - after)}
    tx.log(actor.organisation, "group_changed", actor, payload)
    return Change(after - before, before - after)


def follow_link(tx: Transaction, actor: Actor, issuer: str, user: str) -> None:
    """A Slack user was linked or unlinked: the groups whose user groups they are in change with it."""
    for group in tx.mirrored_in(actor.organisation, issuer, user):
        remirror(tx, actor, group)
