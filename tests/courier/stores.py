"""A real SQLite store in a file of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import create_engine

from core.codec import codec
from core.ledger import chain
from core.model.request import Request
from core.ports import Clock, Derived, Store
from core.requirements.approvals import Approvals
from core.scheduling.deadlines import next_due
from core.standing import waiting_principals
from core.store import open_store
from core.store.tables import metadata


@asynccontextmanager
async def open_sqlite(path: Path, clock: Clock) -> AsyncIterator[Store]:
    url = f"sqlite:///{path}"
    engine = create_engine(url)
    metadata.create_all(engine)
    engine.dispose()
    kinds = codec({Approvals.word: Approvals})
    async with open_store(url, clock=clock, codec=kinds, chain=chain, derive=derive) as store:
        yield store


def derive(request: Request) -> Derived:
    return Derived(waiting_principals(request), next_due(request))
