"""Leases: granted from a request by whoever suffices there alone, seen by those who read there, taken back by either."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from core.administration.office import Office, verbs
from core.desk import Desk
from core.errors import Conflict, NotFound
from core.model.command import GrantLease, Judge, RevokeLease
from core.model.lease import Lease
from core.model.people import Actor, Verb, clock_actor
from core.phrases import phrase
from core.ports import Idempotency, Reader, Store

LISTED: Final = 100
JUDGED_AGAIN: Final = 100
"""Requests still open that a lease had answered for."""


class Leases(Office):
    def __init__(self, store: Store, fresh: Callable[[], str], desk: Desk) -> None:
        super().__init__(store, fresh)
        self._desk = desk

    async def list(self, actor: Actor) -> Sequence[Lease]:
        """The newest first, those that are over among them."""

        def look(reader: Reader) -> Sequence[Lease]:
            return [lease for lease in reader.leases(actor.organisation, LISTED) if _sees(reader, actor, lease)]

        return await self._store.read(look)

    async def get(self, actor: Actor, id: str) -> Lease:
        def look(reader: Reader) -> Lease:
            lease = reader.lease(actor.organisation, id)
            if lease is None or not _sees(reader, actor, lease):
                raise NotFound(phrase("There is no such lease here; look at the list of leases."))
            return lease

        return await self._store.read(look)

    async def grant(
        self,
        actor: Actor,
        request: str,
        wish: GrantLease,
        *,
        once: Idempotency | None = None,
        deadline: float | None = None,
    ) -> Lease:
        """`request` by id. With four eyes nobody opens a gate alone, so none is granted there."""
        await self._store.read(lambda reader: _must_be_possible(reader, actor, request))
        done = await self._desk.do(actor, request, wish, once=once, deadline=deadline)
        mine = [lease for lease in done.request.leases if lease.granted_by == actor.id]
        if not mine:
            raise NotFound(phrase("The lease this key made is gone."))
        return mine[-1]

    async def revoke(
        self, actor: Actor, id: str, *, once: Idempotency | None = None, deadline: float | None = None
    ) -> Lease:
        """What it let through and still waits for checks is judged again."""
        lease = await self.get(actor, id)
        await self._desk.do(actor, lease.request, RevokeLease(id), once=once, deadline=deadline)
        for request in await self._store.read(lambda reader: reader.offer_users(lease.cause, JUDGED_AGAIN)):
            await self._judge_again(actor, request)
        return await self.get(actor, id)

    async def revoke_all(self, actor: Actor, agent: str) -> None:
        """Every lease an agent still has, by whoever stops that agent."""
        clock = replace(clock_actor(actor.organisation), name=actor.name)
        now = await self._store.read(lambda reader: reader.now())
        for lease in await self._store.read(lambda reader: reader.live_leases(agent, now)):
            if lease.organisation == actor.organisation:
                await self._desk.do(clock, lease.request, RevokeLease(lease.id))

    async def _judge_again(self, actor: Actor, request: str) -> None:
        with contextlib.suppress(Conflict, NotFound):
            await self._desk.do(clock_actor(actor.organisation), request, Judge())


def _sees(reader: Reader, actor: Actor, lease: Lease) -> bool:
    """Whoever granted it, the agent it is for, and those who read in its project."""
    if actor.id in (lease.granted_by, lease.agent):
        return True
    return Verb.READ in verbs(reader, actor, lease.project)


def _must_be_possible(reader: Reader, actor: Actor, request: str) -> None:
    organisation = reader.organisation(actor.organisation)
    if organisation is not None and organisation.four_eyes:
        raise Conflict(
            phrase(
                "Four eyes are on here, so nobody lets requests pass alone; an admin can add an allow rule with uses and "
                "until, which another admin then confirms."
            ),
            code="four_eyes",
        )
    found = reader.request(request)
    agent = None if found is None or found.requester.kind != "agent" else reader.agent(found.requester.id)
    if agent is not None and agent.organisation == actor.organisation and agent.suspended:
        raise Conflict(
            phrase("{agent} is suspended, so it gets no lease; an admin can resume it.", agent=agent.name),
            code="suspended",
        )
