"""Reads the story of a request, and who it names, for the command and for Details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from core.model.request import Request
from core.phrases import phrase
from core.ports import LedgerRow, Reader

ROWS: Final = 1_000


def story_of(reader: Reader, request: Request) -> tuple[Sequence[LedgerRow], Mapping[str, str]]:
    """Its rows in the ledger, and actors' names by their key."""
    rows = reader.ledger(request.id, after=0, limit=ROWS)
    keys = {row.actor for row in rows}
    members = {key.removeprefix("member:") for key in keys if key.startswith("member:")}
    people = reader.people(members, request.project)
    names = {f"member:{id}": person.name for id, person in people.items()}
    strangers = {key: _stranger(key) for key in keys if key.startswith("stranger:")}
    clock = {"system:clock": phrase("The clock")}
    return rows, {**names, **strangers, request.requester.key: request.requester.name, **clock}


def _stranger(key: str) -> str:
    return phrase("Somebody unknown here ({user} in Slack)", user=key.rpartition("/")[2])
