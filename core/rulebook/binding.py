"""From sources as a rule names them to the people they stand for in one request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from core.model.request import Stage
from core.model.requirement import Bind, Source
from core.phrases import phrase

ANYONE = phrase("anyone who may approve")

StandsFor = Mapping[str, tuple[Source, ...]]


def binder(project: str, stands_for: StandsFor) -> Bind:
    """Roles and `anyone` are the project's; a field or schedule that stands for nobody stays, and nobody can answer it."""

    def bind(source: Source) -> tuple[Source, ...]:
        kind, _, rest = source.principal.partition(":")
        if source.principal in stands_for:
            return stands_for[source.principal] or (source,)
        if kind == "anyone" and not rest:
            return (Source(f"anyone:{project}", ANYONE),)
        if kind == "role" and ":" not in rest:
            return (Source(f"role:{rest}:{project}", phrase("any {rest}", rest=rest)),)
        return (source,)

    return bind


def bind_stages(stages: tuple[Stage, ...], bind: Bind) -> tuple[Stage, ...]:
    """Most sources stand for themselves, so that most stages stay the very same."""
    return tuple(_bound(stage, bind) for stage in stages)


def _bound(stage: Stage, bind: Bind) -> Stage:
    requirements = tuple(requirement.bound(bind) for requirement in stage.requirements)
    return stage if requirements == stage.requirements else replace(stage, requirements=requirements)


def sources_of(stages: Iterable[Stage]) -> Iterator[Source]:
    return (source for stage in stages for requirement in stage.requirements for source in requirement.sources)


def is_unbound(source: Source) -> bool:
    return source.principal.startswith(("field:", "oncall:"))
