"""Groups: named sets of members, kept by hand or mirrored from a Slack user group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.administration.members import must_leave_an_admin
from core.administration.office import Office, four_eyes, must_look, must_manage, the_member
from core.administration.renaming import rule_saying, type_saying, who_names
from core.errors import Conflict, NotFound
from core.model.organisation import Grant, Group
from core.model.people import Actor, Role
from core.model.request import OPEN
from core.model.requirement import Source
from core.phrases import phrase
from core.ports import Filter, Idempotency, Reader, Transaction


@dataclass(frozen=True, slots=True)
class GroupWithMembers:
    group: Group
    members: tuple[str, ...]


class Groups(Office):
    async def list(self, actor: Actor) -> Sequence[GroupWithMembers]:
        def look(reader: Reader) -> Sequence[GroupWithMembers]:
            must_look(actor)
            return [with_members(reader, group) for group in reader.groups(actor.organisation)]

        return await self._store.read(look)

    async def get(self, actor: Actor, wanted: str) -> GroupWithMembers:
        """By id or name."""

        def look(reader: Reader) -> GroupWithMembers:
            must_look(actor)
            return with_members(reader, the_group(reader, actor.organisation, wanted))

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
            ids = _ids(reader, actor, members, "members")
            if not repeat and reader.group_by_name(actor.organisation, name) is not None:
                raise Conflict(
                    phrase("There already is a group @{name}; change that one.", name=name), code="already_exists"
                )
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
            group = the_group(reader, actor.organisation, wanted)
            must_manage(reader, actor)
            base = reader.group_members(group.id) if members is None else _ids(reader, actor, members, "members")
            added = _ids(reader, actor, add, "add")
            removed = set(_ids(reader, actor, remove, "remove"))
            if group.mirrors is not None and not by_mirror:
                raise Conflict(
                    phrase("@{group} mirrors a Slack user group; change it in Slack.", group=group.name),
                    code="mirrored",
                )
            return group, [id for id in dict.fromkeys((*base, *added)) if id not in removed]

        group, ids = await self._store.read(look)

        def work(tx: Transaction) -> str:
            tx.set_group_members(group.id, ids)
            tx.log(actor.organisation, "group_changed", actor, {"group": group.id, "members": ids})
            return group.id

        before = await self._store.read(lambda reader: frozenset(reader.group_members(group.id)))
        await self._change(work, once)
        for member in sorted(before - frozenset(ids)):
            self._people_changed(actor.organisation, f"member:{member}")
        if before - frozenset(ids):
            self._people_changed(actor.organisation, f"group:{group.id}")
        return await self.get(actor, group.id)

    @four_eyes("groups")
    async def rename(
        self, actor: Actor, wanted: str, name: str, *, once: Idempotency | None = None
    ) -> GroupWithMembers:
        """Rules and types that name it say its new name from now on, as versions of their own."""

        def look(reader: Reader) -> Group:
            group = the_group(reader, actor.organisation, wanted)
            must_manage(reader, actor)
            _must_be_free(reader, group, name)
            return group

        group = await self._store.read(look)

        def work(tx: Transaction) -> str:
            tx.put(replace(group, name=name))
            say_anew(tx, actor, Source(f"group:{group.id}", f"@{name}"))
            tx.log(actor.organisation, "group_renamed", actor, {"group": group.id, "name": name, "was": group.name})
            return group.id

        await self._change(work, once)
        self._people_changed(actor.organisation, f"group:{group.id}")
        return await self.get(actor, group.id)

    @four_eyes("groups")
    async def remove(self, actor: Actor, wanted: str) -> GroupWithMembers:
        """With what was granted to it; refused while anything names it or waits for it."""

        def look(reader: Reader) -> tuple[GroupWithMembers, Sequence[Grant]]:
            group = the_group(reader, actor.organisation, wanted)
            must_manage(reader, actor)
            _must_be_unused(reader, group)
            held = [one for one in reader.grants(actor.organisation) if one.principal == f"group:{group.id}"]
            for grant in held:
                if grant.role is Role.ADMIN and grant.project is None:
                    must_leave_an_admin(reader, actor.organisation, taking=grant)
            return with_members(reader, group), held

        found, held = await self._store.read(look)

        def work(tx: Transaction) -> None:
            for grant in held:
                tx.revoke(grant)
            tx.drop_group(found.group)
            payload = {"group": found.group.id, "name": found.group.name, "members": list(found.members)}
            tx.log(actor.organisation, "group_removed", actor, payload)

        await self._store.transact(work)
        return found


def _must_be_free(reader: Reader, group: Group, name: str) -> None:
    taken = reader.group_by_name(group.organisation, name)
    if group.mirrors is not None:
        raise Conflict(
            phrase("@{group} mirrors a Slack user group; rename it in Slack.", group=group.name), code="mirrored"
        )
    if taken is not None and taken.id != group.id:
        raise Conflict(
            phrase("There already is a group @{name}; choose another name.", name=name), code="already_exists"
        )


def _must_be_unused(reader: Reader, group: Group) -> None:
    principal = f"group:{group.id}"
    named = tuple(who_names(reader.rulebook(group.organisation), principal))
    if named:
        raise Conflict(
            phrase("{named} still name @{group}; change that first.", named=", ".join(named[:5]), group=group.name),
            code="still_named",
        )
    waiting = Filter(statuses=frozenset(status.value for status in OPEN), waiting_for=frozenset({principal}))
    page = reader.requests(group.organisation, waiting, cursor=None, limit=1)
    if page.requests:
        raise Conflict(
            phrase(
                "#{requests} still waits for @{group}; let it end, or cancel it first.",
                requests=page.requests[0].number,
                group=group.name,
            ),
            code="still_waited_for",
        )


def say_anew(tx: Transaction, actor: Actor, called: Source) -> None:
    """Rules keep names as they were written: without this their text could not be read again."""
    kept = tx.rulebook(actor.organisation)
    rules = [(rule, rule_saying(rule, called)) for rule in kept.rules]
    types = [(type, type_saying(type, called)) for type in kept.types]
    changed = [new for old, new in rules if new != old]
    others = [new for old, new in types if new != old]
    if not changed and not others:
        return
    tx.move_rulebook(actor.organisation, kept.version)
    reason = phrase("{called} is called so now", called=called.label)
    for rule in changed:
        said = replace(rule, version=rule.version + 1, author=actor.name, changed_at=tx.now(), reason=reason)
        tx.put_rule(said)
    for type in others:
        tx.put_type(actor.organisation, type)


def the_group(reader: Reader, organisation: str, wanted: str) -> Group:
    plain = wanted.removeprefix("@")
    by_id = plain.startswith("grp_")
    group = reader.group(organisation, plain) if by_id else reader.group_by_name(organisation, plain)
    if group is None:
        raise NotFound(phrase("There is no such group here; look at the list of groups."))
    return group


def _ids(reader: Reader, actor: Actor, names: Iterable[str], field: str) -> list[str]:
    return list(dict.fromkeys(the_member(reader, actor, name, field=field).id for name in names))


def with_members(reader: Reader, group: Group) -> GroupWithMembers:
    return GroupWithMembers(group, tuple(reader.group_members(group.id)))
