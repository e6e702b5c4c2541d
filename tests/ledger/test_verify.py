"""Whoever changes the ledger behind our back is found out, and what cannot be known is said."""

import asyncio
import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.ledger.export import export_csv, export_jsonl
from core.ledger.sealer import Sealer, key_id
from core.ledger.verify import Report, SealedHead, verify, verify_request
from core.ports import Reader, Seal
from core.store.engine import Engine
from tests.ledger.reading import meddle, report, report_of, sealed
from tests.store.builders import ADA, ORG, a_request, comment_on, furnish, opened, store_new

pytestmark = pytest.mark.anyio

T = TypeVar("T")


@pytest.fixture
async def ledger(store: Engine) -> Engine:
    """Two requests and an admin's act: eight sealed rows."""
    ids = [(await store.transact(store_new(a_request()))).id for _ in range(2)]
    for id in (*ids, *ids):
        await store.transact(comment_on(id, "needs a look"))
    await store.transact(lambda tx: tx.log(ORG, "member_added", ADA, {"member": "mem_x"}))
    await store.transact(lambda tx: tx.log(ORG, "member_added", ADA, {"member": "mem_y"}))
    await sealed(store)
    return store


async def test_an_untouched_ledger_is_intact(ledger: Engine, key: Ed25519PrivateKey) -> None:
    checked = await report(ledger, key)
    assert checked.intact
    assert (checked.rows, checked.erased) == (8, 0)
    assert checked.head is not None
    again = await report(ledger, key, against=checked.head)
    assert again.problems == again.unknown == ()


class Disturbed:
    """A reader behind which others write and seal, once it has read its last seal."""

    def __init__(self, reader: Reader, meanwhile: Callable[[], None]) -> None:
        self._reader = reader
        self._meanwhile = [meanwhile]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def seals(self, *where: Any, **how: Any) -> Sequence[Seal]:
        found = self._reader.seals(*where, **how)
        return found or self._after(found)

    def last_seal(self, organisation: str) -> Seal | None:
        return self._after(self._reader.last_seal(organisation))

    def _after(self, found: T) -> T:
        if self._meanwhile:
            self._meanwhile.pop()()
        return found


@pytest.mark.parametrize("alone", [False, True], ids=["all", "one request"])
async def test_a_ledger_that_is_written_to_meanwhile_is_intact(
    ledger: Engine, key: Ed25519PrivateKey, alone: bool
) -> None:
    """Its pages are read one after the other, but all of one moment."""
    loop, keys = asyncio.get_running_loop(), {key_id(key.public_key()): key.public_key()}
    request = (await ledger.transact(store_new(a_request()))).id
    await sealed(ledger)

    async def write() -> None:
        await ledger.transact(comment_on(request, "meanwhile"))
        await sealed(ledger)

    def check(reader: Reader) -> Report:
        disturbed: Any = Disturbed(reader, lambda: asyncio.run_coroutine_threadsafe(write(), loop).result(20))
        return verify_request(disturbed, ORG, request, keys=keys) if alone else verify(disturbed, ORG, keys=keys)

    assert (await ledger.read(check)).problems == ()


async def test_without_a_head_kept_elsewhere_it_says_what_it_cannot_know(
    ledger: Engine, key: Ed25519PrivateKey
) -> None:
    assert ["written anew" in sentence for sentence in (await report(ledger, key)).unknown] == [True]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ('UPDATE events SET payload = \'{"by":"mem_ada","text":"approved"}\' WHERE position = 3', "content of row 3"),
        ("UPDATE events SET actor = 'member:mem_bob' WHERE position = 3", "Row 3 (commented"),
        ("UPDATE events SET word = 'ended' WHERE position = 4", "Row 4 (ended"),
        ("DELETE FROM events WHERE position = 4", "Row 4 is missing"),
        ("DELETE FROM events WHERE position = 8", "Row 8 is missing"),
        ("UPDATE seals SET root = hash WHERE number = 1", "Seal 1 says something else"),
        ("UPDATE seals SET signature = hash WHERE number = 1", "Seal 1 does not carry the signature"),
        ("UPDATE seals SET last = last + 1 WHERE number = 1", "Seal 1 says something else"),
        ("UPDATE requests SET ledger_seq = ledger_seq + 1", "rows were written"),
    ],
)
async def test_tampering_is_found_and_named(
    ledger: Engine, database: str, key: Ed25519PrivateKey, statement: str, found: str
) -> None:
    meddle(database, statement)
    problems = (await report(ledger, key)).problems
    assert any(found in sentence for sentence in problems), problems


async def test_two_rows_that_changed_places_are_found(ledger: Engine, database: str, key: Ed25519PrivateKey) -> None:
    for position, other in ((3, 103), (4, 3), (103, 4)):
        meddle(database, "UPDATE events SET position = ? WHERE position = ?", other, position)
    assert any("covers other rows" in sentence for sentence in (await report(ledger, key)).problems)


