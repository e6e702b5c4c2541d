"""What stands behind the API: the rooms its routes work with, handed over once by `assemble`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.api.metrics import Metrics
from bot.api.waiting import Waiting
from core.administration import Administration
from core.desk import Desk
from core.ports import Store
from core.secrets import Pepper

Probe = Callable[[], Awaitable[str | None]]
"""Asked by `/readyz`: None when well, else the sentence that says what is wrong."""


@dataclass(slots=True)
class House:
    store: Store
    desk: Desk
    administration: Administration
    pepper: Pepper
    waiting: Waiting
    url: str
    metrics: Metrics = field(default_factory=Metrics)
    probes: list[Probe] = field(default_factory=list)
