"""How ledger rows are hashed and chained. Pure; implements `core.ports.Chain`.

A row's hash is SHA-256 over the canonical JSON of its previous hash and all it says, with the digest of its payload in the
payload's place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from core.model.altered import altered
from core.model.canonical import canonical as canonical_bytes
from core.model.canonical import canonical_words
from core.ports import Head, LedgerRow


def canonical(payload: Mapping[str, Any]) -> str:
    """The payload as RFC 8785 canonical JSON."""
    return canonical_bytes(dict(payload)).decode()


def digest(text: str) -> str:
    """SHA-256 (hex) of the canonical payload."""
    return hashlib.sha256(text.encode()).hexdigest()


def link(row: LedgerRow, head: Head) -> LedgerRow:
    """The row as the next one after `head`."""
    seq = head.seq + 1
    return altered(row, seq=seq, previous=head.hash, hash=_hash(row, seq, head.hash))


def hash_of(row: LedgerRow) -> str:
    """What the row's `hash` must be."""
    return _hash(row, row.seq, row.previous)


def _hash(row: LedgerRow, seq: int, previous: str) -> str:
    facts: dict[str, str | int] = {
        "previous": previous,
        "request": row.request,
        "seq": seq,
        "at": moment(row.at),
        "word": row.word,
        "actor": row.actor,
        "way": row.way,
        "revision": row.revision,
        "payload_digest": row.payload_digest,
    }
    return hashlib.sha256(canonical_words(facts)).hexdigest()


@lru_cache(maxsize=64)
def moment(at: datetime) -> str:
    """ISO 8601 in UTC with six digits of a second and `Z`: one moment has one text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
