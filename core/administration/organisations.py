"""The beginning: the first organisation, its project `default`, its first admins."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from core.administration.members import Members
from core.administration.office import Office, four_eyes, must_manage, must_oversee, operator
from core.errors import Conflict, Invalid, NotAllowed
from core.model.organisation import Grant, Organisation, Project, Settings
from core.model.people import ADMINS, Actor, Role
from core.naming import find_member
from core.phrases import phrase
from core.ports import Idempotency, Reader, Store, Transaction

DEFAULT_PROJECT = "default"


class Organisations(Office):
    """`members` is an office of its own, before which nobody asks: bootstrap and recovery are the host's."""

    def __init__(self, store: Store, fresh: Callable[[], str], members: Members) -> None:
        super().__init__(store, fresh)
        self._members = members

    async def bootstrap(self, name: str, admins: Iterable[str] = ()) -> Organisation:
        """The first organisation, made where there is none; listed admins who are no members yet become admins.

        Safe to run by several replicas at once: only one of them makes it.
        """
        organisation = await self.first()
        while organisation is None:
            made = await self._store.transact(lambda tx: self._make(tx, name))
            if made is None:
                await asyncio.sleep(0.1)
            organisation = made or await self.first()
        for email in admins:
            await self._admit(organisation, email)
        return organisation

    async def first(self) -> Organisation | None:
        found = await self._store.read(lambda reader: reader.organisations())
        return min(found, key=lambda organisation: organisation.created_at, default=None)

    async def add(self, name: str) -> Organisation:
        """One more tenant, with its project `default`."""
        return await self._store.transact(lambda tx: self.make(tx, name))

    async def get(self, actor: Actor) -> Organisation:
        def look(reader: Reader) -> Organisation:
            must_oversee(reader, actor)
            return _the_organisation(reader, actor.organisation)

        return await self._store.read(look)

    @four_eyes("settings")
    async def change(
        self,
        actor: Actor,
        *,
        four_eyes: bool | None = None,
        admin_channel: str | None = None,
        language: str | None = None,
        once: Idempotency | None = None,
    ) -> Organisation:
        """What is None stays. `admin_channel` is `#name` or `channel:<id>`, where admins are asked; empty: by message each.

        `language` (`de`) is spoken in channels, but where a project says otherwise.

        Four eyes need two other active admins: with one alone, the first to leave would lock everybody in.
        """

        def look(reader: Reader) -> Organisation:
            must_manage(reader, actor)
            present = _the_organisation(reader, actor.organisation)
            channel = present.admin_channel if admin_channel is None else _channel(admin_channel)
            if four_eyes and not present.four_eyes:
                _must_be_enough(reader, actor)
            eyes = present.four_eyes if four_eyes is None else four_eyes
            spoken = present.language if language is None else _language(language)
            return replace(present, four_eyes=eyes, admin_channel=channel, language=spoken)

        changed = await self._store.read(look)

        def work(tx: Transaction) -> str:
            tx.put(changed)
            payload = {name: getattr(changed, name) for name in ("four_eyes", "admin_channel", "language")}
            tx.log(actor.organisation, "organisation_changed", actor, payload)
            return changed.id

        await self._change(work, once)
        return changed

    async def recover(self, actor: Actor, email: str | None, *, four_eyes_off: bool = False) -> None:
        """For whoever has the host when admins are lost: a member is an admin again, new or back if need be."""
        if actor.kind != "system":
            raise NotAllowed(phrase("Only whoever has the host can do that: countersign admin recover."))
        present = await self._store.read(lambda reader: _the_organisation(reader, actor.organisation))
        if email is not None:
            await self._readmit(actor, email)
        if four_eyes_off and present.four_eyes:
            await self._store.transact(lambda tx: tx.put(replace(present, four_eyes=False)))
        payload = {"email": email, "four_eyes_off": four_eyes_off}
        await self._store.transact(lambda tx: tx.log(actor.organisation, "admin_recovered", actor, payload))

    async def _readmit(self, actor: Actor, email: str) -> None:
        known = await self._store.read(lambda reader: find_member(reader, actor.organisation, email))
        if known is None:
            await self._members.add(actor, email, roles=(Role.ADMIN,))
            return
        if not known.active:
            await self._members.change(actor, known.id, active=True)
        grant = Grant(actor.organisation, None, f"member:{known.id}", Role.ADMIN)
        if grant in set(await self._store.read(lambda reader: reader.grants(actor.organisation))):
            return
        await self._store.transact(lambda tx: tx.grant(grant))

    def _make(self, tx: Transaction, name: str) -> Organisation | None:
        """None while another replica is making it: its lease outlasts its commit."""
        return self.make(tx, name) if tx.hold_lease("bootstrap", self._fresh(), 30) else None

    def make(self, tx: Transaction, name: str) -> Organisation:
        """In the transaction of whatever it is made for."""
        now = tx.now()
        organisation = Organisation(f"org_{self._fresh()}", name, now)
        project = Project(f"prj_{self._fresh()}", organisation.id, DEFAULT_PROJECT, Settings(), now)
        tx.put(organisation)
        tx.put(project)
        payload = {"name": name, "project": project.id}
        tx.log(organisation.id, "organisation_created", operator(organisation.id), payload)
        return organisation

    async def _admit(self, organisation: Organisation, email: str) -> None:
        known = await self._store.read(lambda reader: find_member(reader, organisation.id, email))
        if known is None:
            await self._members.add(operator(organisation.id), email, roles=(Role.ADMIN,))


OTHERS: Final = 2
"""Other active admins it takes to switch four eyes on."""

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_CHANNEL = re.compile(r"#[^\s#]{1,80}|channel:[A-Z0-9]{1,30}")


def _the_organisation(reader: Reader, id: str) -> Organisation:
    found = reader.organisation(id)
    if found is None:
        raise Conflict(phrase("This organisation is gone; ask whoever runs this server."))
    return found


def _must_be_enough(reader: Reader, actor: Actor) -> None:
    project = reader.projects(actor.organisation)[0].id
    others = reader.roster(ADMINS, project, OTHERS + 1) - {actor.id}
    if len(others) < OTHERS:
        raise Conflict(
            phrase(
                "Four eyes need {others} other active admins, and there {there}; "
                "make somebody an admin of the whole organisation first.",
                others=OTHERS,
                there=phrase("is one") if others else phrase("is none"),
            ),
            code="too_few_admins",
        )


def _language(written: str) -> str:
    if not _LANGUAGE.fullmatch(written):
        raise Invalid(phrase("That is no language; write it like en or de."), field="language")
    return written


def _channel(written: str) -> str | None:
    if written and not _CHANNEL.fullmatch(written):
        raise Invalid(phrase("Write the channel like #admins, or nothing for none."), field="admin_channel")
    return written or None
