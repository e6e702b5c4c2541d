"""Approve, approve with edits, reject, withdraw, hand over; and what follows from a vote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.errors import Conflict, Invalid, NotAllowed
from core.lifecycle import who
from core.lifecycle.advancing import advance, approved, enter, open_stage
from core.lifecycle.changing import must_not_be_a_change
from core.lifecycle.creating import digest_after, follow, judged_expiry
from core.lifecycle.editing import apply_edits, bounds_in_sight, covers
from core.lifecycle.evolve import fold
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.digest import action_digest
from core.model.people import Person, Verb
from core.model.request import Content, Decision, HandOver, Outcome, Request, Stage, Status, Verdict
from core.model.requirement import Delegated
from core.model.visible import says_something
from core.phrases import phrase
from core.standing import first_unmet


def stored_decision(request: Request, command: c.Command, facts: Facts) -> Decision | None:
    """The same person's same verdict on the same revision and stage, given before: the answer to a repeat."""
    if not request.decisions or not isinstance(command, c.Approve | c.Reject) or not facts.actor.is_member:
        return None
    wanted = Verdict.APPROVED if isinstance(command, c.Approve) else Verdict.REJECTED
    if isinstance(command, c.Approve) and command.edits is not None:
        return _stored_edit(request, command, facts)
    revision = request.revision if command.revision is None else command.revision
    stage = _stage_meant(request, command, facts)
    same = (
        decision
        for decision in request.decisions
        if decision.member == facts.actor.id
        and decision.verdict is wanted
        and decision.revision == revision
        and stage in (None, decision.stage)
        and (decision.counts or wanted is Verdict.REJECTED)
    )
    return next(same, None)


def _stage_meant(request: Request, command: c.Approve | c.Reject, facts: Facts) -> int | None:
    """Where none is said: the open stage for whoever is asked in it, else any, so that a retry finds its approval."""
    if command.stage is not None or facts.person is None or not request.is_open:
        return command.stage
    asked = {stage.number for stage in who.named_stages(request, facts.person)}
    return request.stage if request.stage in asked else None


def _stored_edit(request: Request, command: c.Approve, facts: Facts) -> Decision | None:
    """A repeat of the very edits that made the present revision."""
    mine = (d for d in reversed(request.decisions) if d.member == facts.actor.id and d.counts)
    return next((d for d in mine if d.edits == command.edits and d.revision == request.revision), None)


def approve(request: Request, command: c.Approve, facts: Facts) -> tuple[e.Event, ...]:
    """Edits that cannot be are told first, but only of the revision they were made for."""
    person = who.decider(request, facts)
    stages = who.must_be_named(request, person)
    if request.is_open:
        _turn_or_stale(request, command, stages)
    if command.edits is not None:
        must_not_be_a_change(request, phrase("approved with edits"))
    if command.edits is not None and command.revision in (None, request.revision):
        apply_edits(request, command.edits, facts.type)
    who.must_be_open(request)
    who.must_be_current(request, command.revision, command.stage)
    who.must_be_what_was_seen(request, command.digest)
    if command.edits is not None:
        return _approve_with_edits(request, command, facts, person)
    decision = _decision(request, command, facts, person, Verdict.APPROVED)
    recorded = e.DecisionRecorded(facts.now, decision)
    after = fold(request, (recorded,))
    who.must_still_count(after, decision)
    return (recorded, *advance(after, facts))


def _turn_or_stale(request: Request, command: c.Approve, stages: tuple[Stage, ...]) -> None:
    """Somebody whose card shows a passed stage is told that it moved on, not that it is not their turn."""
    if command.stage is not None and command.stage < request.stage:
        who.must_be_current(request, command.revision, command.stage)
    who.must_be_their_turn(request, stages)


def _decision(
    request: Request, command: c.Approve | c.Reject, facts: Facts, person: Person, verdict: Verdict
) -> Decision:
    seats = who.seats_of(request, person)
    delegated = _in_whose_place(request, person, verdict)
    every = seats.union(*[one.principals for one in delegated]) if delegated else seats
    labels = [
        source.label
        for stage in request.plan.stages
        if verdict is Verdict.REJECTED or stage.number == request.stage
        for requirement in stage.requirements
        for source in requirement.sources
        if source.principal in every
    ]
    return Decision(
        id=f"dec_{facts.fresh}",
        member=person.id,
        name=person.name,
        email=person.email,
        verdict=verdict,
        revision=request.revision,
        stage=request.stage,
        at=facts.now,
        way=facts.actor.way,
        proof=facts.actor.proof,
        comment=command.comment or None,
        principals=seats,
        seats=tuple(dict.fromkeys(labels)),
        delegated=delegated,
        bounds=bounds_in_sight(request, facts.type) if verdict is Verdict.APPROVED else (),
    )


def _in_whose_place(request: Request, person: Person, verdict: Verdict) -> tuple[Delegated, ...]:
    """An approval fills places of the open stage; whoever rejects does so in their own name if they have any part in it."""
    if not person.stands_in_for or (verdict is Verdict.REJECTED and who.named_oneself(request, person)):
        return ()
    stages = [stage for stage in request.plan.stages if verdict is Verdict.REJECTED or stage.number == request.stage]
    places = (place for stage in stages for place in who.places_of(request, person, stage))
    return tuple({place.delegator: place for place in places}.values())


