"""Members of an organisation and the roles granted to them and to groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from core.administration.following import follow_link
from core.administration.office import (
    Office,
    four_eyes,
    may_add,
    must_look,
    must_manage,
    must_oversee,
    the_member,
    the_project,
)
from core.errors import Conflict, Invalid, NotFound
from core.model.organisation import Grant, Identity, Member
from core.model.people import Actor, Role
from core.phrases import phrase
from core.ports import Idempotency, Reader, Transaction

Hear = Callable[[str], None]


class Members(Office):
    """`subscribe` is for those who want to know where a new member is found outside."""

    _listeners: tuple[Hear, ...] = ()

    def subscribe(self, hear: Hear) -> None:
        """Called with the organisation to which somebody was added, or in which they have another address now."""
        self._listeners = (*self._listeners, hear)

    @four_eyes("members")
    async def add(
        self,
        actor: Actor,
        email: str,
        name: str | None = None,
        *,
        roles: Iterable[Role] = (Role.REQUESTER,),
        once: Idempotency | None = None,
    ) -> Member:
        """A new member; their roles hold in the whole organisation."""
        address = email.strip().lower()
        repeat = await self._replayed(once)

        def allowed(reader: Reader) -> None:
            must_manage(reader, actor)
            if not repeat and reader.member_by_email(actor.organisation, address) is not None:
                raise Conflict(
                    phrase("{address} already is a member; change that one.", address=address), code="already_exists"
                )

        await self._store.read(allowed)
        held = tuple(dict.fromkeys(roles))

        def work(tx: Transaction) -> str:
            id, called = f"mem_{self._fresh()}", (name or address.partition("@")[0]).strip()
            tx.put(Member(id, actor.organisation, address, called, active=True, created_at=tx.now()))
            for role in held:
                tx.grant(Grant(actor.organisation, None, f"member:{id}", role))
            payload = {"member": id, "email": address, "name": called, "roles": [role.value for role in held]}
            tx.log(actor.organisation, "member_added", actor, payload)
            return id

        made = await self._change(work, once)
        self._tell(actor.organisation)
        return await self.get(actor, made.id)

    async def get(self, actor: Actor, wanted: str) -> Member:
        """By id or e-mail."""

        def look(reader: Reader) -> Member:
            must_look(actor)
            return the_member(reader, actor, wanted)

        return await self._store.read(look)

    async def list(self, actor: Actor, *, cursor: str | None = None, limit: int = 100) -> Sequence[Member]:
        def look(reader: Reader) -> Sequence[Member]:
            must_look(actor)
            return reader.members(actor.organisation, cursor=cursor, limit=limit)

        return await self._store.read(look)

    @four_eyes("members")
    async def change(
        self,
        actor: Actor,
        wanted: str,
        *,
        email: str | None = None,
        name: str | None = None,
        active: bool | None = None,
    ) -> Member:
        """A changed address un-pins every identity it proposed; deactivation ends what the member could do at once."""
        address = None if email is None else email.strip().lower()

        def look(reader: Reader) -> tuple[Member, list[Identity]]:
            member = the_member(reader, actor, wanted)
            must_manage(reader, actor)
            taken = None if address is None else reader.member_by_email(actor.organisation, address)
            if taken is not None and taken.id != member.id:
                raise Conflict(
                    phrase(
                        "{address} already belongs to another member; write another address, or change that member first.",
                        address=address,
                    ),
                    code="already_exists",
                )
            if active is False and member.active:
                must_leave_an_admin(reader, actor.organisation, without=member.id)
            pinned = reader.identities(actor.organisation, member.id)
            return member, list(pinned)

        member, pinned = await self._store.read(look)
        changed = _changed(member, address, name, active)
        unpinned = pinned if changed.email != member.email else []
        if changed != member:
            await self._store.transact(lambda tx: self._write(tx, actor, changed, unpinned))
            self._people_changed(actor.organisation, f"member:{member.id}")
            self._tell(actor.organisation)
        return changed

    def _tell(self, organisation: str) -> None:
        for hear in self._listeners:
            self._afterwards(partial(hear, organisation))

    def _write(self, tx: Transaction, actor: Actor, member: Member, unpinned: Iterable[Identity]) -> None:
        for identity in unpinned:
            tx.unpin(identity.id)
            tx.log(actor.organisation, "identity_unpinned", actor, {"identity": identity.id, "member": member.id})
            follow_link(tx, actor, identity.issuer, identity.user)
        tx.put(member)
        payload = {"member": member.id, "email": member.email, "name": member.name, "active": member.active}
        tx.log(actor.organisation, "member_changed", actor, payload)


def _changed(member: Member, email: str | None, name: str | None, active: bool | None) -> Member:  # noqa: FBT001
    return replace(
        member,
        email=member.email if email is None else email,
        name=member.name if name is None else name.strip(),
        active=member.active if active is None else active,
    )


class Grants(Office):
    async def list(self, actor: Actor) -> Sequence[Grant]:
        def look(reader: Reader) -> Sequence[Grant]:
            must_oversee(reader, actor)
            return reader.grants(actor.organisation)

        return await self._store.read(look)

    @four_eyes("grants")
    async def give(
        self, actor: Actor, to: str, role: Role, project: str | None = None, *, once: Idempotency | None = None
    ) -> Grant:
        """`to` is an e-mail, a member id, `@group`, a group id, or a principal; a role held already stays."""
        grant = await self._store.read(lambda reader: self._grant(reader, actor, to, role, project))

        def work(tx: Transaction) -> str:
            tx.grant(grant)
            tx.log(actor.organisation, "role_granted", actor, _payload(grant))
            return grant.principal

        await self._change(work, once)
        return grant

    @four_eyes("grants")
    async def take(self, actor: Actor, of: str, role: Role, project: str | None = None) -> Grant:
        """The inverse; the last admin's role stays."""

        def look(reader: Reader) -> Grant:
            grant = self._grant(reader, actor, of, role, project)
            if grant not in set(reader.grants(actor.organisation)):
                raise NotFound(phrase("There is no such grant; look at the list of grants."))
            if role is Role.ADMIN and grant.project is None:
                must_leave_an_admin(reader, actor.organisation, taking=grant)
            return grant

        grant = await self._store.read(look)

        def work(tx: Transaction) -> None:
            tx.revoke(grant)
            tx.log(actor.organisation, "role_revoked", actor, _payload(grant))

        await self._store.transact(work)
        for member in await self._store.read(lambda reader: _behind(reader, grant)):
            self._people_changed(actor.organisation, f"member:{member}")
        return grant

    def _grant(self, reader: Reader, actor: Actor, to: str, role: Role, project: str | None) -> Grant:
        place = None if project is None else the_project(reader, actor.organisation, project, field="project").id
        must_manage(reader, actor, place)
        return Grant(actor.organisation, place, principal_called(reader, actor, to), role)


