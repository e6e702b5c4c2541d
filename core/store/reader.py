"""Reads outside commands: `core.ports.Reader` on a session that cannot write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select

from core.codec import Codec
from core.model.request import Request
from core.ports import Delivery, Filter, Page
from core.store import listing, rows
from core.store.absence import AbsenceReads
from core.store.aftermath import AftermathReads
from core.store.batching import cards_of_batch, states_of_batch
from core.store.choices import LARGEST, among, chosen, width
from core.store.driver import Session
from core.store.duties import DutyReads
from core.store.emergencies import EmergencyReads
from core.store.endpoints import EndpointReads
from core.store.installing import InstallReads
from core.store.ledger_rows import LedgerReads
from core.store.mirroring import MirrorReads
from core.store.outbox import DELIVERIES, OutboxReads
from core.store.people import PeopleReads
from core.store.piles import PileReads
from core.store.replaying import PastReads
from core.store.ruling import RuleReads
from core.store.signing import SigningReads
from core.store.tables import requests
from core.store.workloads import WorkloadReads

_REQUEST: Final = select(requests.c.state).where(requests.c.id == bindparam("id"))
_BY_NUMBER: Final = select(requests.c.state).where(
    requests.c.organisation == bindparam("organisation"), requests.c.number == bindparam("number")
)
DUE: Final = (
    select(requests.c.id)
    .where(requests.c.next_due <= bindparam("now"))
    .order_by(requests.c.next_due)
    .limit(bindparam("limit"))
)
NEXT_DUE: Final = select(func.min(requests.c.next_due)).where(requests.c.next_due.is_not(None))


@lru_cache(maxsize=16)
def _versions(places: int) -> Select[Any]:
    return select(requests.c.id, requests.c.version).where(among(requests.c.id, "id", places))


class StoreReader(
    PeopleReads,
    LedgerReads,
    RuleReads,
    DutyReads,
    PastReads,
    AftermathReads,
    EndpointReads,
    InstallReads,
    MirrorReads,
    AbsenceReads,
    EmergencyReads,
    WorkloadReads,
    SigningReads,
    OutboxReads,
    PileReads,
):
    """Implements `core.ports.Reader`."""

    def __init__(self, db: Session, codec: Codec) -> None:
        self._db = db
        self._codec = codec

    @property
    def session(self) -> Session:
        """For what only the store itself asks."""
        return self._db

    def now(self) -> datetime:
        return self._db.now(fresh=True)

    def at_one_moment(self) -> AbstractContextManager[None]:
        return self._db.at_one_moment()

    def request(self, id: str) -> Request | None:
        row = self._db.row(_REQUEST, {"id": id})
        return None if row is None else self._codec.request(row[0])

    def request_by_number(self, organisation: str, number: int) -> Request | None:
        row = self._db.row(_BY_NUMBER, {"organisation": organisation, "number": number})
        return None if row is None else self._codec.request(row[0])

    def requests(self, organisation: str, filter: Filter, *, cursor: str | None, limit: int) -> Page:
        return listing.page(self._db, self._codec, organisation, filter, cursor, limit)

    def count(self, organisation: str, filter: Filter, limit: int) -> int:
        return listing.count(self._db, organisation, filter, limit)

    def versions(self, ids: Iterable[str]) -> Mapping[str, int]:
        wanted = sorted(set(ids))
        found: dict[str, int] = {}
        for start in range(0, len(wanted), LARGEST):
            part = wanted[start : start + LARGEST]
            places = width(len(part))
            found |= {row[0]: row[1] for row in self._db.rows(_versions(places), chosen("id", part, places))}
        return found

    def due(self, now: datetime, limit: int) -> Sequence[str]:
        return [row[0] for row in self._db.rows(DUE, {"now": now, "limit": limit})]

    def next_due(self) -> datetime | None:
        row = self._db.row(NEXT_DUE)
        return None if row is None else row[0]

    def deliveries(self, request: str) -> Sequence[Delivery]:
        return [rows.delivery(row) for row in self._db.rows(DELIVERIES, {"request": request})]

    def cards_of_batch(self, card: Delivery) -> Sequence[Delivery]:
        return cards_of_batch(self._db, card)

    def batch(self, organisation: str, id: str) -> Sequence[Request]:
        return [self._codec.request(state) for state in states_of_batch(self._db, organisation, id)]
