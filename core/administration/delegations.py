"""Delegations: who decides for whom, from when until when. One gives one's own right, and nobody gives it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from core.administration.office import Office, must_manage, must_oversee, the_member, the_project, verbs
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.model.absence import LONGEST_DAYS, Delegation
from core.model.organisation import Member, Project
from core.model.people import Actor, Verb
from core.phrases import phrase
from core.ports import Idempotency, Reader, Transaction

LISTED: Final = 100
MOST: Final = 20
"""Delegations one member may have given that are not over."""


@dataclass(frozen=True, slots=True)
class Given:
    """A delegation with what its people and its project are called."""

    delegation: Delegation
    giver: str
    taker: str
    project: str | None


Hear = Callable[[Given], None]


class Delegations(Office):
    _listeners: tuple[Hear, ...] = ()

    def subscribe(self, hear: Hear) -> None:
        """Called on the loop after one was given or ended; ended ones say so."""
        self._listeners = (*self._listeners, hear)

    async def list(self, actor: Actor, *, everybody: bool = False) -> Sequence[Given]:
        """Those not over, given or taken by oneself; for admins everybody's."""

        def look(reader: Reader) -> Sequence[Given]:
            must_delegate_as_a_person(actor)
            if everybody:
                must_oversee(reader, actor)
            whose = None if everybody else actor.id
            found = reader.delegations(actor.organisation, whose, reader.now(), LISTED)
            return [_named(reader, one) for one in found]

        return await self._store.read(look)

    async def get(self, actor: Actor, id: str) -> Given:
        return await self._store.read(lambda reader: _named(reader, _the_delegation(reader, actor, id)))

    async def give(
        self,
        actor: Actor,
        to: str,
        until: datetime,
        *,
        starts_at: datetime | None = None,
        project: str | None = None,
        once: Idempotency | None = None,
    ) -> Given:
        """`to` by id or e-mail. What was given before for the same projects and time ends by this."""

        def look(reader: Reader) -> Delegation:
            place = None if project is None else the_project(reader, actor.organisation, project, field="project")
            _must_have_something_to_give(reader, actor, place)
            taker = the_member(reader, actor, to, field="to")
            _must_be_able_to_take(reader, actor, taker, place)
            now = reader.now()
            starts = max(now, starts_at or now)
            _must_be_dated(now, starts, until)
            id = f"dlg_{self._fresh()}"
            scope = None if place is None else place.id
            return Delegation(id, actor.organisation, actor.id, taker.id, scope, starts, until, now)

        wanted = await self._store.read(look)
        made = await self._change(lambda tx: self._write(tx, actor, wanted), once)
        given = await self.get(actor, made.id)
        if not made.replayed:
            self._say(given)
        return given

    def _write(self, tx: Transaction, actor: Actor, wanted: Delegation) -> str:
        now = tx.now()
        present = [one for one in tx.delegations(actor.organisation, actor.id, now, 2 * MOST) if one.giver == actor.id]
        replaced = [one for one in present if _clash(one, wanted)]
        if len(present) - len(replaced) >= MOST:
            raise Conflict(
                phrase("You have given {count} delegations, which is the limit; stop some first.", count=MOST),
                code="too_many",
            )
        for one in replaced:
            self._end(tx, actor, one, now)
        tx.put_delegation(wanted)
        tx.log(actor.organisation, "delegation_given", actor, _payload(wanted))
        return wanted.id

    async def stop(self, actor: Actor, id: str, *, once: Idempotency | None = None) -> Given:
        """By whoever gave it, whoever took it, or an admin. What was decided meanwhile stands."""
        found = await self.get(actor, id)
        if actor.id not in (found.delegation.giver, found.delegation.taker):
            await self._store.read(lambda reader: must_manage(reader, actor))

        def work(tx: Transaction) -> str:
            now = tx.now()
            present = tx.delegation(actor.organisation, id)
            if present is not None and not present.is_over(now):
                self._end(tx, actor, present, now)
            return id

        made = await self._change(work, once)
        stopped = await self.get(actor, id)
        if not made.replayed and not found.delegation.is_over(stopped.delegation.ended_at or found.delegation.until):
            self._say(stopped)
        return stopped

    def _end(self, tx: Transaction, actor: Actor, delegation: Delegation, now: datetime) -> None:
        tx.put_delegation(replace(delegation, ended_at=now))
        payload = {"delegation": delegation.id, "giver": delegation.giver, "taker": delegation.taker}
        tx.log(actor.organisation, "delegation_ended", actor, payload)

    def _say(self, given: Given) -> None:
        for hear in self._listeners:
            hear(given)


