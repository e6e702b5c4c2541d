"""What needs care, for admins: the readings of core beside the server's own probes, kept for half a minute."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

from bot.slack.installed.scopes import USES
from bot.slack.people.actor import KIND
from core.cares.base import Care, CareKind, Here, needing
from core.model.people import Actor
from core.ports import Store

KEPT: Final = 30.0
"""Seconds: many admins, and many changes in a row, cost one look."""

Troubles = Callable[[], Awaitable[Sequence[str]]]


class Caring:
    """`kinds` are the members of `core.cares`; `troubles` are the sentences of the server's probes that fail."""

    def __init__(
        self,
        store: Store,
        kinds: Mapping[str, CareKind],
        troubles: Troubles | None = None,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._troubles = troubles
        self._seconds = seconds
        self._kept: dict[str, tuple[float, Sequence[Care]]] = {}

    async def of(self, actor: Actor, *, fresh: bool = False) -> Sequence[Care]:
        """Everything there is; for admins alone. `fresh` does not take what was kept."""
        known = self._kept.get(actor.organisation)
        if known is not None and not fresh and self._seconds() - known[0] < KEPT:
            return known[1]
        troubles = tuple(await self._troubles()) if self._troubles is not None else ()
        here = Here(KIND, USES, troubles)
        found = await self._store.read(partial(needing, self._kinds, actor=actor, here=here))
        self._kept[actor.organisation] = (self._seconds(), found)
        return found
