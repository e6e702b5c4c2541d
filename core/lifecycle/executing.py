"""After the yes: one claim, on exactly what was approved, inside the window; then its report."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import Conflict, Invalid, NotAllowed
from core.lifecycle import who
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.people import Verb
from core.model.request import Execution, ExecutionStatus, Request
from core.phrases import phrase

DETAIL = 2000


def report(request: Request, command: c.ReportExecution, facts: Facts) -> tuple[e.Event, ...]:
    if not (who.is_requester(request, facts) or facts.may(Verb.EXECUTE)):
        raise NotAllowed(
            phrase(
                "Only {requester}, who asked, or an agent with execute may act on this; ask an admin for a key with the verb execute.",
                requester=request.requester.name,
            )
        )
    if command.detail is not None and len(command.detail) > DETAIL:
        raise Invalid(phrase("detail is longer than {detail} characters; shorten it.", detail=DETAIL), field="detail")
    match command.status:
        case ExecutionStatus.EXECUTING:
            return (_claim(request, command, facts),)
        case ExecutionStatus.SUCCESS:
            _must_hold(request, facts)
            return (e.ExecutionSucceeded(facts.now, command.detail),)
        case ExecutionStatus.FAILED:
            _must_hold(request, facts)
            return (e.ExecutionFailed(facts.now, command.detail),)
        case _:
            raise Invalid(phrase("status must be executing, success or failed."), field="status")


def run(request: Request, command: c.Run, facts: Facts) -> tuple[e.Event, ...]:
    """Whoever asked, for whom, who approved it, or who may execute has it run; that it happens once is the claim's."""
    if not may_have_it_run(request, facts):
        raise NotAllowed(
            phrase(
                "Only {requester}, who asked, those who approved it, or somebody with execute may have this run; ask one of them.",
                requester=request.requester.name,
            )
        )
    execution = _claimable(request, facts)
    if execution.requested_at is not None:
        by = execution.requested_by or phrase("The yes itself")
        raise Conflict(
            phrase(
                "{by} already had this run; {requester} has yet to take it. Look at it again in a moment.",
                by=by,
                requester=request.requester.name,
            ),
            code="already_requested",
        )
    return (e.ExecutionRequested(facts.now, facts.actor.key, facts.actor.name),)


def can_be_run(request: Request) -> bool:
    """Whether there is something to call upon, and nobody has: a machine asked, or an action is said that one could do."""
    execution = request.execution
    if execution is None or execution.status is not ExecutionStatus.PENDING or execution.requested_at is not None:
        return False
    acts = request.requester.kind == "agent" or request.content.action is not None
    return acts and not request.discarded and request.superseded_by is None


def may_have_it_run(request: Request, facts: Facts) -> bool:
    if facts.may(Verb.EXECUTE) or (who.is_requester(request, facts) and facts.actor.is_member):
        return True
    known = {request.on_behalf_of, *(d.member for d in request.decisions if d.counts)}
    known |= {glass.member for glass in request.glasses}
    return facts.actor.is_member and facts.present and facts.actor.id in known


def called_upon(events: Sequence[e.Event]) -> tuple[e.Event, ...]:
    """With the yes itself, where the project has it so."""
    ended = [event for event in events if isinstance(event, e.Ended) and _at_once(event.execution)]
    return tuple([e.ExecutionRequested(event.at) for event in ended])


def _at_once(execution: Execution | None) -> bool:
    return execution is not None and execution.requested_at is not None


def _claim(request: Request, command: c.ReportExecution, facts: Facts) -> e.ExecutionStarted:
    _claimable(request, facts)
    if command.action_digest is not None and command.action_digest != request.action_digest:
        raise Conflict(
            phrase("What you are about to do is not what was approved: the action digest differs. Ask again for this."),
            code="action_changed",
            action_digest=request.action_digest,
        )
    timeout = request.plan.execution_timeout
    ends = None if timeout is None else facts.now + timeout
    return e.ExecutionStarted(facts.now, facts.actor.key, ends, command.detail)


def must_be_wanted(request: Request) -> None:
    """Approved, and neither discarded nor superseded since."""
    if not request.is_yes or request.execution is None:
        raise Conflict(
            phrase("This was not approved, so there is nothing to execute; look at how the request stands."),
            code="not_open",
        )
    if request.discarded or request.superseded_by:
        what = "discarded" if request.discarded else phrase("superseded by a newer request")
        raise Conflict(
            phrase("This was {what}, so it can no longer be executed; ask again where it is still wanted.", what=what),
            code="not_open",
        )


def _claimable(request: Request, facts: Facts) -> Execution:
    must_be_wanted(request)
    execution = request.execution or Execution(ExecutionStatus.EXPIRED)
    if execution.status is ExecutionStatus.EXPIRED:
        raise Conflict(phrase("The window for execution has closed; ask again."), code="execution_expired")
    if execution.status is not ExecutionStatus.PENDING:
        raise Conflict(
            phrase("This was already claimed and is executed once only; leave it to whoever claimed it."),
            code="already_executing",
        )
    _must_not_be_held(request, facts)
    return execution


def _must_not_be_held(request: Request, facts: Facts) -> None:
    """Whoever claims, what a suspended agent asked for stays undone, and so does everything while a freeze holds."""
    if facts.suspended:
        raise Conflict(
            phrase(
                "{requester}, who asked, is suspended, so nothing it asked for is executed; an admin can resume it.",
                requester=request.requester.name,
            ),
            code="suspended",
        )
    if facts.freeze is not None:
        until = facts.freeze.until
        later = (
            phrase("an admin lifts it")
            if until is None
            else phrase("{until:%Y-%m-%d %H:%M} UTC, or an admin lifts it", until=until)
        )
        raise Conflict(
            phrase(
                "{sentence} Nothing is executed until {later}; claim it then.",
                sentence=facts.freeze.sentence,
                later=later,
            ),
            code="frozen",
            until=None if until is None else until.isoformat(),
        )


def _must_hold(request: Request, facts: Facts) -> None:
    execution = request.execution
    if execution is not None and execution.claimed_by not in (None, facts.actor.key):
        raise NotAllowed(phrase("Somebody else claimed this, so only they can report on it; leave that to them."))
    if execution is not None and execution.status is ExecutionStatus.EXPIRED:
        raise Conflict(phrase("The window for execution has closed; ask again."), code="execution_expired")
    if execution is not None and execution.status in (ExecutionStatus.SUCCESS, ExecutionStatus.FAILED):
        raise Conflict(
            phrase(
                "This has ended as {status}, and that stays; say in a comment what people should know besides.",
                status=execution.status.value,
            ),
            code="not_executing",
        )
    if execution is None or execution.status is not ExecutionStatus.EXECUTING:
        raise Conflict(phrase("Nobody is executing this; claim it first."), code="not_executing")
