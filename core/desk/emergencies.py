"""What emergencies leave in rows of their own: the review that broken glass owes, so that its breaker can break no other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.emergency import Glass, Review
from core.model.request import ExecutionStatus, Request
from core.ports import Reader, Transaction


def with_emergencies(look: Transaction | Reader, request: Request | None, command: c.Command, facts: Facts) -> Facts:
    """One look for whoever breaks glass, two for whoever claims or has it run; nothing for all others."""
    owner = facts.project.organisation
    if isinstance(command, c.BreakGlass) and facts.actor.is_member:
        return replace(facts, owed=look.owed_review(owner, facts.actor.id))
    if request is None or not _leads_to_acting(command):
        return facts
    freeze = look.freeze_over(owner, request.project, facts.now)
    return replace(facts, freeze=freeze, suspended=_is_suspended(look, request))


def _leads_to_acting(command: c.Command) -> bool:
    claims = isinstance(command, c.ReportExecution) and command.status is ExecutionStatus.EXECUTING
    return claims or isinstance(command, c.Run)


def _is_suspended(look: Transaction | Reader, request: Request) -> bool:
    agent = look.agent(request.requester.id) if request.requester.kind == "agent" else None
    return agent is not None and agent.suspended


def keep_reviews(tx: Transaction, after: Request, events: Iterable[e.Event]) -> None:
    if not after.glasses:
        return
    for event in events:
        if isinstance(event, e.GlassBroken):
            tx.open_review(_review(after, event.glass))
        elif isinstance(event, e.ReviewClosed):
            tx.close_review(event.glass, event.at)


def _review(request: Request, glass: Glass) -> Review:
    return Review(
        glass=glass.id,
        organisation=request.organisation,
        project=request.project,
        request=request.id,
        number=request.number,
        member=glass.member,
        name=glass.name,
        opened_at=glass.at,
        review_by=glass.review_by,
    )
