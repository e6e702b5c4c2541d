"""One call to the desk: who wants what, of which request, and what was fetched for it before its transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from core.desk.offers import Draw
from core.desk.weighing import Weighed
from core.lifecycle.facts import Problem
from core.model.change import Change
from core.model.check import CheckDefinition
from core.model.command import Command
from core.model.organisation import BUILT_IN_TYPES, Project, RequestType
from core.model.people import Actor
from core.model.quick import dataclass
from core.ports import Idempotency


@dataclass(frozen=True, slots=True)
class Call:
    """`request` is None, and `number` drawn, where the command makes a new one in `project`.

    `problems` is what is known to be wrong already. `weighed` is what rules say of the revision the command makes, if any.
    `change` is set where Countersign itself asks the other admins for a change of what is set up; no rule is asked then.
    `draw` says whether trust may answer, and how spot checks are drawn. `types` and `checks` are those there are, as of this
    `version` of the rulebook.
    """

    actor: Actor
    command: Command
    request: str | None = None
    number: int = 0
    project: Project | None = None
    once: Idempotency | None = None
    problems: tuple[Problem, ...] = ()
    types: Mapping[str, RequestType] = field(default_factory=lambda: BUILT_IN_TYPES)
    version: int = 0
    weighed: Weighed | None = None
    change: Change | None = None
    draw: Draw = field(default_factory=Draw)
    checks: tuple[CheckDefinition, ...] = ()


class Moved(Exception):
    """The rules, or the revision they were asked about, are others by now; they are asked again."""
