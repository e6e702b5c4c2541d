"""The sealed ledger as JSONL or CSV, a page at a time, in feed order; memory does not grow with it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Any, Final

from core.ledger.chain import canonical, moment
from core.ports import LedgerRow, Reader, Store

PAGE: Final = 500

COLUMNS: Final = (
    "position",
    "at",
    "request",
    "seq",
    "word",
    "actor",
    "way",
    "revision",
    "payload",
    "payload_digest",
    "previous",
    "hash",
)


async def export_jsonl(store: Store, organisation: str, *, after: int = 0) -> AsyncIterator[str]:
    """One JSON object per row and line; an erased payload is null."""
    async for row in _rows(store, organisation, after):
        yield json.dumps(_plain(row), ensure_ascii=False) + "\n"


async def export_csv(store: Store, organisation: str, *, after: int = 0) -> AsyncIterator[str]:
    """A line of names, then one line per row; the payload is canonical JSON, empty where erased."""
    yield _line(COLUMNS)
    async for row in _rows(store, organisation, after):
        plain = _plain(row)
        payload = "" if row.payload is None else canonical(row.payload)
        yield _line(_harmless(str(value)) for value in (plain | {"payload": payload}).values())


async def _rows(store: Store, organisation: str, after: int) -> AsyncIterator[LedgerRow]:
    while page := await store.read(partial(_page, organisation, after)):
        for row in page:
            yield row
        after = page[-1].position or 0


def _page(organisation: str, after: int, reader: Reader) -> list[LedgerRow]:
    return list(reader.feed(organisation, after=after, limit=PAGE))


def _plain(row: LedgerRow) -> dict[str, Any]:
    return {
        "position": row.position,
        "at": moment(row.at),
        "request": row.request,
        "seq": row.seq,
        "word": row.word,
        "actor": row.actor,
        "way": row.way,
        "revision": row.revision,
        "payload": row.payload,
        "payload_digest": row.payload_digest,
        "previous": row.previous,
        "hash": row.hash,
    }


def _harmless(text: str) -> str:
    """A spreadsheet would run what begins like a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _line(values: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(values)
    return written.getvalue()


Export = Callable[..., AsyncIterator[str]]
FORMS: Final[dict[str, Export]] = {"jsonl": export_jsonl, "csv": export_csv}
