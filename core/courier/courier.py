"""The courier: one route per outlet, side by side, so that a failing outlet never holds up another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from core.courier import outcome
from core.courier.outcome import Patience
from core.courier.outlet import Outlet
from core.courier.road import Road, Seconds
from core.courier.route import Route
from core.ports import Delivery, Store


class Courier:
    """Makes every outlet show each request as it now is. `owner` names this process among its replicas, uniquely."""

    def __init__(
        self,
        store: Store,
        outlets: Sequence[Outlet],
        *,
        owner: str,
        patience: Patience = Patience(),  # noqa: B008 (frozen)
        seconds: Seconds = time.monotonic,
    ) -> None:
        self._store = store
        self._routes = {outlet.word: Route(Road(store, outlet, patience, seconds), owner) for outlet in outlets}

    def nudge(self, *_changed: object) -> None:
        """Something was committed, or the clock was turned: look now. Takes what `store.subscribe` gives."""
        for route in self._routes.values():
            route.nudge()

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as routes:
            for word, route in self._routes.items():
                routes.create_task(route.run(), name=f"courier:{word}")

    async def drain(self) -> None:
        """Until nothing is due that can be done now; what waits for its turn or for an answer stays."""
        for route in self._routes.values():
            await route.drain()

    async def adopt(self, delivery: Delivery, address: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Somebody clicked a card of this delivery at `address`: from now on that one is the card, drawn anew.

        Returns the address of the other copy, which the caller deletes; None when there is none, or the clicked one is
        the card already.
        """
        await self._routes[delivery.outlet].settled(delivery.id)
        known = await self._store.read(lambda reader: reader.deliveries(delivery.request))
        present = next((each for each in known if each.id == delivery.id), None)
        if present is None or address.items() <= present.address.items():
            return None
        await self._store.transact(lambda tx: tx.record_delivery(outcome.found(present, address)))
        self.nudge()
        return outcome.without_own(present.address) or None
