"""Leases: who may grant one, what it covers, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.errors import ApprovalError, Conflict, Invalid, NotAllowed, NotFound
from core.lifecycle import who
from core.lifecycle.advancing import enter
from core.lifecycle.deciding import approve
from core.lifecycle.evolve import fold
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.duration import say_duration
from core.model.lease import ANY, LONGEST, MOST_USES, Kind, Lease
from core.model.people import Person, Way
from core.model.request import Content, Request, Status, Verdict
from core.phrases import phrase

LONGEST_ACTION = 300
MOST_LEASES = 20
"""Granted from one request: more would only hide what is in force."""


def grant(request: Request, command: c.GrantLease, facts: Facts) -> tuple[e.Event, ...]:
    facts = _as_it_was_asked(request, facts)
    person = who.decider(request, facts)
    who.must_be_named(request, person)
    _must_suffice_alone(request, facts, person)
    _must_be_a_machines(request)
    kind = _kind(request, command)
    if not request.is_open and not _ended_by(request, person):
        who.must_be_open(request)
    if len(request.leases) >= MOST_LEASES:
        raise Conflict(
            phrase(
                "{most} leases were granted from this request, which is the limit; grant the next one from a newer "
                "request.",
                most=MOST_LEASES,
            ),
            code="too_many",
        )
    return (e.LeaseGranted(facts.now, _lease(request, command, kind, facts, person)),)


def _as_it_was_asked(request: Request, facts: Facts) -> Facts:
    """Where others have agreed meanwhile it is carried out in the person's name: how they came in was judged then."""
    if not (facts.actor.is_member and facts.actor.way is Way.SYSTEM):
        return facts
    way = Way(min(request.plan.decide_in))
    return replace(facts, actor=replace(facts.actor, may_decide=True, way=way))


def _lease(request: Request, command: c.GrantLease, kind: Kind, facts: Facts, person: Person) -> Lease:
    return Lease(
        id=f"lea_{facts.fresh}",
        organisation=request.organisation,
        project=request.project,
        agent=request.requester.id,
        agent_name=request.requester.name,
        kind=kind,
        uses=command.uses,
        until=facts.now + command.lasts,
        granted_by=person.id,
        granted_by_name=person.name,
        granted_at=facts.now,
        request=request.id,
        number=request.number,
    )


def _must_suffice_alone(request: Request, facts: Facts, person: Person) -> None:
    """A lease lets others pass on one person's word, so that word must have been enough here."""
    if person.id == request.on_behalf_of:
        raise NotAllowed(phrase("This is asked in your name, so somebody else must grant a lease."), code="own_request")
    if not suffices_alone(request, facts):
        raise NotAllowed(
            phrase(
                "A lease can only be granted by somebody whose one approval ends the request; here more is needed, so decide this one by itself."
            ),
            code="not_an_approver",
        )


def suffices_alone(request: Request, facts: Facts) -> bool:
    """Whether the actor's approval, were it the first, would end the request: with seats of one's own alone."""
    if not request.plan.stages:
        return False
    anew = replace(
        request,
        status=Status.PENDING,
        stage=request.plan.stages[0].number,
        decisions=(),
        hand_overs=(),
        glasses=(),
        fixed={},
        execution=None,
        discarded=False,
    )
    if facts.person is not None:
        facts = replace(facts, person=replace(facts.person, stands_in_for=()))
    opened = fold(anew, enter(anew, facts))
    try:
        events = approve(opened, c.Approve(revision=opened.revision, stage=opened.stage), facts)
    except ApprovalError:
        return False
    return any(isinstance(event, e.Ended) and event.status is Status.APPROVED for event in events)


def _must_be_a_machines(request: Request) -> None:
    if request.requester.kind != "agent":
        raise Conflict(
            phrase("Leases are for machines, and this was asked by a person; decide it by itself."), code="not_an_agent"
        )


def _ended_by(request: Request, person: Person) -> bool:
    """Whether it was this person's yes, and nobody else's, that ended it."""
    yes = {d.member for d in request.decisions if d.counts and d.verdict is Verdict.APPROVED}
    return request.is_yes and request.cause == "people" and yes == {person.id}


def _kind(request: Request, command: c.GrantLease) -> Kind:
    if not 1 <= command.uses <= MOST_USES:
        raise Invalid(phrase("A lease has 1 to {most} uses; choose fewer.", most=MOST_USES), field="uses")
    if not timedelta(minutes=1) <= command.lasts <= LONGEST:
        raise Invalid(
            phrase(
                "A lease lasts between a minute and {duration}; choose otherwise.",
                duration=say_duration(LONGEST),
            ),
            field="lasts",
        )
    kind = kind_of(request, command.action)
    if len(kind.action or "") > LONGEST_ACTION:
        raise Invalid(
            phrase(
                "Say the action in at most {most} characters; end it with * earlier.",
                most=LONGEST_ACTION,
            ),
            field="action",
        )
    if not covers(kind, request.content):
        raise Invalid(
            phrase(
                "That would not cover this very request; write the action as it is here, or its beginning and then *."
            ),
            field="action",
        )
    return kind


def kind_of(request: Request, action: str | None = None) -> Kind:
    """Like this request; `action` widens what it may do, left out it stays exactly this."""
    content = request.content
    return Kind(
        type=content.type,
        action=content.action if action is None else action,
        subject_kind=None if content.subject is None else content.subject.kind,
        usd=None if content.cost is None else content.cost.usd,
        tokens=None if content.cost is None else content.cost.tokens,
        side_effects=content.side_effects,
    )


def covers(kind: Kind, content: Content) -> bool:
    subject = None if content.subject is None else content.subject.kind
    return (
        content.type == kind.type
        and subject == kind.subject_kind
        and _covers_action(kind.action, content.action)
        and _within(None if content.cost is None else content.cost.usd, kind.usd)
        and _within(None if content.cost is None else content.cost.tokens, kind.tokens)
        and set(content.side_effects) <= set(kind.side_effects)
    )


def _covers_action(wanted: str | None, action: str | None) -> bool:
    if wanted is None or not wanted.endswith(ANY):
        return action == wanted
    return (action or "").startswith(wanted.removesuffix(ANY))


def _within(asked: float | None, most: float | None) -> bool:
    """Undeclared is not zero: it is only like something undeclared."""
    if asked is None or most is None:
        return asked is most
    return 0 <= asked <= most


def revoke(request: Request, command: c.RevokeLease, facts: Facts) -> tuple[e.Event, ...]:
    """By whoever granted it, or an admin; a second time nothing happens."""
    lease = next((one for one in request.leases if one.id == command.lease), None)
    if lease is None:
        raise NotFound(phrase("There is no such lease here; look at the list of leases."))
    own = facts.actor.is_member and facts.actor.id == lease.granted_by and facts.present
    if not (own or who.as_an_admin(facts) or facts.actor.kind == "system"):
        raise NotAllowed(
            phrase(
                "Only {granter}, who granted it, or an admin may take this lease back; ask one of them.",
                granter=lease.granted_by_name,
            )
        )
    return () if lease.revoked_at is not None else (e.LeaseRevoked(facts.now, lease.id, facts.actor.name),)
