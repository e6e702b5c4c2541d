"""Checks an organisation's ledger from what is stored, and says what it found and what it cannot know.

Every row's hash, every request's chain, every erased or present payload, every seal with its signature, and a head that
somebody has kept elsewhere. What no seal covers yet is named, not vouched for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.ledger.chain import canonical, digest, hash_of
from core.ledger.sealer import root_of, seal_hash
from core.ports import Head, LedgerRow, Reader, Seal

PAGE: Final = 500
MOST_PROBLEMS: Final = 100


@dataclass(frozen=True, slots=True)
class SealedHead:
    """The end of an organisation's chain of seals, as a receipt or an admin's copy states it."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked. Intact while `problems` is empty; `unknown` says what nobody can tell from here."""

    rows: int
    seals: int
    erased: int
    head: SealedHead | None
    problems: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def intact(self) -> bool:
        return not self.problems


def verify(
    reader: Reader,
    organisation: str,
    *,
    keys: Mapping[str, Ed25519PublicKey],
    against: SealedHead | None = None,
) -> Report:
    """Check everything of one organisation; memory grows with its requests, not with their rows.

    `keys` are the public keys that seals may be signed with, by key id.
    """
    return _Check(reader, organisation, keys).run(against)


@dataclass(slots=True)
class _Check:
    reader: Reader
    organisation: str
    keys: Mapping[str, Ed25519PublicKey]
    heads: dict[str, Head] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    rows: int = 0
    erased: int = 0
    unknown_keys: set[str] = field(default_factory=set)

    def run(self, against: SealedHead | None) -> Report:
        feed = self._feed()
        last, seals, found = None, 0, None
        for seal in self._seals():
            self._check_seal(seal, last)
            self._check_rows(seal, feed)
            found = seal.hash if against is not None and seal.number == against.number else found
            last, seals = seal, seals + 1
        for row in feed:
            self._problem(f"Row {row.position} has a position that no seal covers.")
        self._check_against(against, found)
        self._check_ends()
        head = None if last is None else SealedHead(last.number, last.hash)
        return Report(self.rows, seals, self.erased, head, tuple(self.problems), tuple(self._unknown(against)))

    def _feed(self) -> Iterator[LedgerRow]:
        after = 0
        while page := self.reader.feed(self.organisation, after=after, limit=PAGE):
            yield from page
            after = page[-1].position or 0

    def _seals(self) -> Iterator[Seal]:
        after = 0
        while page := self.reader.seals(self.organisation, after=after, limit=PAGE):
            yield from page
            after = page[-1].number

    def _check_seal(self, seal: Seal, last: Seal | None) -> None:
        expected = (1, 1, "") if last is None else (last.number + 1, last.last + 1, last.hash)
        if (seal.number, seal.first, seal.previous) != expected:
            self._problem(f"Seal {seal.number} does not follow the one before it.")
        if seal.hash != seal_hash(seal):
            self._problem(f"Seal {seal.number} says something else than when it was made.")
        key = self.keys.get(seal.key_id)
        if key is None:
            self.unknown_keys.add(seal.key_id)
        elif not _signed(seal, key):
            self._problem(f"Seal {seal.number} does not carry the signature of key {seal.key_id}.")

    def _check_rows(self, seal: Seal, feed: Iterator[LedgerRow]) -> None:
        hashes = []
        for position in range(seal.first, seal.last + 1):
            row = next(feed, None)
            if row is None or row.position != position:
                self._problem(f"Row {position} is missing.")
                return
            self._check_row(row)
            hashes.append(row.hash)
        if root_of(hashes) != seal.root:
            self._problem(f"Seal {seal.number} covers other rows than those that are here.")

    def _check_row(self, row: LedgerRow) -> None:
        self.rows += 1
        head = self.heads.get(row.request, Head())
        if (row.seq, row.previous) != (head.seq + 1, head.hash):
            self._problem(f"Row {row.position} does not follow row {head.seq} of {row.request}.")
        if row.hash != hash_of(row):
            self._problem(f"Row {row.position} ({row.word} of {row.request}) says something else than when written.")
        if row.payload is None:
            self.erased += 1
        elif digest(canonical(row.payload)) != row.payload_digest:
            self._problem(f"The content of row {row.position} ({row.word} of {row.request}) has been changed.")
        self.heads[row.request] = Head(row.seq, row.hash)

    def _check_ends(self) -> None:
        """Rows after the last seal, and that no chain ends before its request says it does."""
        for request, head in self.heads.items():
            stands = self.reader.ledger_head(request)
            rest = self.reader.ledger(request, after=head.seq, limit=PAGE) if stands != head else ()
            end = rest[-1] if rest else None
            reached = head if end is None else Head(end.seq, end.hash)
            if reached != stands and len(rest) < PAGE:
                self._problem(f"The chain of {request} ends at {reached.seq}, but {stands.seq} rows were written.")

    def _check_against(self, against: SealedHead | None, found: str | None) -> None:
        if against is None:
            return
        if found is None:
            self._problem(f"Seal {against.number}, which you hold, is not here: the end of the ledger was cut off.")
        elif found != against.hash:
            self._problem(f"Seal {against.number} here is not the one you hold: the ledger was written anew.")

    def _unknown(self, against: SealedHead | None) -> Iterator[str]:
        waiting = self.reader.unsealed_count(self.organisation, PAGE)
        if waiting:
            yield f"Rows not sealed yet, so that they could be changed unseen: {waiting}{'' if waiting < PAGE else ' or more'}."
        if against is None:
            yield "Without a head kept elsewhere, nobody can tell whether the whole ledger was written anew with the key."
        if self.erased:
            yield f"What {self.erased} erased rows said; their digests still hold."
        for key in sorted(self.unknown_keys):
            yield f"Whether seals of key {key} are genuine: its public key was not given."

    def _problem(self, sentence: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(sentence)


def _signed(seal: Seal, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(bytes.fromhex(seal.signature), bytes.fromhex(seal.hash))
    except (InvalidSignature, ValueError):
        return False
    return True