async def test_a_ledger_cut_off_at_the_end_is_found_by_a_head_kept_elsewhere(
    ledger: Engine, database: str, key: Ed25519PrivateKey
) -> None:
    head = (await report(ledger, key)).head
    assert head is not None
    meddle(database, "DELETE FROM events WHERE position >= (SELECT first FROM seals WHERE number = ?)", head.number)
    meddle(database, "DELETE FROM seals WHERE number = ?", head.number)
    assert any("cut off" in sentence for sentence in (await report(ledger, key, against=head)).problems)


async def test_a_ledger_written_anew_is_found_by_a_head_kept_elsewhere(ledger: Engine, key: Ed25519PrivateKey) -> None:
    other = SealedHead(1, "0" * 64)
    assert any("written anew" in sentence for sentence in (await report(ledger, key, against=other)).problems)


async def test_seals_of_a_key_not_given_are_not_vouched_for(ledger: Engine) -> None:
    stranger = Ed25519PrivateKey.generate()
    checked = await report(ledger, stranger)
    assert checked.intact
    assert any("public key was not given" in sentence for sentence in checked.unknown)


async def test_rows_not_sealed_yet_are_said_to_be(database: str, key: Ed25519PrivateKey) -> None:
    async with opened(database) as store:
        await store.transact(furnish)
        request = await store.transact(store_new(a_request()))
        await store.transact(lambda tx: Sealer(key, "one")(tx, [ORG]))
        await store.transact(comment_on(request.id))
        checked = await report(store, key)
    assert checked.intact
    assert "Rows not sealed yet, so that they could be changed unseen: 1." in checked.unknown


async def test_one_request_is_checked_with_the_seals_over_it_alone(ledger: Engine, key: Ed25519PrivateKey) -> None:
    first, second = dict.fromkeys(row.request for row in await sealed(ledger) if row.request != ORG)
    for id in (first, second):
        checked = await report_of(ledger, id, key)
        assert checked.intact
        assert checked.rows == 3
        assert 1 <= checked.seals <= 3
        assert checked.unknown == ()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ('UPDATE events SET payload = \'{"text":"approved"}\' WHERE request = ? AND seq = 2', "The content of row"),
        ("UPDATE events SET actor = 'member:mem_bob' WHERE request = ? AND seq = 2", "says something else than when"),
        ("DELETE FROM events WHERE request = ? AND seq = 2", "does not follow row 1"),
        ("DELETE FROM events WHERE request = ? AND seq = 3", "rows were written"),
        ("UPDATE events SET position = 900 WHERE request = ? AND seq = 3", "No seal covers row 900"),
        ("UPDATE seals SET root = hash WHERE organisation <> ?", "says something else than when it was made"),
        ("UPDATE seals SET signature = hash WHERE organisation <> ?", "does not carry the signature"),
    ],
)
async def test_tampering_with_one_request_is_found_by_looking_at_it_alone(
    ledger: Engine, database: str, key: Ed25519PrivateKey, statement: str, found: str
) -> None:
    request = (await sealed(ledger))[0].request
    meddle(database, statement, request)
    problems = (await report_of(ledger, request, key)).problems
    assert any(found in sentence for sentence in problems), problems


async def test_an_erased_payload_still_verifies(ledger: Engine, key: Ed25519PrivateKey) -> None:
    rows = await ledger.read(lambda reader: reader.feed(ORG, after=0, limit=9))
    request = rows[0].request
    assert await ledger.transact(lambda tx: tx.blank(request, [1])) == 1
    assert await ledger.transact(lambda tx: tx.blank(request)) == 2
    checked = await report(ledger, key)
    assert checked.intact
    assert checked.erased == 3
    (first, *_) = await ledger.read(lambda reader: reader.ledger(request, after=0, limit=9))
    assert first.payload is None


async def test_the_ledger_is_exported_line_by_line(ledger: Engine) -> None:
    rows = await ledger.read(lambda reader: reader.feed(ORG, after=0, limit=9))
    lines = [json.loads(line) async for line in export_jsonl(ledger, ORG)]
    assert [(line["position"], line["hash"], line["payload"]) for line in lines] == [
        (row.position, row.hash, row.payload) for row in rows
    ]
    assert len([line async for line in export_jsonl(ledger, ORG, after=6)]) == 2


async def test_the_ledger_is_exported_as_a_table(ledger: Engine) -> None:
    text = "".join([line async for line in export_csv(ledger, ORG)])
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["position"] for row in table] == [str(n) for n in range(1, 9)]
    assert json.loads(table[2]["payload"])["text"] == "needs a look"


async def test_a_table_holds_no_formula_for_a_spreadsheet_to_run(store: Engine) -> None:
    cunning = await store.transact(store_new(a_request()))
    await store.transact(lambda tx: tx.log(ORG, "=cmd", ADA, {"request": cunning.id}))
    await sealed(store)
    text = "".join([line async for line in export_csv(store, ORG)])
    assert "'=cmd" in text
    assert ",=cmd" not in text
