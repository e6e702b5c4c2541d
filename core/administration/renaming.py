"""What the rules and types of an organisation say of one group, and the same said under its new name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.model.organisation import RequestType
from core.model.requirement import Source
from core.model.rule import Rule
from core.phrases import phrase
from core.ports import Rules
from core.rulebook.binding import bind_stages, sources_of


def who_names(kept: Rules, principal: str) -> Iterator[str]:
    """`rule prod deploys`, `type refund`: whatever would be left without it."""
    yield from (phrase("rule {rule}", rule=rule.name) for rule in kept.rules if _names(sources_in(rule), principal))
    yield from (phrase("type {word}", word=type.word) for type in kept.types if _names(type.may_ask, principal))


def sources_in(rule: Rule) -> Iterator[Source]:
    yield from sources_of(rule.stages)
    yield from (*rule.not_from, *rule.tell, *(rule.escalate.to if rule.escalate is not None else ()))


def _names(sources: Iterable[Source], principal: str) -> bool:
    return any(source.principal == principal for source in sources)


def rule_saying(rule: Rule, called: Source) -> Rule:
    """The rule, in which whoever `called` stands for is called so."""

    def bind(source: Source) -> tuple[Source, ...]:
        return (called if source.principal == called.principal else source,)

    def all_of(sources: tuple[Source, ...]) -> tuple[Source, ...]:
        return tuple(bind(source)[0] for source in sources)

    escalate = rule.escalate and replace(rule.escalate, to=all_of(rule.escalate.to))
    return replace(
        rule,
        stages=bind_stages(rule.stages, bind),
        not_from=all_of(rule.not_from),
        tell=all_of(rule.tell),
        escalate=escalate,
    )


def type_saying(type: RequestType, called: Source) -> RequestType:
    asking = tuple(called if source.principal == called.principal else source for source in type.may_ask)
    return replace(type, may_ask=asking)
