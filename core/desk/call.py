"""One call to the desk: who wants what, of which request, and what is already known to be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from core.lifecycle.facts import Problem
from core.model.command import Command
from core.model.people import Actor
from core.ports import Idempotency


@dataclass(frozen=True, slots=True)
class Call:
    """`request` is None, and `number` drawn, where the command makes a new one."""

    actor: Actor
    command: Command
    request: str | None = None
    number: int = 0
    once: Idempotency | None = None
    problems: tuple[Problem, ...] = ()