def must_delegate_as_a_person(actor: Actor) -> None:
    if not actor.is_member:
        raise NotAllowed(
            phrase("Delegations are between people; a member must do this as themselves."), code="forbidden"
        )


def _must_have_something_to_give(reader: Reader, actor: Actor, place: Project | None) -> None:
    must_delegate_as_a_person(actor)
    if not actor.may_decide:
        raise NotAllowed(
            phrase("This login may not decide, so it cannot give that right to others; do it in Slack."),
            code="forbidden",
        )
    if not _may_approve(reader, actor.organisation, actor.id, place):
        raise NotAllowed(
            phrase("You may not approve there, so there is nothing to delegate; ask an admin for the approver role."),
            code="not_an_approver",
        )


def _must_be_able_to_take(reader: Reader, actor: Actor, taker: Member, place: Project | None) -> None:
    if taker.id == actor.id:
        raise Invalid(phrase("You cannot delegate to yourself; name somebody else."), field="to")
    if not taker.active:
        raise Invalid(phrase("{name} is no longer active here; name somebody else.", name=taker.name), field="to")
    if not _may_approve(reader, actor.organisation, taker.id, place):
        raise Invalid(
            phrase(
                "{name} may not approve there, so could not decide for you; name somebody who may.", name=taker.name
            ),
            field="to",
        )


def _may_approve(reader: Reader, organisation: str, member: str, place: Project | None) -> bool:
    projects = reader.projects(organisation) if place is None else (place,)
    people = (reader.person(member, project.id) for project in projects)
    return any(person is not None and person.may(Verb.APPROVE) for person in people)


def _must_be_dated(now: datetime, starts: datetime, until: datetime) -> None:
    if until <= starts:
        raise Invalid(phrase("A delegation ends after it begins; write a later end."), field="until")
    if until > now + timedelta(days=LONGEST_DAYS):
        raise Invalid(
            phrase("A delegation can last {days} days at most; write an earlier end.", days=LONGEST_DAYS), field="until"
        )


def _clash(before: Delegation, after: Delegation) -> bool:
    """Of two for the same projects at the same time only the newer one holds."""
    return before.project == after.project and before.starts_at < after.until and after.starts_at < before.until


def _the_delegation(reader: Reader, actor: Actor, id: str) -> Delegation:
    found = reader.delegation(actor.organisation, id)
    if found is not None and (actor.id in (found.giver, found.taker) and actor.is_member):
        return found
    if found is not None and Verb.MANAGE in verbs(reader, actor) and not actor.is_agent:
        return found
    raise NotFound(phrase("There is no such delegation here; look at the list of delegations."))


def _named(reader: Reader, delegation: Delegation) -> Given:
    def name(member: str) -> str:
        found = reader.member(delegation.organisation, member)
        return "a member" if found is None else found.name

    place = None if delegation.project is None else reader.project(delegation.project)
    return Given(delegation, name(delegation.giver), name(delegation.taker), None if place is None else place.name)


def _payload(delegation: Delegation) -> dict[str, str | None]:
    return {
        "delegation": delegation.id,
        "giver": delegation.giver,
        "taker": delegation.taker,
        "project": delegation.project,
        "starts_at": delegation.starts_at.isoformat(),
        "until": delegation.until.isoformat(),
    }
