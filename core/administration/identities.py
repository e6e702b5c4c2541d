"""Identities: which outside user is which member. Pinned once, and from then on the only thing that counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from core.administration.following import follow_link
from core.administration.office import Office, four_eyes, must_manage, must_oversee, the_member
from core.errors import Conflict, Invalid, NotAllowed, NotFound, TooSoon
from core.model.installation import Unmapped
from core.model.organisation import Identity, Member
from core.model.people import Actor, Way
from core.notices import IDENTITY, LINKED, NOT_LINKED
from core.outgoing import said_again
from core.phrases import phrase
from core.ports import Idempotency, Notice, Reader, Store, Transaction

_ADDRESS: Final = re.compile(r"[^@\s<>]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")

PAUSE: Final = timedelta(minutes=10)
"""Between two different wishes of one person, of which admins are told."""

CLAIMABLE: Final = frozenset({"not_member", "two_users", "email_changed"})
"""Why somebody is not linked though nothing speaks against them but their address."""


KIND: Final = "slack"
"""Of those who can say who they are, and the outlet that tells them what came of it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody said about who they are; not new where admins were asked the same before."""

    asked: Unmapped
    is_new: bool


class Identities(Office):
    """Whoever says which member they are is told what came of it, by `outlets`, in the transaction of the answer."""

    def __init__(self, store: Store, fresh: Callable[[], str], outlets: Sequence[str] = ()) -> None:
        super().__init__(store, fresh)
        self._outlets = tuple(outlets)
        self._sign_on: dict[str, str] = {}

    def belongs(self, issuer: str, organisation: str) -> None:
        """This issuer's single sign-on is this organisation's."""
        self._sign_on[issuer] = organisation

    async def list(self, actor: Actor, member: str | None = None) -> Sequence[Identity]:
        def look(reader: Reader) -> Sequence[Identity]:
            must_oversee(reader, actor)
            wanted = None if member is None else the_member(reader, actor, member).id
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
        Users of a workspace or sign-on that is not here yet may be linked ahead; those of another organisation's may not.
        Cards that waited for the link are shown now.
        """

        def look(reader: Reader) -> tuple[Member, Identity | None]:
            must_manage(reader, actor)
            whose = the_member(reader, actor, member, field="member")
            owners = self._owners(reader, kind, issuer)
            if owners and actor.organisation not in owners:
                raise Invalid(
                    phrase("This is not the workspace or sign-on of your organisation; link users of your own."),
                    field="issuer",
                )
            there = reader.identity(kind, issuer, user)
            return whose, None if there is None or self._is_squatted(reader, actor, there) else there

        whose, pinned = await self._store.read(look)
        if pinned is not None:
            if (pinned.organisation, pinned.member) == (actor.organisation, whose.id):
                return pinned
            raise Conflict(phrase("That user is linked to another member; unpin that first."), code="already_exists")

        known = whose.email if email is None else email.strip().lower()

        def work(tx: Transaction) -> str:
            self._free(tx, actor, kind, issuer, user)
            id = f"idn_{self._fresh()}"
            tx.put(Identity(id, actor.organisation, kind, issuer, user, whose.id, known, tx.now()))
            said = phrase("You are linked to {member} now, and can act here.", member=whose.email)
            self._answer(tx, tx.unmapped_user(actor.organisation, issuer, user), LINKED, said)
            tx.forget_unmapped(actor.organisation, issuer, user)
            payload = {"identity": id, "kind": kind, "issuer": issuer, "user": user, "member": whose.id}
            tx.log(actor.organisation, "identity_pinned", actor, payload)
            follow_link(tx, actor, issuer, user)
            tx.show_after_all(actor.organisation, kind, f"member:{whose.id}")
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
            follow_link(tx, actor, found.issuer, found.user)

        await self._store.transact(work)
        self._people_changed(actor.organisation, f"member:{found.member}")
        return found

    async def unmapped(self, actor: Actor, limit: int = 100) -> Sequence[Unmapped]:
        """Slack users who tried to act here, or lost their link, and stand for no member; the newest first."""

        def look(reader: Reader) -> Sequence[Unmapped]:
            must_oversee(reader, actor)
            return reader.unmapped(actor.organisation, limit)

        return await self._store.read(look)

    async def note_unmapped(self, found: Unmapped) -> None:
        """By Slack's directory; what they said about who they are is kept as long as they may say it."""

        def work(tx: Transaction) -> None:
            known = tx.unmapped_user(found.organisation, found.issuer, found.user)
            wanted = None if known is None or found.reason not in CLAIMABLE else known.wanted
            asked_at = None if known is None else known.asked_at
            tx.note_unmapped(replace(found, wanted=wanted, seen_at=tx.now(), asked_at=asked_at))

        await self._store.transact(work)

    async def linkable(self, organisation: str, issuer: str, limit: int) -> Sequence[str]:
        """For Slack's directory: who became linkable since they were seen."""
        return await self._store.read(lambda reader: reader.linkable(organisation, issuer, limit))

    async def leave_out(self, actor: Actor, issuer: str, user: str) -> Unmapped:
        """Somebody who need not be linked: off the list, until they try again."""

        def look(reader: Reader) -> Unmapped:
            must_manage(reader, actor)
            known = reader.unmapped_user(actor.organisation, issuer, user)
            if known is None:
                raise NotFound(phrase("They are no longer on the list; nothing needs to be changed."))
            return known

        known = await self._store.read(look)

        def work(tx: Transaction) -> None:
            self._turn_down(tx, tx.unmapped_user(actor.organisation, issuer, user))
            tx.forget_unmapped(actor.organisation, issuer, user)
            payload = {"issuer": issuer, "user": user, "name": known.name, "wanted": known.wanted}
            tx.log(actor.organisation, "unmapped_left_out", actor, payload)

        await self._store.transact(work)
        return known

    async def forget_unmapped(self, organisation: str, issuer: str, user: str) -> None:
        """They left Slack: nobody needs to look after them any more."""
        await self._store.transact(lambda tx: tx.forget_unmapped(organisation, issuer, user))

    async def claim(self, actor: Actor, issuer: str, user: str, email: str) -> Claim:
        """Somebody nobody is linked to says which member they are. Nothing is linked by that: an admin must confirm.

        Whether there is such a member is not told to whoever asks.
        """
        address = email.strip().lower()
        if _ADDRESS.fullmatch(address) is None:
            raise Invalid(phrase("Write the e-mail address under which you are a member here."), field="email")

        def work(tx: Transaction) -> Claim:
            known = tx.unmapped_user(actor.organisation, issuer, user)
            if known is None or known.reason not in CLAIMABLE:
                raise NotAllowed(
                    phrase("You cannot be linked this way; ask an admin what stands in the way."), code="not_mapped"
                )
            if known.wanted == address:
                return Claim(known, is_new=False)
            _must_not_ask_again(known, tx.now())
            asked = replace(known, wanted=address, seen_at=tx.now(), asked_at=tx.now())
            tx.note_unmapped(asked)
            payload = {"issuer": issuer, "user": user, "wanted": address, "email": known.email}
            tx.log(actor.organisation, "link_asked", actor, payload)
            return Claim(asked, is_new=True)

        return await self._store.transact(work)

    @four_eyes("identities")
    async def confirm(
        self, actor: Actor, kind: str, issuer: str, user: str, wanted: str, *, once: Idempotency | None = None
    ) -> Identity:
        """They are who they say they are. What that member was linked to there before falls."""
        repeat = await self._replayed(once)

        def look(reader: Reader) -> tuple[Member, list[Identity]]:
            must_manage(reader, actor)
            if not repeat:
                _still_asked(reader, actor, issuer, user, wanted)
            whose = the_member(reader, actor, wanted, field="member")
            if not whose.active:
                raise Conflict(
                    phrase("{whose} is not active here; activate them first.", whose=whose.name), code="inactive"
                )
            there = (one for one in reader.identities(actor.organisation, whose.id) if one.issuer == issuer)
            return whose, [one for one in there if one.kind == kind]

        whose, before = await self._store.read(look)

        def work(tx: Transaction) -> str:
            known = _still_asked(tx, actor, issuer, user, wanted)
            for old in before:
                tx.unpin(old.id)
                payload = {"identity": old.id, "kind": kind, "user": old.user, "member": whose.id, "instead": user}
                tx.log(actor.organisation, "identity_unpinned", actor, payload)
                follow_link(tx, actor, issuer, old.user)
            self._free(tx, actor, kind, issuer, user)
            id, address = f"idn_{self._fresh()}", known.email or whose.email
            tx.put(Identity(id, actor.organisation, kind, issuer, user, whose.id, address, tx.now()))
            tx.forget_unmapped(actor.organisation, issuer, user)
            pinned = {"identity": id, "kind": kind, "issuer": issuer, "user": user, "member": whose.id, "asked": wanted}
            tx.log(actor.organisation, "identity_pinned", actor, pinned)
            said = phrase(
                "{actor} confirmed that you are {wanted}. You can act here now.", actor=actor.name, wanted=wanted
            )
            self._answer(tx, known, LINKED, said)
            follow_link(tx, actor, issuer, user)
            tx.show_after_all(actor.organisation, kind, f"member:{whose.id}")
            return id

        made = await self._change(work, once)
        return await self._get(actor, made.id)

    async def claims(self, actor: Actor, limit: int = 100) -> Sequence[Unmapped]:
        """For admins: those who say which member they are, and wait for a yes; the newest first."""

        def look(reader: Reader) -> Sequence[Unmapped]:
            must_oversee(reader, actor)
            return reader.claims(actor.organisation, limit)

        return await self._store.read(look)

    async def claimed(self, actor: Actor, issuer: str, user: str) -> Unmapped:
        """What an admin is asked to confirm; not found where it was settled meanwhile."""

        def look(reader: Reader) -> Unmapped:
            must_manage(reader, actor)
            known = reader.unmapped_user(actor.organisation, issuer, user)
            if known is None or known.wanted is None:
                raise NotFound(phrase("This was settled already; nothing was changed."))
            return known

        return await self._store.read(look)

    async def dismiss(self, actor: Actor, issuer: str, user: str) -> Unmapped:
        """They are not who they say they are."""
        known = await self.claimed(actor, issuer, user)

        def work(tx: Transaction) -> None:
            asked = _still_asked(tx, actor, issuer, user, known.wanted)
            self._turn_down(tx, asked)
            tx.note_unmapped(replace(asked, wanted=None))
            payload = {"issuer": issuer, "user": user, "wanted": known.wanted}
            tx.log(actor.organisation, "link_refused", actor, payload)

        await self._store.transact(work)
        return known

    def _owners(self, reader: Reader | Transaction, kind: str, issuer: str) -> frozenset[str]:
        """The organisations whose workspace or sign-on this is; of an Enterprise organisation there may be several."""
        if kind == KIND:
            return frozenset(one.organisation for one in reader.installations() if one.issuer == issuer)
        return frozenset({self._sign_on[issuer]} if issuer in self._sign_on else ())

    def _is_squatted(self, reader: Reader | Transaction, actor: Actor, there: Identity) -> bool:
        """Linked by an organisation whose users these never were, when the actor's own has them."""
        if there.organisation == actor.organisation:
            return False
        owners = self._owners(reader, there.kind, there.issuer)
        return actor.organisation in owners and there.organisation not in owners

    def _free(self, tx: Transaction, actor: Actor, kind: str, issuer: str, user: str) -> None:
        """What others had linked ahead gives way to whose user it is, or they could be kept out."""
        there = tx.identity(kind, issuer, user)
        if there is None or not self._is_squatted(tx, actor, there):
            return
        tx.unpin(there.id)
        owner = Actor("system", "owner", phrase("the organisation it belongs to"), there.organisation, Way.SYSTEM)
        payload = {"identity": there.id, "kind": kind, "user": user, "member": there.member}
        tx.log(there.organisation, "identity_unpinned", owner, payload)

    def _turn_down(self, tx: Transaction, asked: Unmapped | None) -> None:
        said = phrase(
            "An admin did not confirm that you are {wanted}, so you stay unlinked. Talk to them if that is wrong.",
            wanted=None if asked is None else asked.wanted,
        )
        self._answer(tx, asked, NOT_LINKED, said)

    def _answer(self, tx: Transaction, asked: Unmapped | None, word: str, said: str) -> None:
        """Tell whoever asked for something; each time they asked is answered once."""
        if asked is None or asked.wanted is None or KIND not in self._outlets:
            return
        user, at = f"{KIND}/{asked.issuer}/{asked.user}", asked.asked_at or asked.seen_at
        notice = Notice(
            id=f"ntc_{self._fresh()}",
            organisation=asked.organisation,
            request="",
            event=f"claim:{user}:{round(at.timestamp() * 1000)}",
            outlet=KIND,
            place=f"{IDENTITY}{user}",
            word=word,
            sentence=said,
            extra=said_again(said),
        )
        tx.notify([notice])

    async def _get(self, actor: Actor, identity: str) -> Identity:
        pinned = await self._store.read(lambda reader: reader.identities(actor.organisation, None))
        found = next((one for one in pinned if one.id == identity), None)
        if found is None:
            raise NotFound(phrase("There is no such identity here; look at the list of identities."))
        return found


def _still_asked(reader: Reader | Transaction, actor: Actor, issuer: str, user: str, wanted: str | None) -> Unmapped:
    """Looked at again where it is settled: two admins may answer at once."""
    known = reader.unmapped_user(actor.organisation, issuer, user)
    if known is None or known.wanted is None or known.wanted != wanted:
        raise Conflict(phrase("They no longer ask for that, or it was settled already; nothing was changed."))
    return known


def _must_not_ask_again(known: Unmapped, now: datetime) -> None:
    if known.asked_at is not None and now < known.asked_at + PAUSE:
        left = round((known.asked_at + PAUSE - now).total_seconds())
        raise TooSoon(
            phrase("You have asked an admin just now; wait ten minutes before you ask for something else."),
            retry_after=left,
        )
