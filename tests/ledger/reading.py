"""Waiting for seals, checking them, and meddling with what is stored as only somebody at the database could."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.ledger.sealer import key_id
from core.ledger.verify import Report, SealedHead, verify, verify_request
from core.ports import LedgerRow
from core.store.engine import Engine
from core.store.sqlite import connect
from tests.store.builders import ORG


async def sealed(store: Engine, organisation: str = ORG) -> Sequence[LedgerRow]:
    """The feed, once nothing is left to seal: PostgreSQL seals a moment after the commit."""
    async with asyncio.timeout(20):
        while await store.read(lambda reader: reader.unsealed_count(organisation, 1)):  # noqa: ASYNC110 (a database tells nobody)
            await asyncio.sleep(0.02)
    return await store.read(lambda reader: reader.feed(organisation, after=0, limit=1000))


async def report(store: Engine, key: Ed25519PrivateKey, against: SealedHead | None = None) -> Report:
    keys = {key_id(key.public_key()): key.public_key()}
    return await store.read(partial(verify, organisation=ORG, keys=keys, against=against))


async def report_of(store: Engine, request: str, key: Ed25519PrivateKey) -> Report:
    """Of one request alone."""
    keys = {key_id(key.public_key()): key.public_key()}
    return await store.read(partial(verify_request, organisation=ORG, request=request, keys=keys))


def meddle(database: str, statement: str, *values: Any) -> None:
    """Change what is stored behind everybody's back; `?` stands for a value."""
    if database.startswith("sqlite"):
        with closing(connect(Path(database.removeprefix("sqlite:///")))) as connection:
            connection.execute(statement, values)
        return
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statement.replace("?", "%s").encode(), values)
