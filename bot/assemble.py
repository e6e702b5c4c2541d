"""Builds everything and joins it; the only file that knows all sides.

`rooms` opens what every entrance needs (store, desk, administration); `assemble` adds what serves: API, courier, alarm.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI
from ulid import ULID

from bot.api.app import create_app
from bot.api.house import House, Probe
from bot.api.waiting import Waiting
from bot.clock import TurnableClock
from bot.settings import Keys, Settings, key_bytes, keys_for
from core import requirements
from core.administration import Administration
from core.codec import Codec
from core.collection import members
from core.courier import Courier, Outlet
from core.desk import Desk
from core.ledger import chain
from core.model.request import Request
from core.ports import Clock, Derived, Store
from core.scheduling.alarm import Alarm
from core.scheduling.deadlines import next_due
from core.secrets import Pepper
from core.standing import waiting_principals
from core.store import open_store
from core.store.migrate import check_current, upgrade

LATEST_SWEEP: Final = 60
"""Seconds after which a server whose sweep has not ended is not ready."""

CLOCK_SKEW: Final = 2
"""Seconds a server's clock may be off the database's."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every entrance needs: the server, the command line on the host, the sandbox's seed."""

    settings: Settings
    keys: Keys
    clock: Clock
    store: Store
    desk: Desk
    administration: Administration
    pepper: Pepper


MakeOutlet = Callable[[Rooms], Outlet]


@dataclass(frozen=True, slots=True)
class Assembly:
    """A whole server, its loops running."""

    rooms: Rooms
    house: House
    app: FastAPI
    courier: Courier
    alarm: Alarm


def fresh() -> str:
    """An unused ULID."""
    return str(ULID())


def derive(request: Request) -> Derived:
    return Derived(waiting_principals(request), next_due(request))


def prepare(url: str) -> None:
    """SQLite's schema is brought up by itself; PostgreSQL's, which several servers share, must be brought up before."""
    if url.startswith("sqlite"):
        upgrade(url)
    else:
        check_current(url)


@asynccontextmanager
async def rooms(
    settings: Settings, *, clock: Clock | None = None, outlets: tuple[str, ...] = ()
) -> AsyncIterator[Rooms]:
    """The rooms on the database the settings name; `outlets` are the words of those that will show requests."""
    keys = keys_for(settings)
    url = settings.database_url.get_secret_value()
    await asyncio.to_thread(prepare, url)
    now = clock or TurnableClock()
    async with open_store(url, clock=now, codec=Codec(members(requirements)), chain=chain, derive=derive) as store:
        desk = Desk(store, fresh=fresh, outlets=outlets)
        pepper = Pepper(key_bytes(keys.pepper))
        administration = Administration(store, desk, fresh=fresh, pepper=pepper)
        yield Rooms(settings, keys, now, store, desk, administration, pepper)


@asynccontextmanager
async def assemble(
    settings: Settings, *, clock: Clock | None = None, outlets: Mapping[str, MakeOutlet] | None = None
) -> AsyncIterator[Assembly]:
    """A server: the first organisation is there, commits wake whoever waits, the clock is rung."""
    makers = outlets or {}
    async with rooms(settings, clock=clock, outlets=tuple(makers)) as inside:
        await inside.administration.organisations.bootstrap("Our organisation", settings.admins)
        assembly = _join(inside, makers)
        async with asyncio.TaskGroup() as loops:
            running = [loops.create_task(assembly.alarm.run()), loops.create_task(assembly.courier.run())]
            try:
                yield assembly
            finally:
                assembly.house.waiting.stop()
                for loop in running:
                    loop.cancel()


def _join(inside: Rooms, makers: Mapping[str, MakeOutlet]) -> Assembly:
    store, desk = inside.store, inside.desk
    waiting = Waiting(store)
    courier = Courier(store, [make(inside) for make in makers.values()], owner=fresh())
    alarm = Alarm(now=inside.clock.now, next_due=lambda: store.read(lambda reader: reader.next_due()), sweep=desk.sweep)
    house = House(store, desk, inside.administration, inside.pepper, waiting, inside.settings.url)
    house.probes += [_database(inside), _sweep(alarm)]
    for listener in (waiting.changed, courier.nudge, alarm.rearm):
        store.subscribe(listener)
    return Assembly(inside, house, create_app(house), courier, alarm)


def _database(inside: Rooms) -> Probe:
    async def probe() -> str | None:
        theirs = await inside.store.read(lambda reader: reader.now())
        off = abs((theirs - inside.clock.now()).total_seconds())
        return None if off <= CLOCK_SKEW else f"The clock is {off:.0f} s off the database's; set it right."

    return probe


def _sweep(alarm: Alarm) -> Probe:
    async def probe() -> str | None:
        late = alarm.seconds_since_sweep
        return None if late <= LATEST_SWEEP else f"The last sweep ended {late:.0f} s ago; deadlines may be late."

    return probe
