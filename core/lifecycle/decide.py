"""The one table from commands to the stretch of life that answers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.errors import Invalid
from core.lifecycle import breaking, checking, creating, deciding, ending, executing, leasing, ringing, talking, who
from core.lifecycle.deciding import stored_decision
from core.lifecycle.editing import apply_edits
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.change import is_change
from core.model.organisation import RequestType
from core.model.request import Content, Request, Stage

__all__ = ["content_after", "decide", "stored_decision"]

Answer = Callable[[Request, Any, Facts], tuple[e.Event, ...]]

_ANSWERS: dict[type[c.Command], Answer] = {
    c.Judge: creating.rejudge,
    c.Approve: deciding.approve,
    c.Reject: deciding.reject,
    c.BreakGlass: breaking.break_glass,
    c.CloseReview: breaking.close_review,
    c.Withdraw: deciding.withdraw,
    c.Ask: talking.ask,
    c.Answer: talking.answer,
    c.Comment: talking.comment,
    c.Revise: creating.revise,
    c.Cancel: ending.cancel,
    c.Supersede: ending.supersede,
    c.Look: talking.look,
    c.CheckPeople: ringing.check_people,
    c.CallAnew: ringing.call_anew,
    c.FollowRule: ending.follow_rule,
    c.Discard: ending.discard,
    c.Extend: ending.extend,
    c.GiveSeat: deciding.give_seat,
    c.GrantLease: leasing.grant,
    c.RevokeLease: leasing.revoke,
    c.ReportCheck: checking.report,
    c.RunCheck: checking.run,
    c.StartLooking: talking.start_looking,
    c.Remind: talking.remind,
    c.Ring: ringing.ring,
    c.Run: executing.run,
    c.ReportExecution: executing.report,
}


def decide(request: Request | None, command: c.Command, facts: Facts) -> tuple[e.Event, ...]:
    """What follows from a command: events, none for a repeat, or the refusal raised as `ApprovalError`.

    The caller has already written what is `overdue` and answers a repeat with `stored_decision`.
    """
    events = _decide(request, command, facts)
    return (*events, *executing.called_upon(events))


def _decide(request: Request | None, command: c.Command, facts: Facts) -> tuple[e.Event, ...]:
    if isinstance(command, c.Create):
        return creating.create(command, facts)
    if request is None:
        raise ValueError("only Create begins without a request")
    if not checking.is_its_reporter(request, command, facts):
        who.must_see(request, facts)
    if stored_decision(request, command, facts) is not None:
        return ()
    return _ANSWERS[type(command)](request, command, facts)


def content_after(
    request: Request | None, command: c.Command, type: RequestType
) -> tuple[Content, tuple[Stage, ...]] | None:
    """The content and named stages that must be judged before this command, if it makes a revision.

    None too for edits that cannot be: `decide` refuses them in its own order. A change of what is set up is never judged
    again, by whatever command.
    """
    if request is not None and is_change(request):
        return None
    match command:
        case c.Create():
            return command.content, command.stages
        case c.Revise() if request is not None:
            return command.content, request.named if command.stages is None else command.stages
        case c.Approve() if request is not None and command.edits:
            try:
                return apply_edits(request, command.edits, type), request.named
            except Invalid:
                return None
        case c.Judge() if request is not None:
            return request.content, request.named
        case _:
            return None
