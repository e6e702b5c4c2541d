"""What may answer for the people besides rules: a lease somebody granted, or trust an agent has earned.

An offer is made when something is asked, and counted in the very transaction that takes it; judging the same revision
again finds it as it was then, unless it has been taken back. The approver who edits gets none: that yes is a person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from typing import Final

from core.lifecycle.facts import Facts
from core.lifecycle.leasing import covers
from core.model import command as c
from core.model import event as e
from core.model.lease import Lease
from core.model.people import Verb
from core.model.quick import dataclass
from core.model.request import Content, Judgement, Request, Requester
from core.model.trust import OFF, Safety
from core.ports import OfferUsed, Transaction
from core.rulebook.given import Given, Offer
from core.rulebook.trust import CAUSE, Past, is_drawn, made_of, micros, trust, usd_of

LEASE: Final = "lease:"


@dataclass(frozen=True, slots=True)
class Draw:
    """How spot checks are drawn: by a key nobody who asks knows, as often as `safety` says."""

    key: bytes = field(default=b"", repr=False)
    safety: Safety = OFF

    def has(self, request: str) -> bool:
        return is_drawn(request, self.key, self.safety.spot_checks)


@dataclass(frozen=True, slots=True)
class Asking:
    """A revision as far as offers go."""

    request: str
    requester: Requester
    on_behalf_of: str | None
    content: Content

    @property
    def is_by_an_agent(self) -> bool:
        return self.requester.kind == "agent"


def with_offers(
    tx: Transaction, given: Given, request: Request | None, command: c.Command, facts: Facts, draw: Draw
) -> Given:
    """With the one offer that could answer, if there is any: costs one look where an agent asks, else nothing."""
    asking = _asking(request, command, facts)
    if asking is None or not asking.is_by_an_agent:
        return given
    if isinstance(command, c.Judge):
        offer = _kept(tx, request, facts, draw)
    else:
        offer = _by_lease(tx, given, asking, facts) or _by_trust(tx, asking, facts, draw)
    return given if offer is None else replace(given, offers=(offer,))


def _asking(request: Request | None, command: c.Command, facts: Facts) -> Asking | None:
    match command:
        case c.Create():
            id = f"req_{facts.fresh}"
            return Asking(id, command.requester, command.on_behalf_of, command.content)
        case c.Revise() if request is not None:
            return Asking(request.id, request.requester, request.on_behalf_of, command.content)
        case c.Judge() if request is not None:
            return Asking(request.id, request.requester, request.on_behalf_of, request.content)
        case _:
            return None


def _by_lease(tx: Transaction, given: Given, asking: Asking, facts: Facts) -> Offer | None:
    """The oldest lease that covers this."""
    for lease in tx.live_leases(asking.requester.id, facts.now):
        here = lease.project == facts.project.id and lease.organisation == facts.project.organisation
        if here and covers(lease.kind, asking.content) and _may_vouch(tx, lease, given, asking.on_behalf_of):
            return Offer(lease.cause, lease.sentence)
    return None


def _may_vouch(tx: Transaction, lease: Lease, given: Given, on_behalf_of: str | None) -> bool:
    """Whoever granted it may still approve here, and is neither acted for nor barred by a rule that looks at this."""
    barred = frozenset[str]().union(*given.behind.values())
    if lease.granted_by == on_behalf_of or lease.granted_by in barred:
        return False
    person = tx.person(lease.granted_by, lease.project)
    return person is not None and person.may(Verb.APPROVE)


def _by_trust(tx: Transaction, asking: Asking, facts: Facts, draw: Draw) -> Offer | None:
    if not draw.safety.enabled:
        return None
    agent = asking.requester.id
    record = tx.trust_record(facts.project.organisation, agent, asking.content.type)
    spent = tx.trust_spent(agent, facts.now)
    drawn = draw.has(asking.request)
    return trust(record, asking.content, draw.safety, spent, facts.now, spot_check=drawn).offer


def _kept(tx: Transaction, request: Request | None, facts: Facts, draw: Draw) -> Offer | None:
    """What answered for this revision when it was asked."""
    used = None if request is None else tx.offer_used(request.id, request.revision)
    if used is None:
        return None
    if used.cause.startswith(LEASE):
        lease = tx.lease(facts.project.organisation, used.cause.removeprefix(LEASE))
        still = lease is not None and lease.revoked_at is None
    else:
        still = draw.safety.enabled
    return Offer(used.cause, used.sentence) if still else None


def count_offer(tx: Transaction, request: Request, command: c.Command, facts: Facts, safety: Safety) -> None:
    """One more use of what has answered for the people of this revision, or the whole begins again."""
    judgement, now = facts.judgement, facts.now
    cause = None if judgement is None else judgement.spared_by
    if judgement is None or cause is None or isinstance(command, c.Judge):
        return
    if cause.startswith(LEASE):
        tx.use_lease(cause.removeprefix(LEASE))
    elif cause == CAUSE:
        tx.spend_trust(
            request.organisation, request.requester.id, now.date().isoformat(), micros(usd_of(request.content)), safety
        )
    else:
        return
    tx.note_offer(request.id, request.revision, OfferUsed(cause, _sentence(judgement)), now)


def _sentence(judgement: Judgement) -> str:
    return next(iter(judgement.plan.why), "")


def keep_record(tx: Transaction, before: Request | None, after: Request, events: Sequence[e.Event], draw: Draw) -> None:
    """What people made of an agent's request, or what came of it afterwards, counts for or against its like."""
    made = made_of(before, after, was_drawn=lambda: draw.safety.enabled and draw.has(after.id))
    if made is not None:
        past = Past(made, events[-1].at)
        tx.mark_trust(after.organisation, after.requester.id, after.content.type, made, past.good, past.bad)


def keep_leases(tx: Transaction, after: Request, events: Iterable[e.Event]) -> None:
    """Leases granted from this request, and those taken back, as rows of their own."""
    if not after.leases:
        return
    changed = {event.lease.id for event in events if isinstance(event, e.LeaseGranted)}
    changed |= {event.lease for event in events if isinstance(event, e.LeaseRevoked)}
    for lease in after.leases:
        if lease.id in changed:
            tx.put_lease(lease)
