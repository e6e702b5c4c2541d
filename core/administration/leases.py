"""Leases: granted from a request by whoever suffices there alone, seen by those who read there, taken back by either."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from core.administration.office import Office, four_eyes, verbs
from core.desk import Desk
from core.errors import Conflict, NotFound
from core.model.command import GrantLease, Judge, RevokeLease
from core.model.lease import Lease
from core.model.people import Actor, Verb, clock_actor
from core.model.request import Request
from core.phrases import phrase
from core.ports import Idempotency, Reader, Store, Transaction

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
        """`request` by id. With four eyes an admin must agree first, and `Asked` is raised."""
        await self._store.read(lambda reader: _must_not_be_suspended(reader, actor, request))
        if self._eyes is not None and await self._eyes.are_on(actor):
            return await self.lease(actor, request, wish, once=once)
        done = await self._desk.do(actor, request, wish, once=once, deadline=deadline)
        return _granted(done.request, actor)

    @four_eyes("leases")
    async def lease(self, actor: Actor, request: str, wish: GrantLease, *, once: Idempotency | None = None) -> Lease:
        """Granting one where others must agree: judged when it is asked for, and once more when it is carried out."""

        def work(tx: Transaction) -> str:
            return _granted(self._desk.do_within(tx, actor, request, wish), actor).id

        await self._store.read(lambda reader: _must_not_be_suspended(reader, actor, request))
        made = await self._change(work, once)
        return await self.get(actor, made.id)

    async def held(self, actor: Actor) -> Sequence[Lease]:
        """Those in force that concern somebody: granted by them, or to an agent they own. For their Home."""

        def look(reader: Reader) -> Sequence[Lease]:
            now = reader.now()
            alive = [lease for lease in reader.leases(actor.organisation, LISTED) if lease.is_alive(now)]
            owned = {agent for agent in {lease.agent for lease in alive} if _owns(reader, actor, agent)}
            return [lease for lease in alive if lease.granted_by == actor.id or lease.agent in owned]

        return await self._store.read(look)

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


def _owns(reader: Reader, actor: Actor, agent: str) -> bool:
    found = reader.agent(agent)
    return found is not None and found.organisation == actor.organisation and actor.id in found.owners


def _granted(request: Request, actor: Actor) -> Lease:
    mine = [lease for lease in request.leases if lease.granted_by == actor.id]
    if not mine:
        raise NotFound(phrase("The lease this Idempotency-Key made is gone; use a new key to grant another."))
    return mine[-1]


def _must_not_be_suspended(reader: Reader, actor: Actor, request: str) -> None:
    found = reader.request(request)
    agent = None if found is None or found.requester.kind != "agent" else reader.agent(found.requester.id)
    if agent is not None and agent.organisation == actor.organisation and agent.suspended:
        raise Conflict(
            phrase("{agent} is suspended, so it gets no lease; an admin can resume it.", agent=agent.name),
            code="suspended",
        )
