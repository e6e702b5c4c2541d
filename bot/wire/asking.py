"""What comes in about requests: a new one, a revision, decisions, questions, reports. Turns into drafts and commands."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from bot.wire.strict import Comment, Free, Moment, Prose, Shape, Title, WebAddress, Who, Words, nothing, some, text
from core.desk import Draft, DraftRequirement, DraftStage
from core.model import command as c
from core.model.request import Content, Cost, ExecutionStatus, Link, Request, Subject
from core.phrases import phrase

APPROVERS = 50
STAGES = 10
_PATH = re.compile(r"params(\.[A-Za-z0-9_-]{1,60}){1,7}")


class SubjectIn(Shape):
    """The thing a request gates."""

    kind: Annotated[str, some(60)]
    id: Annotated[str, some(200)]
    url: WebAddress | None = None

    def to_model(self) -> Subject:
        return Subject(self.kind, self.id, self.url)


class CostIn(Shape):
    """What it would cost; left out is not zero."""

    usd: Annotated[float, Field(ge=0)] | None = None
    tokens: Annotated[int, Field(ge=0)] | None = None


class LinkIn(Shape):
    title: Title
    url: WebAddress


class BoundsIn(Shape):
    """What an approver may make of a parameter. Numbers without bounds may only go down."""

    kind: Literal["any", "text", "number", "integer", "texts", "boolean"] = "any"
    minimum: float | None = None
    maximum: float | None = None
    choices: Annotated[list[str | int | float | bool], Field(max_length=50)] = []

    @model_validator(mode="after")
    def _in_order(self) -> BoundsIn:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("has a minimum above its maximum; swap them")
        return self


class ApprovalsIn(Shape):
    """So many of these people, or all of them. A name is an e-mail, a member id, `@group`, `role:admin` or `anyone`."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    people: Annotated[list[Who], Field(min_length=1, max_length=APPROVERS, alias="from")]
    min: Annotated[int, Field(ge=1, le=APPROVERS)] = 1
    all: bool = False


class RequirementIn(Shape):
    """One condition of a stage, by its kind."""

    approvals: ApprovalsIn

    def to_draft(self) -> DraftRequirement:
        return DraftRequirement(tuple(self.approvals.people), self.approvals.min, self.approvals.all)


class StageIn(Shape):
    """An ordered step; it passes when all its requirements hold."""

    name: Annotated[str, some(60)] | None = None
    requirements: Annotated[list[RequirementIn], Field(min_length=1, max_length=APPROVERS)]

    def to_draft(self) -> DraftStage:
        return DraftStage(tuple(requirement.to_draft() for requirement in self.requirements), self.name)


Approvers = Annotated[list[Who], Field(max_length=APPROVERS)]
Stages = Annotated[list[StageIn], Field(max_length=STAGES)]

_DEPLOY: dict[str, Any] = {
    "type": "deploy",
    "title": phrase("Deploy payments 2.4.1 to production"),
    "description": phrase("Adds instalment payments. Rolled out to 5 % first."),
    "subject": {"kind": "run", "id": "run-8f2", "url": "https://ci.example.com/runs/8f2"},
    "action": phrase("kubectl rollout restart deployment/payments"),
    "params": {"replicas": 6},
    "reasoning": phrase("All tests pass and staging ran for a day."),
    "cost": {"usd": 12.5},
    "side_effects": [phrase("payments restart, a few seconds each")],
    "if_denied": phrase("Staging stays as it is; ask again tomorrow."),
    "facts": {"env": "production"},
    "links": [{"title": "Changes", "url": "https://git.example.com/payments/compare/2.4.0...2.4.1"}],
    "stages": [
        {"name": "Platform", "requirements": [{"approvals": {"min": 1, "from": ["@platform"]}}]},
        {"name": "Security", "requirements": [{"approvals": {"min": 2, "from": ["@security"]}}]},
    ],
}
_MERGE: dict[str, Any] = {
    "type": "merge",
    "title": phrase("Merge “Retry failed payouts”"),
    "approvers": ["ada@example.com", "grace@example.com"],
    "metadata": {"files_changed": 5, "target_branch": "main"},
    "expires_at": "2126-11-22T12:00:00Z",
}


