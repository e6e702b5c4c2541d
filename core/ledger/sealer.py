"""Numbers committed ledger rows without gaps and signs them, link by link, into the organisation's chain of seals.

Seal order is the order of the event feed. One replica at a time seals an organisation, by a lease: a second one would only
collide with it. Rows of one request keep their order, since each is committed before the next is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.ledger.chain import canonical, digest, moment
from core.ports import Seal, Transaction

MOST: Final = 1000
"""Rows under one seal at most."""

ROUNDS: Final = 5
"""Seals made at once at most: a long neglected ledger is caught up with bit by bit, while commands go on."""

LEASE_SECONDS: Final = 10.0


class Sealer:
    """Seals with one key. Call it with a transaction and the organisations to look at.

    `owner` names this replica for the lease; None where every writer has the database to itself, and none is needed.
    """

    def __init__(self, key: Ed25519PrivateKey, owner: str | None) -> None:
        self._key = key
        self._key_id = key_id(key.public_key())
        self._owner = owner

    def __call__(self, tx: Transaction, organisations: Iterable[str]) -> None:
        for organisation in sorted(organisations):
            if self._is_my_turn(tx, organisation):
                self._catch_up(tx, organisation)

    def _is_my_turn(self, tx: Transaction, organisation: str) -> bool:
        return self._owner is None or tx.hold_lease(f"seal:{organisation}", self._owner, LEASE_SECONDS)

    def _catch_up(self, tx: Transaction, organisation: str) -> None:
        last = tx.last_seal(organisation)
        for _ in range(ROUNDS):
            rows = tx.unsealed(organisation, MOST)
            if rows:
                last = self._seal(tx, organisation, rows, last)
            if len(rows) < MOST:
                return

    def _seal(self, tx: Transaction, organisation: str, rows: Sequence[tuple[int, str]], last: Seal | None) -> Seal:
        first = 1 if last is None else last.last + 1
        draft = Seal(
            organisation=organisation,
            number=1 if last is None else last.number + 1,
            first=first,
            last=first + len(rows) - 1,
            root=root_of(hashed for _, hashed in rows),
            previous="" if last is None else last.hash,
            hash="",
            signature="",
            key_id=self._key_id,
            at=tx.now(),
        )
        seal = self._signed(draft)
        tx.seal(seal, {id: position for position, (id, _) in enumerate(rows, start=first)})
        return seal

    def _signed(self, draft: Seal) -> Seal:
        hashed = seal_hash(draft)
        return replace(draft, hash=hashed, signature=self._key.sign(bytes.fromhex(hashed)).hex())


def root_of(hashes: Iterable[str]) -> str:
    """SHA-256 over the rows' hashes in order."""
    whole = hashlib.sha256()
    for hashed in hashes:
        whole.update(bytes.fromhex(hashed))
    return whole.hexdigest()


def seal_hash(seal: Seal) -> str:
    """What the seal's `hash` must be, and what is signed."""
    facts = {
        "organisation": seal.organisation,
        "number": seal.number,
        "first": seal.first,
        "last": seal.last,
        "root": seal.root,
        "previous": seal.previous,
        "at": moment(seal.at),
    }
    return digest(canonical(facts))


def key_from(secret: bytes) -> Ed25519PrivateKey:
    """The signing key that follows from a configured secret of any length."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"countersign ledger" + secret).digest())


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a public key: the beginning of its SHA-256."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]
