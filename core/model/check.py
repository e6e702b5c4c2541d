"""A check's definition: which requests need it, how it is called, who may report it, what its failure means."""

from __future__ import annotations

import re
from dataclasses import field
from datetime import datetime, timedelta
from typing import Final

from core.model.people import Actor
from core.model.quick import dataclass
from core.model.requirement import Source
from core.model.rule import Scope

CHECK_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
STATES: Final = ("passed", "failed", "pending")
TIMEOUT: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class CheckDefinition:
    """An outside system that must report `passed` on a revision.

    `required`: every request in its scope for which `when` holds or cannot be told needs it before anybody is asked; else
    only where a rule names it. `url` is called with each new revision, signed with the secret (`sealed_secret`, encrypted);
    None means that it reports by itself. `reporter` is the one credential that may report: `agent:<id>` or `key:<id>`.
    `on_failed` is `block` or `reject`; `timeout` how long one call may take; `rerun` whether people may have it run again.
    """

    id: str
    organisation: str
    name: str
    reporter: Source | None = None
    url: str | None = None
    sealed_secret: str | None = field(default=None, repr=False)
    scope: Scope = field(default_factory=Scope)
    when: str = "true"
    required: bool = True
    on_failed: str = "block"
    timeout: timedelta = TIMEOUT
    rerun: bool = True
    version: int = 1
    author: str = ""
    changed_at: datetime | None = None

    @property
    def cause(self) -> str:
        return f"check:{self.name}"

    def is_reported_by(self, actor: Actor) -> bool:
        """An agent by any of its keys, or by the one key that is named. What the check answered when called is the system's."""
        if actor.kind == "system":
            return True
        names = {actor.key, f"key:{actor.credential}"} if actor.is_agent else set[str]()
        return self.reporter is not None and self.reporter.principal in names