def principal_called(reader: Reader, actor: Actor, name: str) -> str:
    """`member:<id>` or `group:<id>` of whoever people call so."""
    plain = name.removeprefix("member:").removeprefix("group:")
    if plain.startswith(("@", "grp_")):
        by_id = plain.startswith("grp_")
        owner = actor.organisation
        group = reader.group(owner, plain) if by_id else reader.group_by_name(owner, plain[1:])
        if group is None:
            raise Invalid(_no_group(reader, actor, plain[:100]), field="to")
        return f"group:{group.id}"
    return f"member:{the_member(reader, actor, plain, field='to').id}"


def _no_group(reader: Reader, actor: Actor, name: str) -> str:
    if may_add(reader, actor):
        return phrase("There is no group '{plain}' here; add it first.", plain=name)
    return phrase("There is no group '{plain}' here; name another one, or ask an admin to add it.", plain=name)


def must_leave_an_admin(
    reader: Reader, organisation: str, *, without: str | None = None, taking: Grant | None = None
) -> None:
    """Nobody locks everybody out: one active admin of the whole organisation must remain."""
    left = (grant for grant in reader.grants(organisation) if grant.role is Role.ADMIN and grant.project is None)
    for grant in left:
        if grant == taking:
            continue
        if any(member != without and _is_active(reader, organisation, member) for member in _behind(reader, grant)):
            return
    raise Conflict(phrase("This would leave nobody as admin; make somebody else an admin first."), code="last_admin")


def _behind(reader: Reader, grant: Grant) -> Sequence[str]:
    kind, _, id = grant.principal.partition(":")
    return reader.group_members(id) if kind == "group" else (id,)


def _is_active(reader: Reader, organisation: str, member: str) -> bool:
    found = reader.member(organisation, member)
    return found is not None and found.active


def _payload(grant: Grant) -> dict[str, str | None]:
    return {"principal": grant.principal, "role": grant.role.value, "project": grant.project}
