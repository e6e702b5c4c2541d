"""Groups: named sets of members, kept by hand or mirrored from a Slack user group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.administration.office import Office, four_eyes, must_look, must_manage, the_member
from core.errors import Conflict, NotFound
from core.model.organisation import Group
from core.model.people import Actor
from core.ports import Idempotency, Reader, Transaction


@dataclass(frozen=True, slots=True)
class GroupWithMembers:
    group: Group
    members: tuple[str, ...]


class Groups(Office):
    async def list(self, actor: Actor) -> Sequence[GroupWithMembers]:
        def look(reader: Reader) -> Sequence[GroupWithMembers]:
            must_look(actor)
            return [_with_members(reader, group) for group in reader.groups(actor.organisation)]

        return await self._store.read(look)

    async def get(self, actor: Actor, wanted: str) -> GroupWithMembers:
        """By id or name."""

        def look(reader: Reader) -> GroupWithMembers:
            must_look(actor)
            return _with_members(reader, _the_group(reader, actor.organisation, wanted))

        return await self._store.read(look)

    @four_eyes("groups")
    async def add(
        self,
        actor: Actor,
        name: str,
        members: Iterable[str] = (),
        *,
        mirrors: str | None = None,
        once: Idempotency | None = None,
    ) -> GroupWithMembers:
        """Members by id or e-mail."""
        repeat = await self._replayed(once)

        def look(reader: Reader) -> list[str]:
            must_manage(reader, actor)
            ids = _ids(reader, actor.organisation, members, "members")
            if not repeat and reader.group_by_name(actor.organisation, name) is not None:
                raise Conflict(f"There already is a group @{name}; change that one.", code="already_exists")
            return ids

        ids = await self._store.read(look)

        def work(tx: Transaction) -> str:
            group = Group(f"grp_{self._fresh()}", actor.organisation, name, mirrors, tx.now())
            tx.put(group)
            tx.set_group_members(group.id, ids)
            payload = {"group": group.id, "name": name, "members": ids, "mirrors": mirrors}
            tx.log(actor.organisation, "group_added", actor, payload)
            return group.id

        made = await self._change(work, once)
        return await self.get(actor, made.id)

    @four_eyes("groups")
    async def set_members(
        self,
        actor: Actor,
        wanted: str,
        members: Iterable[str] | None = None,
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        by_mirror: bool = False,
        once: Idempotency | None = None,
    ) -> GroupWithMembers:
        """All of them, or whom to add and remove. A mirrored group changes only through its mirror."""

        def look(reader: Reader) -> tuple[Group, list[str]]:
            group = _the_group(reader, actor.organisation, wanted)
            must_manage(reader, actor)
            base = (
                reader.group_members(group.id)
                if members is None
                else _ids(reader, actor.organisation, members, "members")
            )
            added = _ids(reader, actor.organisation, add, "add")
            removed = set(_ids(reader, actor.organisation, remove, "remove"))
            if group.mirrors is not None and not by_mirror:
                raise Conflict(f"@{group.name} mirrors a Slack user group; change it in Slack.", code="mirrored")
            return group, [id for id in dict.fromkeys((*base, *added)) if id not in removed]

        group, ids = await self._store.read(look)

        def work(tx: Transaction) -> str:
            tx.set_group_members(group.id, ids)
            tx.log(actor.organisation, "group_changed", actor, {"group": group.id, "members": ids})
            return group.id

        await self._change(work, once)
        return await self.get(actor, group.id)


def _the_group(reader: Reader, organisation: str, wanted: str) -> Group:
    plain = wanted.removeprefix("@")
    by_id = plain.startswith("grp_")
    group = reader.group(organisation, plain) if by_id else reader.group_by_name(organisation, plain)
    if group is None:
        raise NotFound("There is no such group here; look at the list of groups.")
    return group


def _ids(reader: Reader, organisation: str, names: Iterable[str], field: str) -> list[str]:
    return list(dict.fromkeys(the_member(reader, organisation, name, field=field).id for name in names))


def _with_members(reader: Reader, group: Group) -> GroupWithMembers:
    return GroupWithMembers(group, tuple(reader.group_members(group.id)))
