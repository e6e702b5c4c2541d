"""Checks an organisation's ledger from what is stored, and says what it found and what it cannot know.

Every row's hash, every request's chain, every erased or present payload, every seal with its signature, and a head that
somebody has kept elsewhere. What no seal covers yet is named, not vouched for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.ledger.chain import canonical, digest, hash_of
from core.ledger.sealer import root_of, seal_hash
from core.phrases import phrase
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
    with reader.at_one_moment():
        return _Check(reader, organisation, keys).run(against)


def verify_request(reader: Reader, organisation: str, request: str, *, keys: Mapping[str, Ed25519PublicKey]) -> Report:
    """Check one request's chain to its end, and every seal that covers a row of it with all the rows it covers.

    Work follows the request and the size of a seal, never the size of the ledger. Whether the seals follow one another from
    the first on is `verify`'s to say; `head` is where they stand now.
    """
    with reader.at_one_moment():
        return _Check(reader, organisation, keys).run_request(request)


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
            self._problem(phrase("Row {position} has a position that no seal covers.", position=row.position))
        self._check_against(against, found)
        self._check_ends()
        head = None if last is None else SealedHead(last.number, last.hash)
        return Report(
            self.rows, seals, self.erased, head, tuple(self.problems), tuple(self._unknown(self._waiting(), against))
        )

    def run_request(self, request: str) -> Report:
        rows = list(self._chain(request))
        for row in rows:
            self._check_row(row)
        sealed = {row.position: row.hash for row in rows if row.position is not None}
        seals, last = 0, self.reader.last_seal(self.organisation)
        while sealed:
            seal = self._seal_over(min(sealed), 0 if last is None else last.number)
            if seal is None:
                self._problem(phrase("No seal covers row {position}.", position=min(sealed)))
                break
            self._check_genuine(seal)
            self._check_root(seal)
            seals, sealed = seals + 1, {at: hash for at, hash in sealed.items() if at > seal.last}
        self._check_ends()
        waiting = sum(row.position is None for row in rows)
        head = None if last is None else SealedHead(last.number, last.hash)
        return Report(self.rows, seals, self.erased, head, tuple(self.problems), tuple(self._unknown(waiting, head)))

    def _chain(self, request: str) -> Iterator[LedgerRow]:
        after = 0
        while page := self.reader.ledger(request, after=after, limit=PAGE):
            yield from page
            after = page[-1].seq

    def _seal_over(self, position: int, most: int) -> Seal | None:
        """The seal that covers a position, looked up by halves: seals are numbered in the order of what they cover."""
        low, high = 1, most
        while low <= high:
            middle = (low + high) // 2
            seal = next(iter(self.reader.seals(self.organisation, after=middle - 1, limit=1)), None)
            if seal is None or position < seal.first:
                high = middle - 1
            elif position > seal.last:
                low = middle + 1
            else:
                return seal
        return None

    def _check_root(self, seal: Seal) -> None:
        """Its rows are those it was made over. The rows of other requests count by their hashes alone."""
        count = seal.last - seal.first + 1
        rows = self.reader.feed(self.organisation, after=seal.first - 1, limit=count)
        if [row.position for row in rows] != list(range(seal.first, seal.last + 1)):
            self._problem(phrase("Seal {number} covers rows that are missing.", number=seal.number))
        else:
            self._check_cover(seal, (row.hash for row in rows))

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
            self._problem(phrase("Seal {number} does not follow the one before it.", number=seal.number))
        self._check_genuine(seal)

    def _check_genuine(self, seal: Seal) -> None:
        if seal.hash != seal_hash(seal):
            self._problem(phrase("Seal {number} says something else than when it was made.", number=seal.number))
        key = self.keys.get(seal.key_id)
        if key is None:
            self.unknown_keys.add(seal.key_id)
        elif not _signed(seal, key):
            self._problem(
                phrase("Seal {number} does not carry the signature of key {key}.", number=seal.number, key=seal.key_id)
            )

    def _check_rows(self, seal: Seal, feed: Iterator[LedgerRow]) -> None:
        hashes = []
        for position in range(seal.first, seal.last + 1):
            row = next(feed, None)
            if row is None or row.position != position:
                self._problem(phrase("Row {position} is missing.", position=position))
                return
            self._check_row(row)
            hashes.append(row.hash)
        self._check_cover(seal, hashes)

    def _check_cover(self, seal: Seal, hashes: Iterable[str]) -> None:
        if root_of(hashes) != seal.root:
            self._problem(phrase("Seal {number} covers other rows than those that are here.", number=seal.number))

    def _check_row(self, row: LedgerRow) -> None:
        self.rows += 1
        head = self.heads.get(row.request, Head())
        if (row.seq, row.previous) != (head.seq + 1, head.hash):
            self._problem(
                phrase(
                    "Row {position} does not follow row {before} of {request}.",
                    position=row.position,
                    before=head.seq,
                    request=row.request,
                )
            )
        if row.hash != hash_of(row):
            self._problem(
                phrase(
                    "Row {position} ({word} of {request}) says something else than when written.",
                    position=row.position,
                    word=row.word,
                    request=row.request,
                )
            )
        if row.payload is None:
            self.erased += 1
        elif digest(canonical(row.payload)) != row.payload_digest:
            self._problem(
                phrase(
                    "The content of row {position} ({word} of {request}) has been changed.",
                    position=row.position,
                    word=row.word,
                    request=row.request,
                )
            )
        self.heads[row.request] = Head(row.seq, row.hash)

    def _check_ends(self) -> None:
        """Rows after the last seal, and that no chain ends before its request says it does."""
        for request, head in self.heads.items():
            stands = self.reader.ledger_head(request)
            rest = self.reader.ledger(request, after=head.seq, limit=PAGE) if stands != head else ()
            end = rest[-1] if rest else None
            reached = head if end is None else Head(end.seq, end.hash)
            if reached != stands and len(rest) < PAGE:
                self._problem(
                    phrase(
                        "The chain of {request} ends at {end}, but {written} rows were written.",
                        request=request,
                        end=reached.seq,
                        written=stands.seq,
                    )
                )

    def _check_against(self, against: SealedHead | None, found: str | None) -> None:
        if against is None:
            return
        if found is None:
            self._problem(
                phrase(
                    "Seal {number}, which you hold, is not here: the end of the ledger was cut off.",
                    number=against.number,
                )
            )
        elif found != against.hash:
            self._problem(
                phrase(
                    "Seal {number} here is not the one you hold: the ledger was written anew.", number=against.number
                )
            )

    def _waiting(self) -> int:
        return self.reader.unsealed_count(self.organisation, PAGE)

    def _unknown(self, waiting: int, against: SealedHead | None) -> Iterator[str]:
        if waiting:
            yield (
                phrase("Rows not sealed yet, so that they could be changed unseen: {count}.", count=waiting)
                if waiting < PAGE
                else phrase(
                    "Rows not sealed yet, so that they could be changed unseen: {count} or more.", count=waiting
                )
            )
        if against is None:
            yield phrase(
                "Without a head kept elsewhere, nobody can tell whether the whole ledger was written anew with the key."
            )
        if self.erased:
            yield phrase("What {count} erased rows said; their digests still hold.", count=self.erased)
        for key in sorted(self.unknown_keys):
            yield phrase("Whether seals of key {key} are genuine: its public key was not given.", key=key)

    def _problem(self, sentence: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(sentence)


def _signed(seal: Seal, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(bytes.fromhex(seal.signature), bytes.fromhex(seal.hash))
    except (InvalidSignature, ValueError):
        return False
    return True
