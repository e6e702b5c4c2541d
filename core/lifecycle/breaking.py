"""Break-glass: a decision by somebody named for it, alone and at once; and the review it owes, closed by somebody else."""

from __future__ import annotations

from typing import Final

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.lifecycle import who
from core.lifecycle.advancing import advance
from core.lifecycle.changing import must_not_be_a_change
from core.lifecycle.checking import checks_of
from core.lifecycle.evolve import fold
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.emergency import REVIEW_WITHIN, Glass
from core.model.people import Person, Verb
from core.model.request import Request
from core.model.visible import says_something
from core.phrases import phrase
from core.standing import failed_checks

LONGEST: Final = 3_000


def break_glass(request: Request, command: c.BreakGlass, facts: Facts) -> tuple[e.Event, ...]:
    """It stands for all approvals of this revision; what checks and policies still owe is waited for all the same."""
    person = _breaker(facts)
    must_not_be_a_change(request, phrase("decided by break-glass"))
    reason = _said(command.reason, "reason", phrase("Say why this cannot wait; everybody reads it."))
    who.must_decide_here(request, facts)
    if request.glass is not None and request.glass.member == person.id:
        return ()
    who.must_be_open(request)
    who.must_be_current(request, command.revision, request.stage)
    if request.glass is not None:
        raise Conflict(
            phrase(
                "{glass} has already broken the glass here; it waits for its checks alone.", glass=request.glass.name
            ),
            code="already_broken",
        )
    _must_not_have_failed(request)
    _must_owe_nothing(facts)
    broken = e.GlassBroken(facts.now, _glass(request, reason, facts, person))
    return (broken, *advance(fold(request, (broken,)), facts))


def _breaker(facts: Facts) -> Person:
    """Whoever asked may be the one: that is what an emergency is."""
    if facts.actor.is_agent:
        raise NotAllowed(
            phrase("An API key belongs to a machine and can never decide; a person must do it in Slack."),
            code="key_cannot_decide",
        )
    person = facts.person
    if person is None or not facts.may(Verb.BREAK_GLASS):
        raise NotAllowed(
            phrase(
                "You are not named for emergencies in project {project}; those asked must decide, or an admin "
                "can give somebody the role break_glass.",
                project=facts.project.name,
            ),
            code="not_an_approver",
        )
    return person


def _glass(request: Request, reason: str, facts: Facts, person: Person) -> Glass:
    return Glass(
        id=f"gls_{facts.fresh}",
        member=person.id,
        name=person.name,
        email=person.email,
        reason=reason,
        revision=request.revision,
        stage=request.stage,
        at=facts.now,
        way=facts.actor.way,
        proof=facts.actor.proof,
        review_by=facts.now + REVIEW_WITHIN,
    )


def _must_not_have_failed(request: Request) -> None:
    failed = [name for name in failed_checks(request) if name in checks_of(request)]
    if failed:
        raise Conflict(
            phrase(
                "Check {failed} has failed, and break-glass goes past no failed check; mend it, or run it again.",
                failed=" and ".join(failed),
            ),
            code="check_failed",
        )


def _must_owe_nothing(facts: Facts) -> None:
    if facts.owed is not None:
        raise Conflict(
            phrase(
                "Your break-glass on #{owed} still waits for its review, so you cannot break the glass again; "
                "ask somebody else to close that review, or to decide this.",
                owed=facts.owed.number,
            ),
            code="review_open",
            number=facts.owed.number,
        )


def _said(text: str, field: str, sentence: str) -> str:
    said = text.strip()
    if not says_something(said):
        raise Invalid(sentence, field=field)
    if len(said) > LONGEST:
        raise Invalid(
            phrase("{field} is longer than {longest} characters; shorten it.", field=field, longest=LONGEST),
            field=field,
        )
    return said


# -------------------------------------------------------------------------------------------------------------- review


def close_review(request: Request, command: c.CloseReview, facts: Facts) -> tuple[e.Event, ...]:
    """By somebody else who may approve or manage here; the same word of the same person twice is one."""
    glass = _reviewed(request, command.glass)
    person = _reviewer(request, glass, facts)
    if not glass.owes_review:
        if glass.reviewed_by == person.id and glass.finding is command.finding:
            return ()
        raise Conflict(
            phrase(
                "{reviewer_name} has already closed this review; nothing was changed.",
                reviewer_name=glass.reviewer_name,
            ),
            code="already_decided",
        )
    remark = _said(
        command.remark, "remark", phrase("Say what you found; whoever broke the glass, and auditors, read it.")
    )
    return (e.ReviewClosed(facts.now, glass.id, person.id, person.name, command.finding, remark),)


def _reviewed(request: Request, wanted: str | None) -> Glass:
    """The one named, else the last that owes its review, else the last."""
    glasses = [one for one in request.glasses if wanted in (None, one.id)]
    if not glasses:
        raise NotFound(
            phrase(
                "Nobody has broken the glass of request #{number}, so there is nothing to review here; check the number.",
                number=request.number,
            )
        )
    return next((one for one in reversed(glasses) if one.owes_review), glasses[-1])


def _reviewer(request: Request, glass: Glass, facts: Facts) -> Person:
    if facts.actor.is_agent:
        raise NotAllowed(
            phrase("An API key belongs to a machine and can never review; a person must do it in Slack."),
            code="key_cannot_decide",
        )
    person = facts.person
    if person is not None:
        _must_be_another(person, request, glass)
    if person is None or not (facts.may(Verb.APPROVE) or facts.may(Verb.MANAGE)):
        raise NotAllowed(
            phrase("Only approvers and admins of this project review; ask one of them."), code="not_an_approver"
        )
    who.must_decide_here(request, facts)
    return person


def _must_be_another(person: Person, request: Request, glass: Glass) -> None:
    if person.id in {glass.member, request.requester.id, request.on_behalf_of}:
        raise NotAllowed(
            phrase("You broke the glass, or this was asked by you or in your name, so somebody else must review it."),
            code="own_request",
        )


def call_for_reviews(request: Request, facts: Facts) -> tuple[e.Event, ...]:
    """Once for each that is late by now."""
    late = (one for one in request.glasses if one.next_call is not None and one.next_call <= facts.now)
    return tuple(e.ReviewCalled(facts.now, one.id) for one in late)
