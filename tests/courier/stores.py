"""A real SQLite store in a file of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from core.codec import codec
from core.ledger import chain
from core.model.request import Request
from core.ports import Clock, Derived, Store
from core.requirements.approvals import Approvals
from core.scheduling.deadlines import next_due
from core.standing import waiting_principals
from core.store import open_store
from tests.sqlite import fresh

KINDS: Final = codec({Approvals.word: Approvals})


@asynccontextmanager
async def open_sqlite(path: Path, clock: Clock) -> AsyncIterator[Store]:
    async with open_store(fresh(path), clock=clock, codec=KINDS, chain=chain, derive=derive) as store:
        yield store


def derive(request: Request) -> Derived:
    return Derived(waiting_principals(request), next_due(request))