class NewRequest(Shape):
    """What is asked, and of whom. Nobody named: one approval from anyone who may approve in the project."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DEPLOY, _MERGE]})

    type: Annotated[str, some(60)]
    title: Title
    project: Annotated[str, some(100)] | None = None
    subject: SubjectIn | None = None
    description: Prose | None = None
    action: Prose | None = None
    params: Free = nothing(dict)
    reasoning: Prose | None = None
    cost: CostIn | None = None
    side_effects: Annotated[list[Annotated[str, some(500)]], Field(max_length=50)] = nothing(list)
    if_denied: Annotated[str, text(3000)] | None = None
    facts: Free = nothing(dict)
    metadata: Free = nothing(dict)
    links: Annotated[list[LinkIn], Field(max_length=20)] = nothing(list)
    editable: Annotated[dict[str, BoundsIn], Field(max_length=50)] = nothing(dict)
    approvers: Approvers = nothing(list)
    stages: Stages = nothing(list)
    distinct: bool = False
    notify: Annotated[list[Annotated[str, some(80)]], Field(max_length=10)] = nothing(list)
    on_behalf_of: Who | None = None
    supersede_key: Annotated[str, some(200)] | None = None
    expires_at: Moment | None = None

    @model_validator(mode="after")
    def _within_reach(self) -> NewRequest:
        must_fit(self.approvers, self.stages)
        must_be_parameters(self.editable)
        return self

    def to_draft(self) -> Draft:
        return Draft(
            content=self._content(),
            project=self.project,
            approvers=tuple(self.approvers),
            stages=tuple(stage.to_draft() for stage in self.stages),
            distinct=self.distinct,
            notify=tuple(self.notify),
            on_behalf_of=self.on_behalf_of,
            supersede_key=self.supersede_key,
            expires_at=self.expires_at,
        )

    def _content(self) -> Content:
        return Content(type=self.type, title=self.title, **_content_fields(self, frozenset(type(self).model_fields)))


class Revision(Shape):
    """What shall be different; whatever is left out stays. Naming approvers or stages replaces all people named before."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reasoning": "Staging ran for two days now.", "cost": {"usd": 9}}]}
    )

    revision: Annotated[int, Field(ge=1)] | None = None
    type: Annotated[str, some(60)] | None = None
    title: Title | None = None
    subject: SubjectIn | None = None
    description: Prose | None = None
    action: Prose | None = None
    params: Free = nothing(dict)
    reasoning: Prose | None = None
    cost: CostIn | None = None
    side_effects: Annotated[list[Annotated[str, some(500)]], Field(max_length=50)] = nothing(list)
    if_denied: Annotated[str, text(3000)] | None = None
    facts: Free = nothing(dict)
    metadata: Free = nothing(dict)
    links: Annotated[list[LinkIn], Field(max_length=20)] = nothing(list)
    editable: Annotated[dict[str, BoundsIn], Field(max_length=50)] = nothing(dict)
    approvers: Approvers | None = None
    stages: Stages | None = None

    @model_validator(mode="after")
    def _within_reach(self) -> Revision:
        must_fit(self.approvers or [], self.stages or [])
        must_be_parameters(self.editable)
        return self

    @property
    def keeps_people(self) -> bool:
        return self.approvers is None and self.stages is None

    def to_draft(self, request: Request) -> Draft:
        """The request's present content with what was said put in its place."""
        given = self.model_fields_set
        content = replace(request.content, **_content_fields(self, given))
        if self.type is not None:
            content = replace(content, type=self.type)
        if self.title is not None:
            content = replace(content, title=self.title)
        stages = tuple(stage.to_draft() for stage in self.stages or [])
        return Draft(content, approvers=tuple(self.approvers or []), stages=stages)


