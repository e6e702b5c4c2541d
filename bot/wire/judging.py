"""What is sent and seen of policies and checks. A token or secret comes in and never goes out again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from bot.wire.showing import CheckReportView, StatusWord, View, show_checks
from bot.wire.strict import Shape, WebAddress, some, text
from core.administration.checks import SeenCheck
from core.administration.policies import SeenPolicy
from core.model.command import ReportCheck, RunCheck
from core.model.request import Request
from core.rulebook.judges import write_check, write_policy

Scope = Annotated[
    dict[str, str | list[str]],
    Field(max_length=6, description="`project`, `agent`, `team`, or several of each as lists; nothing is everywhere."),
]
When = Annotated[str, some(500)]
Mode = Literal["on", "shadow", "off"]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
Bearer = Annotated[str, Field(pattern=r"^[!-~]{1,4000}$")]


# -------------------------------------------------------------------------------------------------------------- coming in


class PolicyIn(Shape):
    """An OPA decision that is asked about requests. `token` is sent along as a bearer token and never shown again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "deploy policy",
                    "url": "https://opa.example.com/v1/data/deploys/decision",
                    "scope": {"project": "default"},
                    "when": 'type == "deploy"',
                    "on_pass": "approve",
                    "on_fail": "reject",
                }
            ]
        }
    )

    name: Annotated[str, some(100)]
    url: Annotated[str, some(2000)]
    scope: Scope | None = None
    when: When | None = None
    on_pass: Literal["approve", "manual"] = "manual"  # noqa: S105 (what passing means, not a secret)
    on_fail: Literal["reject", "manual"] = "manual"
    deadline_ms: Annotated[int, Field(ge=50, le=800)] = 800
    mode: Mode = "on"
    token: Bearer | None = None

    def written(self) -> dict[str, Any]:
        return self.model_dump(exclude={"token", "version"}, exclude_none=True)


class PolicyChange(PolicyIn):
    """The whole policy as it shall be. Without `token` it keeps the one it has, for the same address alone."""

    version: Version | None = None

    @property
    def keeps_token(self) -> bool:
        return "token" not in self.model_fields_set


class CheckIn(Shape):
    """An outside system that must report `passed`. `secret` signs the calls and is never shown again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "change-window",
                    "url": "https://checks.example.com/change-window",
                    "secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
                    "when": 'type == "deploy"',
                    "on_failed": "block",
                }
            ]
        }
    )

    name: Annotated[str, some(60)]
    url: Annotated[str, some(2000)] | None = None
    reporter: Annotated[str, some(100)] | None = None
    scope: Scope | None = None
    when: When | None = None
    required: bool = True
    on_failed: Literal["block", "reject"] = "block"
    timeout_seconds: Annotated[int, Field(ge=1, le=30)] = 10
    rerun: bool = True
    secret: Annotated[str, some(200)] | None = None

    def written(self) -> dict[str, Any]:
        return self.model_dump(exclude={"secret", "version"}, exclude_none=True)


class CheckChange(CheckIn):
    """The whole check as it shall be, under the name it has. Without `secret` it keeps the one it has."""

    version: Version | None = None


class CheckReport(Shape):
    """What the check says of this revision, which may be left out only while there has been just one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": "passed", "summary": "inside the window", "url": "https://ci.example.com/7", "revision": 1}
            ]
        }
    )

    status: Literal["passed", "failed", "pending"]
    summary: Annotated[str, text(500)] | None = None
    url: WebAddress | None = None
    revision: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    def to_command(self, name: str) -> ReportCheck:
        return ReportCheck(name, self.status, self.summary, self.url, self.revision)


class CheckRun(Shape):
    """Have the check look at this revision once more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"revision": 1}]})

    revision: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    def to_command(self, name: str) -> RunCheck:
        return RunCheck(name, self.revision)


# -------------------------------------------------------------------------------------------------------------- going out


class PolicyView(View):
    """`has_token` says that one is sent along. `problem` says why the policy cannot be asked at present."""

    id: str
    name: str
    version: int
    url: str
    scope: dict[str, list[str]]
    when: str
    on_pass: Literal["approve", "manual"]
    on_fail: Literal["reject", "manual"]
    deadline_ms: int
    mode: Mode
    has_token: bool
    author: str
    changed_at: datetime | None
    problem: str | None


class CheckView(View):
    """`reporter` may report by itself; `has_secret` says that calls are signed. `problem`: why it cannot be called."""

    id: str
    name: str
    version: int
    url: str | None
    reporter: str | None
    scope: dict[str, list[str]]
    when: str
    required: bool
    on_failed: Literal["block", "reject"]
    timeout_seconds: int
    rerun: bool
    has_secret: bool
    author: str
    changed_at: datetime | None
    problem: str | None


class ReportedView(View):
    """How the check stands by now, and the request, to whoever reports it."""

    request: str
    number: int
    revision: int
    status: StatusWord
    check: CheckReportView | None


def show_policy(seen: SeenPolicy) -> PolicyView:
    policy = seen.policy
    written = write_policy(policy)
    written.pop("engine")
    return PolicyView(
        id=policy.id,
        version=policy.version,
        has_token=policy.sealed_token is not None,
        author=policy.author,
        changed_at=policy.changed_at,
        problem=seen.problem,
        **written,
    )


def show_check(seen: SeenCheck) -> CheckView:
    check = seen.check
    return CheckView(
        id=check.id,
        version=check.version,
        has_secret=check.sealed_secret is not None,
        author=check.author,
        changed_at=check.changed_at,
        problem=seen.problem,
        **write_check(check),
    )


def show_reported(request: Request, name: str) -> ReportedView:
    return ReportedView(
        request=request.id,
        number=request.number,
        revision=request.revision,
        status=request.status.value,
        check=next((one for one in show_checks(request) if one.name == name), None),
    )
