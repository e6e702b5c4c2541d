"""The beginning: the first organisation, its project `default`, its first admins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from core.administration.members import Members
from core.administration.office import Office, operator
from core.model.organisation import Organisation, Project, Settings
from core.model.people import Role
from core.naming import find_member
from core.ports import Store, Transaction

DEFAULT_PROJECT = "default"


class Organisations(Office):
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
        return await self._store.transact(lambda tx: self._put(tx, name))

    def _make(self, tx: Transaction, name: str) -> Organisation | None:
        """None while another replica is making it: its lease outlasts its commit."""
        return self._put(tx, name) if tx.hold_lease("bootstrap", self._fresh(), 30) else None

    def _put(self, tx: Transaction, name: str) -> Organisation:
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
