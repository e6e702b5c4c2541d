"""Identities: which outside user is which member. Pinned once, and from then on the only thing that counts."""

from __future__ import annotations

from collections.abc import Sequence

from core.administration.office import Office, four_eyes, must_manage, the_member
from core.errors import Conflict, NotFound
from core.model.organisation import Identity, Member
from core.model.people import Actor
from core.ports import Idempotency, Reader, Transaction


class Identities(Office):
    async def list(self, actor: Actor, member: str | None = None) -> Sequence[Identity]:
        def look(reader: Reader) -> Sequence[Identity]:
            must_manage(reader, actor)
            wanted = None if member is None else the_member(reader, actor.organisation, member).id
            return reader.identities(actor.organisation, wanted)

        return await self._store.read(look)

    @four_eyes("identities")
    async def pin(
        self,
        actor: Actor,
        kind: str,
        issuer: str,
        user: str,
        member: str,
        *,
        once: Idempotency | None = None,
    ) -> Identity:
        """Link an outside user to a member (by id or e-mail). Linked to that member already: as it is."""

        def look(reader: Reader) -> tuple[Member, Identity | None]:
            must_manage(reader, actor)
            whose = the_member(reader, actor.organisation, member, field="member")
            return whose, reader.identity(kind, issuer, user)

        whose, pinned = await self._store.read(look)
        if pinned is not None:
            if (pinned.organisation, pinned.member) == (actor.organisation, whose.id):
                return pinned
            raise Conflict("That user is linked to another member; unpin that first.", code="already_exists")

        def work(tx: Transaction) -> str:
            id = f"idn_{self._fresh()}"
            tx.put(Identity(id, actor.organisation, kind, issuer, user, whose.id, whose.email, tx.now()))
            payload = {"identity": id, "kind": kind, "issuer": issuer, "user": user, "member": whose.id}
            tx.log(actor.organisation, "identity_pinned", actor, payload)
            return id

        made = await self._change(work, once)
        return await self._get(actor, made.id)

    @four_eyes("identities")
    async def unpin(self, actor: Actor, identity: str) -> Identity:
        await self._store.read(lambda reader: must_manage(reader, actor))
        found = await self._get(actor, identity)

        def work(tx: Transaction) -> None:
            tx.unpin(identity)
            payload = {"identity": identity, "kind": found.kind, "user": found.user, "member": found.member}
            tx.log(actor.organisation, "identity_unpinned", actor, payload)

        await self._store.transact(work)
        return found

    async def _get(self, actor: Actor, identity: str) -> Identity:
        pinned = await self._store.read(lambda reader: reader.identities(actor.organisation, None))
        found = next((one for one in pinned if one.id == identity), None)
        if found is None:
            raise NotFound("There is no such identity here; look at the list of identities.")
        return found