def _content_fields(said: NewRequest | Revision, names: frozenset[str] | set[str]) -> dict[str, Any]:
    """Those of the named fields that are content, as the model holds them; type and title apart."""
    fields: dict[str, Any] = {
        "subject": None if said.subject is None else said.subject.to_model(),
        "description": said.description,
        "action": said.action,
        "params": said.params,
        "reasoning": said.reasoning,
        "cost": None if said.cost is None else Cost(said.cost.usd, said.cost.tokens),
        "side_effects": tuple(said.side_effects),
        "if_denied": said.if_denied,
        "facts": said.facts,
        "metadata": said.metadata,
        "links": tuple(Link(link.title, link.url) for link in said.links),
        "editable": {path: bounds.model_dump(exclude_defaults=True) for path, bounds in said.editable.items()},
    }
    return {name: value for name, value in fields.items() if name in names}


def must_fit(approvers: list[str], stages: list[StageIn]) -> None:
    named = len(approvers) + sum(len(r.approvals.people) for stage in stages for r in stage.requirements)
    if named > APPROVERS:
        raise ValueError(f"names {named} approvers, and {APPROVERS} are the most; name a group instead")
    if len(stages) + bool(approvers) > STAGES:
        raise ValueError(f"has more than {STAGES} stages, those of approvers counted; join some")


def must_be_parameters(editable: dict[str, BoundsIn]) -> None:
    for path in editable:
        if not _PATH.fullmatch(path):
            raise ValueError("holds a path that is no parameter; write paths like params.replicas in editable")


# ------------------------------------------------------------------------------------------------------------ decisions


class Approval(Shape):
    """Everything may be left out; revision and stage only while there has been just one of each."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "Looks right.", "revision": 1, "stage": 1}]})

    comment: Comment | None = None
    edits: Annotated[dict[str, Any], Field(max_length=50)] | None = None
    revision: Annotated[int, Field(ge=1)] | None = None
    stage: Annotated[int, Field(ge=0)] | None = None

    def to_command(self) -> c.Approve:
        return c.Approve(self.comment, self.edits, self.revision, self.stage)


class Rejection(Shape):
    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "Not during the sale."}]})

    comment: Comment | None = None
    revision: Annotated[int, Field(ge=1)] | None = None
    stage: Annotated[int, Field(ge=0)] | None = None

    def to_command(self) -> c.Reject:
        return c.Reject(self.comment, self.revision, self.stage)


class Remark(Shape):
    """A word along with what is done; may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "The plan has changed."}]})

    comment: Comment | None = None


class Nothing(Shape):
    """An empty object, or no body at all."""


class QuestionIn(Shape):
    model_config = ConfigDict(json_schema_extra={"examples": [{"question": "Was the backup tried?"}]})

    question: Words
    revision: Annotated[int, Field(ge=1)] | None = None

    def to_command(self) -> c.Ask:
        return c.Ask(self.question, self.revision)


class AnswerIn(Shape):
    """`question` may be left out while exactly one is open."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": "Yes, this morning."}]})

    answer: Words
    question: Annotated[str, some(60)] | None = None

    def to_command(self) -> c.Answer:
        return c.Answer(self.answer, self.question)


class CommentIn(Shape):
    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "I am watching the graphs."}]})

    comment: Words

    def to_command(self) -> c.Comment:
        return c.Comment(self.comment)


class Extension(Shape):
    """`expires_at` is yours to set: later than the present deadline, and no further from now than the project allows."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expires_at": "2126-11-23T12:00:00Z"}]})

    expires_at: Moment

    def to_command(self) -> c.Extend:
        return c.Extend(self.expires_at)


class HandOverIn(Shape):
    """`to` is an e-mail address or member id."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "grace@example.com"}]})

    to: Who
    comment: Comment | None = None


class ExecutionReport(Shape):
    """`executing` claims, exactly once; `success` and `failed` end it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "executing"}, {"status": "success"}]})

    status: Literal["executing", "success", "failed"]
    detail: Annotated[str, text(2000)] | None = None
    action_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None

    def to_command(self) -> c.ReportExecution:
        return c.ReportExecution(ExecutionStatus(self.status), self.action_digest, self.detail)