def _approve_with_edits(request: Request, command: c.Approve, facts: Facts, person: Person) -> tuple[e.Event, ...]:
    """A new revision in the approver's name, their approval of it, and what its judgement makes of both."""
    edits: Mapping[str, Any] = command.edits or {}
    edited = _edited(request, edits, apply_edits(request, edits, facts.type), facts, person)
    decision = _decision(request, command, facts, person, Verdict.APPROVED)
    recorded = e.DecisionRecorded(facts.now, replace(decision, revision=edited.revision, edits=dict(edits)))
    after = fold(request, (edited, recorded))
    who.must_still_count(after, decision)
    return (edited, recorded, *_judged_again(after, facts))


def _judged_again(request: Request, facts: Facts) -> tuple[e.Event, ...]:
    judgement = facts.judgement
    if judgement is None:
        raise ValueError("an edit needs its judgement among the facts")
    ends = judged_expiry(request, judgement.plan, facts)
    judged = e.Judged(facts.now, judgement.plan, ends)
    match judgement.outcome:
        case Outcome.DENY:
            return follow(request, (), judgement, facts, ends)
        case Outcome.ALLOW:
            return (judged, approved(fold(request, (judged,)), facts))
        case _:
            return (judged, *enter(fold(request, (judged,)), facts))


def _edited(request: Request, edits: Mapping[str, Any], content: Content, facts: Facts, person: Person) -> e.Edited:
    live = (d for d in request.decisions if d.counts and (d.member, d.stage) != (person.id, request.stage))
    return e.Edited(
        at=facts.now,
        by=person.name,
        edits=dict(edits),
        content=content,
        revision=request.revision + 1,
        digest=digest_after(request, content),
        action_digest=action_digest(content, project=request.project),
        keeps=frozenset(d.id for d in live if covers(request, d, edits)),
    )


def reject(request: Request, command: c.Reject, facts: Facts) -> tuple[e.Event, ...]:
    person = who.decider(request, facts)
    who.must_be_named(request, person)
    if request.plan.comment_on_reject and not says_something(command.comment or ""):
        raise Invalid(phrase("A reason is required here when rejecting; say why in the comment."), field="comment")
    who.must_be_open(request)
    who.must_be_current(request, command.revision, command.stage)
    who.must_be_what_was_seen(request, command.digest)
    decision = _decision(request, command, facts, person, Verdict.REJECTED)
    ended = e.Ended(facts.now, Status.REJECTED, "people", decision.comment, None, decision.signed)
    return (e.DecisionRecorded(facts.now, decision), ended)


def withdraw(request: Request, command: c.Withdraw, facts: Facts) -> tuple[e.Event, ...]:
    who.must_be_no_machine(facts)
    who.must_decide_here(request, facts)
    who.must_be_open(request)
    mine = [d for d in request.decisions if d.counts and facts.actor.is_member and d.member == facts.actor.id]
    if not mine:
        raise Conflict(
            phrase("You have no approval here to take back; its history shows who has decided."),
            code="nothing_to_withdraw",
        )
    comments = (command.comment, *[None] * len(mine))  # said once, however many stages it was approved in
    withdrawn = tuple(e.ApprovalWithdrawn(facts.now, d.id, said) for d, said in zip(mine, comments, strict=False))
    after = fold(request, withdrawn)
    first = first_unmet(after)
    if first is not None and first < request.stage:
        return (*withdrawn, open_stage(after, first, facts))
    return withdrawn


def give_seat(request: Request, command: c.GiveSeat, facts: Facts) -> tuple[e.Event, ...]:
    giver = who.decider(request, facts)
    who.must_be_named(request, giver)
    must_not_be_a_change(request, phrase("handed over"))
    if not who.named_oneself(request, giver):
        raise NotAllowed(
            phrase(
                "You are asked here only in somebody else's place, and a delegation cannot be passed on; they can hand it "
                "over themselves."
            ),
            code="not_an_approver",
        )
    taker = facts.people.get(command.taker)
    if taker is None or not taker.active:
        raise Invalid(phrase("There is no active member like that to hand over to; name somebody else."), field="to")
    _can_take(request, giver, taker)
    who.must_be_open(request)
    hand_over = HandOver(giver.id, taker.id, taker.name, who.seats_to_give(request, giver))
    return (e.HandedOver(facts.now, hand_over, giver.name, command.comment or None),)


def _can_take(request: Request, giver: Person, taker: Person) -> None:
    if not taker.may(Verb.APPROVE):
        raise NotAllowed(
            phrase("{taker} may not approve in this project; name somebody who may.", taker=taker.name),
            code="forbidden",
            field="to",
        )
    if taker.id in request.plan.barred:
        raise NotAllowed(
            phrase("{taker} asked for this, so they cannot decide it; name somebody else.", taker=taker.name),
            field="to",
        )
    if taker.id == giver.id:
        raise Invalid(phrase("You already hold this seat; name somebody else to hand it over to."), field="to")
    if _needs_both(request, giver, taker):
        raise Invalid(
            phrase("{taker} is needed here too, and one person counts once; name somebody else.", taker=taker.name),
            field="to",
        )
    if any(d.member in (giver.id, taker.id) and d.counts for d in request.decisions):
        raise Conflict(
            phrase("One of you has already approved here, and a seat counts once; withdraw the approval first."),
            code="already_decided",
        )


def _needs_both(request: Request, giver: Person, taker: Person) -> bool:
    """Two seats of one requirement that wants several people would become one, and it might never be met."""
    seats = who.seats_of(request, giver), who.seats_of(request, taker)
    requirements = (r for stage in request.plan.stages for r in stage.requirements)
    several = (r for r in requirements if r.fixes_people or r.slots(None) > 1)
    return any(all(who.sits_in(request, r, held) for held in seats) for r in several)
