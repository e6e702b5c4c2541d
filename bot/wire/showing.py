"""What goes out about requests: the whole, the summary, how it stands, its decisions, its ledger; and problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from core.lifecycle.hints import hints
from core.model.digest import content_json
from core.model.emergency import Glass
from core.model.endpoint import announced
from core.model.explanation import Because, PolicySeen, RuleSeen
from core.model.people import Proof
from core.model.request import Decision, Execution, Question, Request, Verdict
from core.model.requirement import Requirement, Result, Source
from core.ports import LedgerRow
from core.rulebook.explain import read_out
from core.standing import StageStanding, StageState, Standing, stand
from core.veil import veil, veil_decision, veil_payload

Emails = Mapping[str, str]
"""Member id to e-mail address, of whoever a request names."""

T = TypeVar("T")

StatusWord = Literal[
    "pending",
    "asked_question",
    "approved",
    "approved_with_edits",
    "rejected",
    "expired",
    "cancelled",
    "auto_approved",
    "auto_rejected",
]
ExecutionWord = Literal["pending", "executing", "success", "failed", "expired"]


class View(BaseModel):
    """What goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True, defer_build=True)


class ListOf(View, Generic[T]):
    """A page, newest first. `next_cursor` is null on the last one; `total` is there when asked for, counted up to 1,000."""

    data: list[T]
    next_cursor: str | None = None
    total: int | None = None


