"""Identities: which outside user is which member. Pinned once, and from then on the only thing that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from core.administration.office import Office, four_eyes, must_manage, the_member
from core.errors import Conflict, NotAllowed, NotFound
from core.model.installation import Unmapped
from core.model.organisation import Identity, Member
from core.model.people import Actor
from core.ports import Idempotency, Reader, Transaction

CLAIMABLE: Final = frozenset({"not_member", "two_users", "email_changed"})
"""Why somebody is not linked though nothing speaks against them but their address."""


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
        email: str | None = None,
        once: Idempotency | None = None,
    ) -> Identity:
        """Link an outside user to a member (by id or e-mail). Linked to that member already: as it is.

        `email` is the address that user has there, where it is another than the member's; when it changes, the link falls.
        """

        def look(reader: Reader) -> tuple[Member, Identity | None]:
            must_manage(reader, actor)
            whose = the_member(reader, actor.organisation, member, field="member")
            return whose, reader.identity(kind, issuer, user)

        whose, pinned = await self._store.read(look)
        if pinned is not None:
            if (pinned.organisation, pinned.member) == (actor.organisation, whose.id):
                return pinned
            raise Conflict("That user is linked to another member; unpin that first.", code="already_exists")

        known = whose.email if email is None else email.strip().lower()

        def work(tx: Transaction) -> str:
            id = f"idn_{self._fresh()}"
            tx.put(Identity(id, actor.organisation, kind, issuer, user, whose.id, known, tx.now()))
            tx.forget_unmapped(actor.organisation, issuer, user)
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

    async def unmapped(self, actor: Actor, limit: int = 100) -> Sequence[Unmapped]:
        """Slack users who tried to act here, or lost their link, and stand for no member; the newest first."""

        def look(reader: Reader) -> Sequence[Unmapped]:
            must_manage(reader, actor)
            return reader.unmapped(actor.organisation, limit)

        return await self._store.read(look)

    async def note_unmapped(self, found: Unmapped) -> None:
        """By Slack's directory; what they said about who they are is kept."""

        def work(tx: Transaction) -> None:
            known = tx.unmapped_user(found.organisation, found.issuer, found.user)
            wanted = found.wanted or (None if known is None else known.wanted)
            tx.note_unmapped(replace(found, wanted=wanted, seen_at=tx.now()))

        await self._store.transact(work)

    async def claim(self, actor: Actor, issuer: str, user: str, email: str) -> Unmapped:
        """Somebody nobody is linked to says which member they are. Nothing is linked by that: an admin must confirm."""
        address = email.strip().lower()

        def work(tx: Transaction) -> Unmapped:
            known = tx.unmapped_user(actor.organisation, issuer, user)
            if known is None or known.reason not in CLAIMABLE:
                raise NotAllowed("You cannot be linked this way; ask an admin what stands in the way.")
            asked = replace(known, wanted=address, seen_at=tx.now())
            tx.note_unmapped(asked)
            payload = {"issuer": issuer, "user": user, "wanted": address, "email": known.email}
            tx.log(actor.organisation, "link_asked", actor, payload)
            return asked

        return await self._store.transact(work)

    async def claimed(self, actor: Actor, issuer: str, user: str) -> Unmapped:
        """What an admin is asked to confirm; not found where it was settled meanwhile."""

        def look(reader: Reader) -> Unmapped:
            must_manage(reader, actor)
            known = reader.unmapped_user(actor.organisation, issuer, user)
            if known is None:
                raise NotFound("This was settled already; nothing was changed.")
            return known

        return await self._store.read(look)

    async def dismiss(self, actor: Actor, issuer: str, user: str) -> None:
        """They are not who they say they are."""
        known = await self.claimed(actor, issuer, user)

        def work(tx: Transaction) -> None:
            tx.note_unmapped(replace(known, wanted=None))
            payload = {"issuer": issuer, "user": user, "wanted": known.wanted}
            tx.log(actor.organisation, "link_refused", actor, payload)

        await self._store.transact(work)

    async def _get(self, actor: Actor, identity: str) -> Identity:
        pinned = await self._store.read(lambda reader: reader.identities(actor.organisation, None))
        found = next((one for one in pinned if one.id == identity), None)
        if found is None:
            raise NotFound("There is no such identity here; look at the list of identities.")
        return found
