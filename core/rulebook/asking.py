"""What is to be asked outside about one revision: a pure plan, from where policies and checks look and when they apply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from core.model.check import CheckDefinition
from core.model.policy import Policy
from core.model.request import Requester
from core.model.rule import Mode
from core.rulebook.answer import Truth
from core.rulebook.condition import Conditions, View

Judge = TypeVar("Judge", Policy, CheckDefinition)


@dataclass(frozen=True, slots=True)
class Outside:
    """Policies to be asked, those in shadow among them, and the names of checks that are needed first."""

    policies: tuple[Policy, ...] = ()
    checks: tuple[str, ...] = ()


def to_ask(
    policies: Iterable[Policy],
    checks: Iterable[CheckDefinition],
    *,
    conditions: Conditions,
    view: View,
    project: str,
    requester: Requester,
) -> Outside:
    """What cannot be told applies: it is better asked once too often."""
    agent = requester.id if requester.kind == "agent" else None

    def meant(judges: Iterable[Judge]) -> Iterator[Judge]:
        for judge in judges:
            if judge.scope.covers(agent=agent, team=requester.team, project=project) and _may_apply(judge.when):
                yield judge

    def _may_apply(when: str) -> bool:
        return conditions.parse(when).ask(view).truth is not Truth.FALSE

    asked = meant(policy for policy in policies if policy.mode is not Mode.OFF)
    needed = meant(check for check in checks if check.required)
    return Outside(tuple(asked), tuple(check.name for check in needed))