class Problem(BaseModel):
    """RFC 9457. `code` is for programs and stable, `detail` for people; further members depend on the code."""

    model_config = ConfigDict(
        extra="allow",
        defer_build=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:countersign:problem:stale_revision",
                    "title": "It cannot be done as things stand",
                    "status": 409,
                    "code": "stale_revision",
                    "detail": "Request #1042 was changed since: it is now at revision 2. Look at it again …",
                    "revision": 2,
                    "stage": 1,
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    code: str
    detail: str


class SubjectView(View):
    kind: str
    id: str
    url: str | None


class CostView(View):
    usd: float | None
    tokens: int | None


class LinkView(View):
    title: str
    url: str


class RequesterView(View):
    kind: str
    id: str
    name: str
    email: str | None
    team: str | None


class SourceView(View):
    """`principal` is for programs, `label` is how people call it."""

    principal: str
    label: str


class RequirementView(View):
    """One condition: `approved` of `min` so far. `active` while its stage is the open one."""

    id: str
    stage: int
    stage_name: str
    kind: str
    label: str
    people: list[SourceView] = Field(serialization_alias="from")
    min: int
    approved: int
    approved_by: list[str]
    satisfied: bool
    active: bool
    sentence: str
    waiting_for: list[SourceView]


class StageView(View):
    number: int
    name: str
    state: Literal["passed", "open", "waiting", "not_reached"]
    requirements: list[RequirementView]


class ProofView(View):
    kind: str
    issuer: str
    user: str
    at: datetime
    payload: str | None


class DelegatorView(View):
    """Somebody in whose place a delegate decided, and by which delegation."""

    member: str
    name: str
    delegation: str


class DecisionView(View):
    """`delegators` are those in whose place it was given. `state` is `live`, or `withdrawn`, `lapsed`, `stale` for one that no longer counts."""

    id: str
    request: str
    member: str
    name: str
    email: str
    decision: Literal["approved", "rejected"]
    comment: str | None
    edits: dict[str, Any] | None
    revision: int
    stage: int
    seats: list[str]
    delegators: list[DelegatorView]
    state: str
    way: str
    proof: ProofView | None
    created_at: datetime


class CheckReportView(View):
    """What an outside check has said last, and of which revision; of an earlier one it no longer counts."""

    name: str
    status: str
    summary: str | None
    url: str | None
    revision: int
    at: datetime


class GlassView(View):
    """A decision by break-glass, which is nobody's approval, and how its review stands: `owed`, or what was found."""

    id: str
    member: str
    name: str
    email: str
    reason: str
    revision: int
    way: str
    proof: ProofView | None
    at: datetime
    review: str
    review_by: datetime
    reviewed_by: str | None
    reviewer_name: str | None
    reviewed_at: datetime | None
    remark: str | None


class QuestionView(View):
    id: str
    member: str
    name: str
    text: str
    asked_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class ExecutionView(View):
    status: ExecutionWord
    window_ends_at: datetime | None
    requested_at: datetime | None
    requested_by: str | None
    claimed_by: str | None
    claimed_at: datetime | None
    times_out_at: datetime | None
    finished_at: datetime | None
    detail: str | None


class EditsView(View):
    """What approvers changed: before, changes, after. The digests of the request are of what came out."""

    original: dict[str, Any]
    edits: dict[str, Any]
    edited: dict[str, Any]


class RequestSummary(View):
    """A request in a list."""

    id: str
    number: int
    version: int
    project: str
    type: str
    title: str
    subject: SubjectView | None
    status: StatusWord
    cause: str | None
    execution_status: ExecutionWord | None
    requester: RequesterView
    on_behalf_of: str | None
    revision: int
    stage: int
    created_at: datetime
    expires_at: datetime | None
    decided_at: datetime | None
    waiting_for: list[SourceView]
    batch: str | None


class RequestView(RequestSummary):
    """A whole request. Whatever was not declared is null, which is not zero.

    `hints` say what would help approvers; nothing is wrong, and nothing was refused for it. `ended_by` is the name of whoever
    rejected, cancelled or discarded it, `end_comment` what was said with that.
    """

    organisation: str
    description: str | None
    action: str | None
    params: dict[str, Any]
    reasoning: str | None
    cost: CostView | None
    side_effects: list[str]
    if_denied: str | None
    facts: dict[str, Any]
    metadata: dict[str, Any]
    links: list[LinkView]
    editable: dict[str, Any]
    digest: str
    action_digest: str
    supersede_key: str | None
    revised_at: datetime
    approvers: list[str]
    stages: list[StageView]
    why: list[str]
    decisions: list[DecisionView]
    questions: list[QuestionView]
    edits: EditsView | None
    execution: ExecutionView | None
    discarded: bool
    ended_by: str | None
    end_comment: str | None
    superseded_by: str | None
    checks: list[CheckReportView]
    hints: list[str]
    break_glass: list[GlassView]


class DoneView(View):
    """The answer to whatever is done to a request: the decision given or found, if it was one, and the request."""

    decision: DecisionView | None
    request: RequestView


class RuleSeenView(View):
    """One rule that was looked at: what it answered (`true`, `false`, `cannot_tell`) and what became of it."""

    rule: str
    name: str
    version: int
    effect: str
    answer: str
    fate: str
    sentence: str
    why: str | None


class PolicySeenView(View):
    """One policy that was asked: what it answered, its own reasons, and what that meant. In shadow it means nothing."""

    policy: str
    name: str
    state: str
    fate: str
    sentence: str
    reasons: list[str]


class BecauseView(View):
    """Who asked for a requirement: rules, policies, the project, the request itself."""

    requirement: str
    label: str
    stage: int
    asked_by: list[str]


class Explanation(View):
    """Why these people, and how it stands.

    `rulebook` is the version of the rules it was judged by; `other_rules` did not match and are not listed; `text` says it
    all in plain lines.
    """

    id: str
    status: StatusWord
    cause: str | None
    why: list[str]
    sentences: list[str]
    stages: list[StageView]
    waiting_for: list[SourceView]
    barred: list[str]
    rulebook: int
    rules: list[RuleSeenView]
    other_rules: int
    policies: list[PolicySeenView]
    asked_by: list[BecauseView]
    notes: list[str]
    text: list[str]


class EventView(View):
    """One row of the ledger. `position` is its place in the organisation's feed, null until it is sealed.

    `announced` is what webhooks call the same event; null for one they are not told of.
    """

    request: str
    seq: int
    position: int | None
    event: str
    announced: str | None
    at: datetime
    actor: str
    way: str
    revision: int
    payload: dict[str, Any] | None
    hash: str
    previous: str


class Feed(View):
    """Events, oldest first. Ask again with `after` set to `next_after`; `more` says whether there is more now.

    A page that is filtered may be empty though there is more.
    """

    data: list[EventView]
    next_after: int
    more: bool = False


# ------------------------------------------------------------------------------------------------------------- drawing


def show(request: Request, emails: Emails, *, whole: bool = False) -> RequestView:
    """`whole` with what its type keeps secret: only for whoever asked, or may execute."""
    request = request if whole else veil(request)
    standing = stand(request)
    content = request.content
    return RequestView(
        **_summary_fields(request, standing, emails),
        organisation=request.organisation,
        description=content.description,
        action=content.action,
        params=dict(content.params),
        reasoning=content.reasoning,
        cost=None if content.cost is None else CostView(usd=content.cost.usd, tokens=content.cost.tokens),
        side_effects=list(content.side_effects),
        if_denied=content.if_denied,
        facts=dict(content.facts),
        metadata=dict(content.metadata),
        links=[LinkView(title=link.title, url=link.url) for link in content.links],
        editable=dict(content.editable),
        digest=request.digest,
        action_digest=request.action_digest,
        supersede_key=request.supersede_key,
        revised_at=request.revised_at,
        approvers=_named_one_by_one(request, emails),
        stages=_stages(standing),
        why=list(request.plan.why),
        decisions=[show_decision(request, decision, whole=True) for decision in request.decisions],
        questions=[_question(question) for question in request.questions],
        edits=_edits(request),
        execution=_execution(request.execution),
        discarded=request.discarded,
        ended_by=request.ended_by,
        end_comment=request.end_comment,
        superseded_by=request.superseded_by,
        checks=show_checks(request),
        hints=list(hints(content, request.named)) if request.is_open else [],
        break_glass=[_glass(one) for one in request.glasses],
    )


def summarise(request: Request, emails: Emails) -> RequestSummary:
    request = veil(request)
    return RequestSummary(**_summary_fields(request, stand(request), emails))


def _summary_fields(request: Request, standing: Standing, emails: Emails) -> dict[str, Any]:
    subject = request.content.subject
    return {
        "id": request.id,
        "number": request.number,
        "version": request.version,
        "project": request.project,
        "type": request.content.type,
        "title": request.content.title,
        "subject": None if subject is None else SubjectView(kind=subject.kind, id=subject.id, url=subject.url),
        "status": request.status.value,
        "cause": request.cause,
        "execution_status": None if request.execution is None else request.execution.status.value,
        "requester": _requester(request, emails),
        "on_behalf_of": request.on_behalf_of,
        "revision": request.revision,
        "stage": request.stage,
        "created_at": request.created_at,
        "expires_at": request.expires_at,
        "decided_at": request.decided_at,
        "waiting_for": _sources(standing.waiting_on) if request.is_open else [],
        "batch": request.batch,
    }


def _requester(request: Request, emails: Emails) -> RequesterView:
    who = request.requester
    return RequesterView(kind=who.kind, id=who.id, name=who.name, email=emails.get(who.id), team=who.team)


def members_named(request: Request) -> frozenset[str]:
    """Ids of the members whose e-mail addresses go out with the request."""
    named = {name.removeprefix("member:") for name in _principals(request) if name.startswith("member:")}
    return frozenset(named | ({request.requester.id} if request.requester.kind == "member" else set()))


def _principals(request: Request) -> Iterable[str]:
    stages = request.plan.stages
    return (source.principal for stage in stages for one in stage.requirements for source in one.sources)


def _named_one_by_one(request: Request, emails: Emails) -> list[str]:
    members = (name.removeprefix("member:") for name in _principals(request) if name.startswith("member:"))
    return [emails[member] for member in dict.fromkeys(members) if member in emails]


def _sources(sources: Iterable[Source]) -> list[SourceView]:
    return [SourceView(principal=source.principal, label=source.label) for source in sources]


def _stages(standing: Standing) -> list[StageView]:
    return [
        StageView(number=one.stage.number, name=one.stage.name, state=one.state.value, requirements=_requirements(one))
        for one in standing.stages
    ]


def show_requirements(request: Request) -> list[RequirementView]:
    return [view for one in stand(request).stages for view in _requirements(one)]


def _requirements(one: StageStanding) -> list[RequirementView]:
    pairs = zip(one.stage.requirements, one.results, strict=True)
    return [_requirement(one, requirement, result) for requirement, result in pairs]


def _requirement(one: StageStanding, requirement: Requirement, result: Result) -> RequirementView:
    return RequirementView(
        id=requirement.id,
        stage=one.stage.number,
        stage_name=one.stage.name,
        kind=requirement.word,
        label=result.label,
        people=_sources(requirement.sources),
        min=result.need,
        approved=result.have,
        approved_by=list(result.by),
        satisfied=result.met,
        active=one.state is StageState.OPEN,
        sentence=result.sentence,
        waiting_for=_sources(result.waiting_on),
    )


def show_decision(request: Request, decision: Decision, *, whole: bool = False) -> DecisionView:
    decision = decision if whole else veil_decision(request, decision)
    return DecisionView(
        id=decision.id,
        request=request.id,
        member=decision.member,
        name=decision.name,
        email=decision.email,
        decision="approved" if decision.verdict is Verdict.APPROVED else "rejected",
        comment=decision.comment,
        edits=None if decision.edits is None else dict(decision.edits),
        revision=decision.revision,
        stage=decision.stage,
        seats=list(decision.seats),
        delegators=[
            DelegatorView(member=one.delegator, name=one.name, delegation=one.delegation) for one in decision.delegated
        ],
        state=decision.life.value,
        way=decision.way.value,
        proof=_proof(decision.proof),
        created_at=decision.at,
    )


def _glass(one: Glass) -> GlassView:
    return GlassView(
        id=one.id,
        member=one.member,
        name=one.name,
        email=one.email,
        reason=one.reason,
        revision=one.revision,
        way=one.way.value,
        proof=_proof(one.proof),
        at=one.at,
        review="owed" if one.finding is None else one.finding.value,
        review_by=one.review_by,
        reviewed_by=one.reviewed_by,
        reviewer_name=one.reviewer_name,
        reviewed_at=one.reviewed_at,
        remark=one.remark,
    )


def _proof(proof: Proof | None) -> ProofView | None:
    if proof is None:
        return None
    return ProofView(kind=proof.kind.value, issuer=proof.issuer, user=proof.user, at=proof.at, payload=proof.payload)


def _question(question: Question) -> QuestionView:
    return QuestionView(
        id=question.id,
        member=question.member,
        name=question.name,
        text=question.text,
        asked_at=question.at,
        answer=question.answer,
        answered_by=question.answered_by,
        answered_at=question.answered_at,
    )


def _edits(request: Request) -> EditsView | None:
    if not request.edits:
        return None
    return EditsView(
        original=content_json(request.original), edits=dict(request.edits), edited=content_json(request.content)
    )


def _execution(execution: Execution | None) -> ExecutionView | None:
    if execution is None:
        return None
    return ExecutionView(
        status=execution.status.value,
        window_ends_at=execution.window_ends_at,
        requested_at=execution.requested_at,
        requested_by=execution.requested_by,
        claimed_by=execution.claimed_by,
        claimed_at=execution.claimed_at,
        times_out_at=execution.times_out_at,
        finished_at=execution.finished_at,
        detail=execution.detail,
    )


def show_checks(request: Request) -> list[CheckReportView]:
    return [
        CheckReportView(
            name=name,
            status=report.state,
            summary=report.summary,
            url=report.url,
            revision=report.revision,
            at=report.at,
        )
        for name, report in sorted(request.checks.items())
    ]


def show_done(request: Request, decision: Decision | None, emails: Emails, *, whole: bool = False) -> DoneView:
    given = None if decision is None else show_decision(request, decision, whole=whole)
    return DoneView(decision=given, request=show(request, emails, whole=whole))


def explain(request: Request) -> Explanation:
    standing, seen = stand(request), request.plan.explanation
    return Explanation(
        id=request.id,
        status=request.status.value,
        cause=request.cause,
        why=list(request.plan.why),
        sentences=[result.sentence for one in standing.stages for result in one.results],
        stages=_stages(standing),
        waiting_for=_sources(standing.waiting_on) if request.is_open else [],
        barred=sorted(request.plan.barred),
        rulebook=0 if seen is None else seen.rulebook,
        rules=[] if seen is None else [_rule_seen(one) for one in seen.rules],
        other_rules=0 if seen is None else seen.others,
        policies=[] if seen is None else [_policy_seen(one) for one in seen.policies],
        asked_by=[] if seen is None else [_because(one) for one in seen.people],
        notes=[] if seen is None else list(seen.notes),
        text=list(request.plan.why) if seen is None else list(read_out(seen, request.plan)),
    )


def _rule_seen(seen: RuleSeen) -> RuleSeenView:
    return RuleSeenView(
        rule=seen.rule,
        name=seen.name,
        version=seen.version,
        effect=seen.effect,
        answer=seen.answer,
        fate=seen.fate,
        sentence=seen.sentence,
        why=seen.why,
    )


def _policy_seen(seen: PolicySeen) -> PolicySeenView:
    return PolicySeenView(
        policy=seen.policy,
        name=seen.name,
        state=seen.state,
        fate=seen.fate,
        sentence=seen.sentence,
        reasons=list(seen.reasons),
    )


def _because(one: Because) -> BecauseView:
    return BecauseView(requirement=one.requirement, label=one.label, stage=one.stage, asked_by=list(one.asked_by))


def show_event(row: LedgerRow, secret: tuple[str, ...] = (), known: tuple[str, ...] = ()) -> EventView:
    """Without what stands at the `secret` paths, and without `known` secrets; the hash is of the whole."""
    payload = row.payload
    if payload is not None and (secret or known):
        payload = veil_payload(payload, secret, known)
    return EventView(
        request=row.request,
        seq=row.seq,
        position=row.position,
        event=row.word,
        announced=announced(row.word, row.payload),
        at=row.at,
        actor=row.actor,
        way=row.way,
        revision=row.revision,
        payload=None if payload is None else dict(payload),
        hash=row.hash,
        previous=row.previous,
    )
