"""Which rules an open request stands on: those that had people asked. Known from the explanation kept with its plan."""

from __future__ import annotations

from typing import Final

from core.model.request import Request

ASKS: Final = "asks"


def rules_stood_on(request: Request) -> frozenset[str]:
    """Ids of the rules whose people are asked; none once it is over."""
    seen = request.plan.explanation
    if seen is None or not request.is_open:
        return frozenset()
    return frozenset(one.rule for one in seen.rules if one.fate == ASKS)


def stands_only_on(request: Request, rule: str) -> bool:
    """Whether nobody would have been asked but for this rule: no other rule, policy, project or request asks for anybody."""
    seen = request.plan.explanation
    if seen is None or rule not in rules_stood_on(request):
        return False
    name = next(one.name for one in seen.rules if one.rule == rule)
    people = {
        requirement.id for stage in request.plan.stages for requirement in stage.requirements if requirement.sources
    }
    asked = [because for because in seen.people if because.requirement in people]
    return bool(asked) and all(because.asked_by == (f"rule {name}",) for because in asked)


def waited_for_by(rules: frozenset[str]) -> frozenset[str]:
    """As the index of who is waited for holds them, beside people."""
    return frozenset(f"rule:{rule}" for rule in rules)
