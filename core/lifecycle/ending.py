"""Cancel, supersede, discard, extend: ends that are no decision, and the one way to put an end off."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.errors import Conflict, Invalid, NotAllowed
from core.lifecycle import who
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.duration import say_duration
from core.model.people import Verb
from core.model.request import ExecutionStatus, Request, Status
from core.phrases import phrase
from core.rulebook.outcomes import rule_is_gone
from core.rulebook.standing_on import stands_only_on

LONGEST_EXTENSION = timedelta(days=30)


def cancel(request: Request, command: c.Cancel, facts: Facts) -> tuple[e.Event, ...]:
    who.must_be_requester_or_admin(request, facts, phrase("cancel it"))
    who.must_be_open(request)
    cause = "requester" if who.is_requester(request, facts) else "admin"
    return (e.Ended(facts.now, Status.CANCELLED, cause, command.comment or None, None, facts.actor.name),)


def supersede(request: Request, command: c.Supersede, facts: Facts) -> tuple[e.Event, ...]:
    superseded = e.Superseded(facts.now, command.by, command.by_number)
    if request.is_open:
        why = phrase("Replaced by #{number}.", number=command.by_number)
        return (superseded, e.Ended(facts.now, Status.CANCELLED, "superseded", why, None))
    return (superseded,) if _is_unclaimed(request) and request.superseded_by is None else ()


def follow_rule(request: Request, command: c.FollowRule, facts: Facts) -> tuple[e.Event, ...]:
    """Where the project says so, a request goes with the only rule that had anybody asked."""
    if not request.is_open or facts.project.settings.when_rule_removed != "cancel":
        return ()
    if not stands_only_on(request, command.rule):
        return ()
    return (e.Ended(facts.now, Status.CANCELLED, "rule_removed", rule_is_gone(command.name), None),)


def _is_unclaimed(request: Request) -> bool:
    return request.execution is not None and request.execution.status is ExecutionStatus.PENDING


def discard(request: Request, command: c.Discard, facts: Facts) -> tuple[e.Event, ...]:
    approved_it = any(d.counts and facts.actor.is_member and d.member == facts.actor.id for d in request.decisions)
    broke_it = request.glass is not None and facts.actor.is_member and facts.actor.id == request.glass.member
    if not (approved_it or (broke_it and facts.present)):
        who.must_be_requester_or_admin(request, facts, phrase("discard it"))
    discarded = e.Discarded(facts.now, command.comment or None, facts.actor.name)
    if request.is_open:
        return (discarded, e.Ended(facts.now, Status.CANCELLED, "discarded", discarded.comment, None, discarded.by))
    if request.discarded or not request.is_yes:
        who.must_be_open(request)
    if request.execution is not None and request.execution.status is ExecutionStatus.EXPIRED:
        raise Conflict(
            phrase("Its window for execution has closed, so nothing is left to discard."), code="execution_expired"
        )
    if not _is_unclaimed(request):
        raise Conflict(
            phrase("It has already been claimed, so it can no longer be discarded; stop it where it is executed."),
            code="already_executing",
        )
    return (discarded,)


def extend(request: Request, command: c.Extend, facts: Facts) -> tuple[e.Event, ...]:
    """Approvers who are asked may add up to one reply window from now, admins up to 30 days."""
    longest = _longest(request, facts)
    if command.expires_at > facts.now + longest:
        raise Invalid(
            phrase("The deadline can be at most {duration} from now.", duration=say_duration(longest)),
            field="expires_at",
        )
    if request.expires_at is not None and command.expires_at <= request.expires_at:
        raise Invalid(phrase("The new deadline must be later than the present one."), field="expires_at")
    who.must_be_open(request)
    if request.expires_at is None:
        raise Conflict(
            phrase("This request has no deadline to extend; it waits until somebody decides."), code="no_deadline"
        )
    return (e.Extended(facts.now, command.expires_at),)


def _longest(request: Request, facts: Facts) -> timedelta:
    if facts.may(Verb.MANAGE) and not facts.actor.only_asks:
        return LONGEST_EXTENSION
    asked = facts.person is not None and bool(who.named_stages(request, facts.person))
    if asked and not who.is_requester(request, facts) and facts.actor.id != request.on_behalf_of:
        return request.plan.reply_window or LONGEST_EXTENSION
    who.as_an_admin(facts)
    raise NotAllowed(phrase("Only the people asked or an admin may extend the deadline; ask one of them."))


def expire(request: Request, now: datetime, *, nobody_could: bool = False) -> e.Ended:
    unanswered = "nobody_could" if nobody_could else "nobody_answered"
    cause = "question_unanswered" if request.status is Status.ASKED_QUESTION else unanswered
    return e.Ended(now, Status.EXPIRED, cause, None, None)
