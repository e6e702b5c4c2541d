"""A policy: an outside engine's judgement of requests, and what its yes and its no are to mean here."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime, timedelta
from typing import Final

from core.model.quick import dataclass
from core.model.rule import Mode, Scope

DEADLINE: Final = timedelta(milliseconds=800)
"""The longest a create waits for any policy."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Asked of every request in its scope for which `when` holds or cannot be told.

    `engine` is the word of the outside engine, `url` where its decision is asked for. `on_pass` is `approve` or `manual`,
    `on_fail` `reject` or `manual`. `deadline` is how long a create waits; after it the request is saved and judged again.
    `sealed_token` is the bearer token, encrypted and bound to this very address. One in shadow is asked without effect.
    """

    id: str
    organisation: str
    name: str
    url: str
    engine: str = "opa"
    scope: Scope = field(default_factory=Scope)
    when: str = "true"
    on_pass: str = "manual"  # noqa: S105 (what passing means, not a secret)
    on_fail: str = "manual"
    deadline: timedelta = DEADLINE
    mode: Mode = Mode.ON
    sealed_token: str | None = field(default=None, repr=False)
    order: int = 0
    version: int = 1
    author: str = ""
    changed_at: datetime | None = None

    @property
    def cause(self) -> str:
        return f"policy:{self.id}"
