"""Judging a revision: one pure function from what is asked and what is set up to an explained plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.model.organisation import Project, RequestType
from core.model.request import Judgement, Outcome, Plan, Requester, Stage
from core.model.requirement import Source
from core.requirements.approvals import Approvals

ANYONE = "anyone who may approve"


def judge(
    *,
    requester: Requester,
    on_behalf_of: str | None,
    project: Project,
    type: RequestType,
    named: tuple[Stage, ...],
    distinct: bool,
    notify: tuple[str, ...],
) -> Judgement:
    """Named people only add; where nothing asks for anybody, the project's `when_no_rule` decides."""
    plan = replace(
        _frame(requester, on_behalf_of, project, type),
        distinct=distinct,
        notify=tuple(dict.fromkeys((*project.settings.notify, *notify))),
    )
    if named:
        return Judgement(Outcome.ASK, replace(plan, stages=named, why=("The request names its approvers.",)))
    match project.settings.when_no_rule:
        case "allow":
            why = f"No rule asks for anybody, and project {project.name} then allows."
            return Judgement(Outcome.ALLOW, replace(plan, why=(why,)), "no_rule")
        case "deny":
            why = f"No rule covers this, and project {project.name} then denies."
            return Judgement(Outcome.DENY, replace(plan, why=(why,)), "no_rule")
        case _:
            why = f"Nobody was named, so one of {ANYONE} in {project.name} suffices."
            return Judgement(Outcome.ASK, replace(plan, stages=(default_stage(project),), why=(why,)))


def default_stage(project: Project) -> Stage:
    """One approval from anyone who may approve in the project."""
    anyone = Source(f"anyone:{project.id}", ANYONE)
    return Stage(1, "Approval", (Approvals("s1r1", 1, (anyone,)),))


def _frame(requester: Requester, on_behalf_of: str | None, project: Project, type: RequestType) -> Plan:
    settings = project.settings
    return Plan(
        reply_window=_shortest(settings.reply_window, type.reply_window),
        remind=tuple(sorted(settings.remind)),
        execution_window=_shortest(settings.execution_window, type.execution_window),
        execution_timeout=settings.execution_timeout,
        auto_execute=settings.auto_execute,
        comment_on_reject=settings.comment_on_reject or type.comment_on_reject,
        barred=frozenset() if settings.self_approval else _own(requester, on_behalf_of),
        decide_in=settings.decide_in,
    )


def _own(requester: Requester, on_behalf_of: str | None) -> frozenset[str]:
    asking = {requester.id} if requester.kind == "member" else set()
    return frozenset(asking | ({on_behalf_of} if on_behalf_of else set()))


def _shortest(*windows: timedelta | None) -> timedelta | None:
    return min((window for window in windows if window is not None), default=None)
