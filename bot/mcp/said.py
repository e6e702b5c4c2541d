"""What tools answer: how a request stands, in fields for programs and in one sentence for a model that says what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from countersign_client import Approved, ApprovedWithEdits, Cancelled, Expired, Outcome, Question, Rejected, Request
from countersign_client.outcomes import outcome_of


class Asked(BaseModel):
    """Something an approver wants to know before they decide. Answer it with answer_question."""

    ticket: str
    number: int
    question: str = Field(description="The question's id.")
    asked_by: str
    text: str


class Decided(BaseModel):
    """What one approver said."""

    by: str
    decision: str
    comment: str | None = None


class Standing(BaseModel):
    """How a request stands, and every question that waits for an answer of yours, whichever request it is about."""

    sentence: str = Field(description="How it stands and what to do next.")
    ticket: str = Field(description="Names the request in every other tool.")
    number: int
    status: str
    execution_status: str | None = None
    may_claim: bool = Field(description="True when the yes is there and has not been claimed.")
    may_act: bool = Field(description="True only after claim_execution, until report_execution.")
    cause: str | None = None
    revision: int
    title: str
    action: str | None = Field(default=None, description="Exactly what was asked, after edits.")
    params: dict[str, Any] = Field(default_factory=dict)
    changed_by_approvers: dict[str, Any] | None = None
    decisions: list[Decided] = Field(default_factory=list)
    waiting_for: list[str] = Field(default_factory=list)
    expires_at: datetime | None = None
    hints: list[str] = Field(default_factory=list)
    questions: list[Asked] = Field(default_factory=list)


def standing(request: Request, questions: Sequence[Asked] = ()) -> Standing:
    outcome = outcome_of(request)
    state = request.execution.status if request.execution else None
    return Standing(
        sentence=sentence(outcome),
        ticket=request.id,
        number=request.number,
        status=request.status,
        execution_status=state,
        may_claim=outcome.approved and state == "pending" and not request.discarded and not request.superseded_by,
        may_act=state == "executing",
        cause=request.cause,
        revision=request.revision,
        title=request.title,
        action=request.action,
        params=dict(request.params),
        changed_by_approvers=dict(request.edits.edits) if request.edits else None,
        decisions=[Decided(by=d.name, decision=d.decision, comment=d.comment) for d in request.live_decisions],
        waiting_for=list(request.waits_for),
        expires_at=request.expires_at,
        hints=list(request.hints),
        questions=[*asked(request), *(one for one in questions if one.ticket != request.id)],
    )


def asked(request: Request) -> list[Asked]:
    return [_asked(request, question) for question in request.open_questions]


def _asked(request: Request, question: Question) -> Asked:
    return Asked(
        ticket=request.id, number=request.number, question=question.id, asked_by=question.name, text=question.text
    )


def sentence(outcome: Outcome) -> str:
    """For a model: what is so, and what it may or may not do now."""
    number, by, said = outcome.number, ", ".join(outcome.by), outcome.comment
    match outcome:
        case Approved() | ApprovedWithEdits():
            return _after_yes(outcome)
        case Rejected():
            why = f" They said: {said}" if said else f" Cause: {outcome.cause}."
            return f"#{number} was rejected{f' by {by}' if by else ''}. Do not do it.{why}"
        case Expired():
            return f"#{number} expired: nobody answered in time. Do not do it; ask again if it is still needed."
        case Cancelled():
            why = f" They said: {said}" if said else ""
            return f"#{number} was cancelled{f' by {by}' if by else ''} ({outcome.cause}). Do not do it.{why}"
        case _ if outcome.questions:
            first = outcome.questions[0]
            return f"#{number} waits for you: {first.name} asks “{first.text}” Answer with answer_question."
        case _:
            return f"#{number} is not decided yet. Do nothing of it; call wait_for_decision with its ticket."


def _after_yes(outcome: Approved | ApprovedWithEdits) -> str:
    number, request = outcome.number, outcome.request
    if request.discarded:
        return f"#{number} was approved, then discarded. Do not do it."
    if request.superseded_by:
        return f"#{number} was approved, but a newer request has taken its place. Do not do it."
    match request.execution.status if request.execution else None:
        case "executing":
            return f"#{number} is yours: do exactly what stands in action and params, then call report_execution."
        case "success" | "failed" as ended:
            return f"#{number} is over: it was executed and reported as {ended}."
        case "expired":
            return f"#{number} was approved, but the time to do it is over. Do not do it; ask again."
        case _ if isinstance(outcome, ApprovedWithEdits):
            return (
                f"#{number} was approved with changes: only what now stands in action and params may be done, "
                "not what you asked. Call claim_execution with these before you act."
            )
        case _:
            return f"#{number} is approved. Call claim_execution with the action and params you will use, then act."
