"""What stands behind the API: the rooms its routes work with, handed over once by `assemble`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.api.auth import Caller, recognise
from bot.api.limits import Limits
from bot.api.metrics import Metrics
from bot.api.waiting import Waiting
from bot.event_feed import EventFeed
from bot.oidc.sign_on import SignOn
from bot.oidc.token import looks_like_one
from bot.receipts import Receipts
from core.administration import Administration
from core.desk import Desk
from core.ports import Store
from core.secrets import Pepper

Probe = Callable[[], Awaitable[str | None]]
"""Asked by `/readyz`: None when well, else the sentence that says what is wrong."""


@dataclass(slots=True)
class House:
    """`streams` counts the event streams each credential holds open."""

    store: Store
    desk: Desk
    administration: Administration
    pepper: Pepper
    waiting: Waiting
    url: str
    feed: EventFeed
    streams: Counter[str] = field(default_factory=Counter)
    metrics: Metrics = field(default_factory=Metrics)
    probes: list[Probe] = field(default_factory=list)
    sign_on: SignOn | None = None
    receipts: Receipts | None = None
    limits: Limits | None = None

    async def recognise(self, credential: str) -> Caller:
        """Whoever a credential of any kind stands for as things are now, or its refusal."""
        if self.sign_on is not None and looks_like_one(credential):
            known = await self.sign_on.recognise(credential)
            return Caller(known.actor, known.credential)
        return await self.store.glance(lambda reader: recognise(reader, credential, self.pepper))

    async def troubles(self) -> list[str]:
        """What the probes report."""
        return [reason for probe in self.probes if (reason := await probe()) is not None]
