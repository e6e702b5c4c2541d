"""Sample requests for cards' examples: a fictional company, fixed moments, every state a card can show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.slack.drawing.drawn import Backdrop
from core.model.emergency import Finding, Freeze, Glass
from core.model.explanation import Explanation, PolicySeen
from core.model.lease import Kind, Lease
from core.model.organisation import Bounds, RequestType
from core.model.people import Way
from core.model.request import (
    BEFORE_PEOPLE,
    Content,
    Cost,
    Decision,
    Execution,
    ExecutionStatus,
    Link,
    Plan,
    Question,
    Request,
    Requester,
    Stage,
    Status,
    Subject,
    Verdict,
)
from core.model.requirement import Report, Source
from core.requirements.approvals import Approvals
from core.requirements.check import Check

AT: Final = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
PROJECT: Final = "prj_01JD0000000000000000000000"
PLATFORM: Final = Source("group:grp_platform", "@platform")
SECURITY: Final = Source("group:grp_security", "@security")

CONTENT: Final = Content(
    type="deploy",
    title="Deploy api 2.3 to production",
    subject=Subject("run", "run-8f2", "https://ci.acme.example/runs/8f2"),
    description="Ships the new rate limiter. Tests are green; the canary ran for two hours.",
    action="kubectl apply -f api-2.3.yaml",
    params={"replicas": 6, "api_key": "not shown"},
    cost=Cost(usd=30.0, tokens=12_000),
    side_effects=("Restarts six pods", "Clears the cache"),
    if_denied="Version 2.2 stays; the limiter waits for Monday.",
    facts={"changed_files": 14, "env": "production"},
    links=(Link("Diff", "https://git.acme.example/api/compare/2.2...2.3"), Link("Canary", "https://grafana.example/c")),
)
REQUESTER: Final = Requester("agent", "agt_deploy", "Deploy bot", "platform")

BACKDROP: Final = Backdrop("payments", {"mem_ada": "Ada Archer", "mem_bob": "Bob Baker"})
REVISED_BACKDROP: Final = replace(BACKDROP, previous=replace(CONTENT, title="Deploy api 2.2", cost=Cost(50.0, 12_000)))


def stages(*sources: Source, needed: int = 1) -> tuple[Stage, ...]:
    return tuple(
        Stage(number, source.label.lstrip("@").capitalize(), (Approvals(f"s{number}r1", needed, (source,)),))
        for number, source in enumerate(sources, start=1)
    )


def pending(**changes: Any) -> Request:
    """One stage, nothing decided yet."""
    request = Request(
        id="req_01JD5Z3F6Q8W9X0Y1Z2A3B4C5D",
        organisation="org_acme",
        project=PROJECT,
        number=1042,
        requester=REQUESTER,
        content=CONTENT,
        original=CONTENT,
        revision=1,
        digest="a" * 64,
        action_digest="b" * 64,
        status=Status.PENDING,
        plan=Plan(stages=stages(PLATFORM), why=("The request names its approvers.",)),
        created_at=AT,
        revised_at=AT,
        expires_at=AT + timedelta(hours=4),
        stage_opened_at=AT,
        on_behalf_of="mem_ada",
        version=4,
    )
    return replace(request, **changes)


def decision(member: str, name: str, verdict: Verdict = Verdict.APPROVED, **changes: Any) -> Decision:
    made = Decision(
        id=f"dec_{member}",
        member=member,
        name=name,
        email=f"{member}@acme.example",
        verdict=verdict,
        revision=1,
        stage=1,
        at=AT + timedelta(minutes=12),
        way=Way.SLACK,
        proof=None,
        principals=frozenset({f"member:{member}", "group:grp_platform"}),
        seats=("@platform",),
    )
    return replace(made, **changes)


def second_stage() -> Request:
    """The first of three stages has passed, the second needs two and has one."""
    dave = decision("mem_dave", "Dave Diaz", stage=2, principals=frozenset({"member:mem_dave", "group:grp_security"}))
    plan = Plan(stages=(*stages(PLATFORM), *_second(), Stage(3, "Release", stages(PLATFORM)[0].requirements)))
    return pending(plan=plan, stage=2, decisions=(decision("mem_bob", "Bob Baker"), dave), version=9)


def _second() -> tuple[Stage, ...]:
    return (Stage(2, "Security", (Approvals("s2r1", 2, (SECURITY,)),)),)


def checking() -> Request:
    """Two checks stand before people; one has passed."""
    before = Stage(0, BEFORE_PEOPLE, (Check("s0r1", "ci"), Check("s0r2", "policy:pol_1", "policy spend limit")))
    report = Report("passed", 1, AT, "412 tests", None)
    return pending(plan=Plan(stages=(before, *stages(PLATFORM))), stage=0, checks={"ci": report}, version=2)


def check_failed() -> Request:
    """One check has failed, one policy asks for people and another one only watches."""
    policies = (
        PolicySeen("pol_1", "spend limit", "passed", "asks", "so its people are asked", ("30 $ is more than 25 $",)),
        PolicySeen("pol_2", "freeze", "failed", "shadow", "but it only watches", ("production is frozen on Fridays",)),
    )
    before = Stage(0, BEFORE_PEOPLE, (Check("s0r1", "ci"),))
    report = Report("failed", 1, AT, "3 of 412 tests failed", "https://ci.acme.example/runs/8f2")
    why = "Policy spend limit asks for people."
    plan = Plan(stages=(before, *stages(PLATFORM)), why=(why,), explanation=Explanation(why, policies=policies))
    return pending(plan=plan, stage=0, checks={"ci": report}, version=3)


def question() -> Request:
    asked = Question("qst_1", "mem_bob", "Bob Baker", "Is the rollback tested?", AT + timedelta(minutes=3))
    older = replace(asked, id="qst_0", text="Which region?", answer="eu-central-1", answered_by="Deploy bot")
    return pending(status=Status.ASKED_QUESTION, questions=(older, asked), version=7)


def revised() -> Request:
    return pending(revision=2, version=8)


def _over(status: Status, cause: str, **changes: Any) -> Request:
    return pending(status=status, cause=cause, decided_at=AT + timedelta(minutes=12), version=6, **changes)


def approved(
    execution: ExecutionStatus = ExecutionStatus.PENDING, detail: str | None = None, run_by: str | None = None
) -> Request:
    asked_at = None if run_by is None else AT
    ends = AT + timedelta(hours=24)
    after = Execution(execution, window_ends_at=ends, requested_at=asked_at, requested_by=run_by, detail=detail)
    said = decision("mem_bob", "Bob Baker", comment="Fine, watch the error rate.")
    return _over(Status.APPROVED, "people", decisions=(said,), execution=after)


def edited() -> Request:
    edits = {"cost.usd": 20.0}
    content = replace(CONTENT, cost=Cost(usd=20.0, tokens=12_000))
    said = decision("mem_bob", "Bob Baker", edits=edits, revision=2)
    execution = Execution(ExecutionStatus.PENDING, window_ends_at=AT + timedelta(hours=24))
    made = _over(Status.APPROVED_WITH_EDITS, "people", decisions=(said,), edits=edits, execution=execution)
    return replace(made, revision=2, content=content)


def rejected() -> Request:
    said = decision("mem_bob", "Bob Baker", Verdict.REJECTED, comment="Not on a Friday.")
    return _over(Status.REJECTED, "people", decisions=(said,))


def editable() -> Request:
    """Parameters the request itself lets approvers edit, of every kind, and a secret one that is left out."""
    content = replace(
        CONTENT,
        params={
            "replicas": 6,
            "region": "eu",
            "canary": True,
            "note": "slowly",
            "api_key": "abc",
            "deep": {"ratio": 0.5},
        },
        editable={
            "params.replicas": {"kind": "integer", "minimum": 2, "maximum": 10},
            "params.region": {"choices": ["eu", "us"]},
            "params.canary": {},
            "params.note": {},
            "params.api_key": {},
            "params.deep.ratio": {"kind": "number"},
        },
    )
    return pending(content=content, original=content)


def secretive() -> Request:
    """A request whose type keeps an account and a fact secret; somebody repeated one of them in their words."""
    content = Content(
        type="refund",
        title="Refund 48.00 USD to DE02120300000000202051",
        description="The customer's account is DE02120300000000202051, as on file.",
        params={"usd": 48, "iban": "DE02120300000000202051", "payee": {"name": "Tilda Testperson", "born": 1971}},
        facts={"customer": {"phone": "+49 30 1234567"}, "order": "A-8812"},
        side_effects=("money goes to DE02120300000000202051",),
        editable={"params.usd": {"kind": "number", "maximum": 48}},
    )
    asked = Question("qst_1", "mem_bob", "Bob Baker", "Why DE02120300000000202051?", AT + timedelta(minutes=3))
    said = decision("mem_bob", "Bob Baker", comment="Paid to DE02120300000000202051 before.")
    plan = Plan(stages=stages(PLATFORM), secret=REFUND.secret)
    return pending(
        content=content,
        original=content,
        plan=plan,
        status=Status.ASKED_QUESTION,
        questions=(asked,),
        decisions=(said,),
    )


SECRETS: Final = ("DE02120300000000202051", "Tilda Testperson", "1971", "+49 30 1234567")
"""What `secretive` must never show."""

REFUND: Final = RequestType(
    "refund",
    "Refund",
    editable={"params.usd": Bounds("number", 0, 500), "params.reason": Bounds(choices=("broken", "late", "lost"))},
    reply_window=timedelta(hours=2),
    fields={
        "type": "object",
        "properties": {
            "usd": {"type": "number", "title": "Amount in US dollars", "minimum": 0.01, "maximum": 500},
            "reason": {"enum": ["broken", "late", "lost"]},
            "iban": {"type": "string", "title": "Account (IBAN)", "minLength": 15, "maxLength": 34},
            "payee": {"type": "object", "properties": {"name": {"type": "string"}, "born": {"type": "integer"}}},
            "urgent": {"type": "boolean"},
            "by": {"type": "string", "format": "date", "title": "Pay by"},
        },
        "required": ["usd", "reason", "iban"],
        "additionalProperties": False,
    },
    required_facts=("order",),
    secret=("params.iban", "params.payee", "facts.customer.phone"),
)

EVERYTHING: Final = RequestType(
    "everything",
    "Everything a form can hold",
    fields={
        "properties": {
            "text": {"type": "string", "maxLength": 5, "default": "abc", "description": "Five characters at most"},
            "long": {"type": "string"},
            "whole": {"type": "integer", "exclusiveMinimum": 0, "maximum": 10, "default": 3},
            "share": {"type": "number", "minimum": 0.25, "exclusiveMaximum": 1},
            "long_choice": {"enum": ["x" * 200, "y" * 200, 3, True, None]},
            "many": {"type": "array", "items": {"enum": ["eu", "us"]}, "default": ["eu"]},
            "crowd": {"type": "array", "items": {"enum": [f"region {n}" for n in range(40)]}},
            "flag": {"type": "boolean", "default": True},
            "day": {"type": "string", "format": "date"},
            "moment": {"type": "string", "format": "date-time"},
            "lines": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            "numbers": {"type": "array", "items": {"type": "integer"}},
            "free": {"type": "object"},
            "any": {},
            "fixed": {"const": 7},
            "deep": {"type": "object", "properties": {"er": {"type": "string"}}, "required": ["er"]},
        },
        "required": ["whole"],
    },
)


def hostile() -> Request:
    """Text that tries to be markup, a mention, a link, a secret, or too long."""
    nasty = "<!channel> <@U1> *bold* `x` <https://evil.example|Approve> @here & \u202eesrever"
    content = Content(
        type="custom",
        title=f"{nasty} " * 20,
        description=f"{nasty} password=hunter2hunter2 " * 60,
        action=f"curl -H 'Authorization: Bearer {'a1' * 20}' {nasty}",
        cost=Cost(usd=1e300, tokens=10**12),
        side_effects=(nasty,) * 40,
        if_denied=nasty * 40,
        facts={f"{nasty} {n}": nasty * 9 for n in range(40)},
        links=tuple(Link(nasty, "javascript:alert(1)") for _ in range(20)),
    )
    return pending(content=content, original=content, requester=Requester("agent", "agt_x", nasty * 9))


def leased() -> Request:
    """One lease in force, one taken back."""
    request = pending()
    lease = Lease(
        id="lea_1",
        organisation=request.organisation,
        project=request.project,
        agent=request.requester.id,
        agent_name=request.requester.name,
        kind=Kind("deploy", "kubectl apply *", "run", 30.0),
        uses=5,
        until=AT + timedelta(hours=4),
        granted_by="mem_ada",
        granted_by_name="Ada Archer",
        granted_at=AT,
        request=request.id,
        number=request.number,
    )
    return replace(request, leases=(replace(lease, revoked_at=AT, revoked_by="Bob Baker"), lease))


def broken(**review: Any) -> Request:
    """Decided by break-glass, its review still owed unless said otherwise."""
    glass = Glass(
        id="gls_1",
        member="mem_eve",
        name="Eve Evans",
        email="eve@acme.example",
        reason="Checkout is down; this rolls the bad release back.",
        revision=1,
        stage=1,
        at=AT + timedelta(minutes=12),
        way=Way.SLACK,
        proof=None,
        review_by=AT + timedelta(hours=72, minutes=12),
        **review,
    )
    execution = Execution(ExecutionStatus.PENDING, window_ends_at=AT + timedelta(hours=24))
    return _over(Status.APPROVED, "break_glass", glasses=(glass,), execution=execution)


def reviewed() -> Request:
    return broken(
        reviewed_by="mem_ada",
        reviewer_name="Ada Archer",
        reviewed_at=AT + timedelta(hours=3),
        finding=Finding.NOT_JUSTIFIED,
        remark="Platform was awake and would have answered.",
    )


FREEZE: Final = Freeze(
    "frz_1", "org_acme", None, "Black Friday", "mem_ada", "Ada Archer", AT, until=AT + timedelta(hours=36)
)
HELD_BACKDROP: Final = replace(BACKDROP, freeze=FREEZE, suspended=True)


REQUESTS: Final[Mapping[str, Callable[[], Request]]] = {
    "pending": pending,
    "checking": checking,
    "second_stage": second_stage,
    "question": question,
    "approved": approved,
    "called_upon": lambda: approved(run_by="Dave Diaz"),
    "executing": lambda: approved(ExecutionStatus.EXECUTING, "Pod 3 of 6"),
    "executed": lambda: approved(ExecutionStatus.SUCCESS, "Six pods healthy"),
    "failed": lambda: approved(ExecutionStatus.FAILED, "Image not found"),
    "edited": edited,
    "rejected": rejected,
    "expired": lambda: _over(Status.EXPIRED, "nobody_answered"),
    "cancelled": lambda: _over(Status.CANCELLED, "requester"),
    "cancelled_by_an_admin": lambda: _over(
        Status.CANCELLED, "admin", ended_by="Alice Archer", end_comment="Wrong branch; #1043 is the right one."
    ),
    "discarded": lambda: replace(
        approved(), discarded=True, ended_by="Dave Diaz", end_comment="The plan has changed <!channel>"
    ),
    "auto_approved": lambda: _over(
        Status.AUTO_APPROVED, "no_rule", plan=Plan(why=("No rule asks for anybody, and project payments then allows.",))
    ),
    "secretive": secretive,
    "leased": leased,
    "broken": broken,
    "reviewed": reviewed,
    "hostile": hostile,
}


def twin() -> Request:
    """Another request, hostile in every word."""
    return replace(hostile(), id="req_01JD5Z3F6Q8W9X0Y1Z2A3B4C5E", number=1043)
