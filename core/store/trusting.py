"""Trust and leases as they are kept. Whatever bounds several requests is one statement that no two can both pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, delete, func, insert, or_, select, type_coerce, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import NullType

from core.codec import Codec
from core.model.lease import Lease
from core.model.trust import OFF, Made, Record, Safety, Spent, Trusted
from core.ports import OfferUsed, StaleVersion
from core.store.driver import Params, Row, Session
from core.store.tables import granted_leases, offers_used, safety, trust_marks, trust_spent

MILLION: Final = 1_000_000

_SAFETY: Final = select(safety.c.state).where(safety.c.organisation == bindparam("organisation"))
_new_safety = upsert(safety)
_PUT_SAFETY: Final = _new_safety.on_conflict_do_update(
    index_elements=[safety.c.organisation], set_={"state": _new_safety.excluded.state}
)
_SUMS: Final = tuple(
    type_coerce(func.sum(trust_marks.c[name]), NullType()) for name in ("count", "good", "bad")
)  # as the driver gives them: SQLAlchemy would ask it for the columns' own types
_MINE: Final = trust_marks.c.organisation == bindparam("organisation")
_RECORD: Final = (
    select(trust_marks.c.made, *_SUMS)
    .where(_MINE, trust_marks.c.agent == bindparam("agent"), trust_marks.c.type == bindparam("type"))
    .group_by(trust_marks.c.made)
)
_RECORDS: Final = (
    select(trust_marks.c.agent, trust_marks.c.type, trust_marks.c.made, *_SUMS)
    .where(_MINE)
    .group_by(trust_marks.c.agent, trust_marks.c.type, trust_marks.c.made)
)
_MARK: Final = insert(trust_marks)
_KEY: Final = (trust_marks.c.organisation, trust_marks.c.agent, trust_marks.c.type, trust_marks.c.made)
_CROWDED: Final = (
    select(*_KEY, func.max(trust_marks.c.id))
    .group_by(*_KEY)
    .having(func.count() > bindparam("most"))
    .limit(bindparam("limit"))
)
_TAKE_OUT: Final = (
    delete(trust_marks)
    .where(*(column == bindparam(column.name) for column in _KEY), trust_marks.c.id <= bindparam("last"))
    .returning(trust_marks.c.count, trust_marks.c.good, trust_marks.c.bad)
)
_SPENT: Final = select(trust_spent.c.day, trust_spent.c.micros, trust_spent.c.count).where(
    trust_spent.c.agent == bindparam("agent")
)
_ALL_SPENT: Final = select(trust_spent.c.agent, trust_spent.c.day, trust_spent.c.micros, trust_spent.c.count).where(
    trust_spent.c.organisation == bindparam("organisation")
)
_first = upsert(trust_spent)
_is_new_day = _first.excluded.day > trust_spent.c.day
_micros = trust_spent.c.micros + _first.excluded.micros
_SPEND: Final = _first.on_conflict_do_update(
    index_elements=[trust_spent.c.agent],
    set_={
        "day": case((_is_new_day, _first.excluded.day), else_=trust_spent.c.day),
        "micros": case((_is_new_day, _first.excluded.micros), else_=_micros),
        "count": case((_is_new_day, _first.excluded["count"]), else_=trust_spent.c.count + _first.excluded["count"]),
    },
    where=or_(
        _is_new_day,
        (_micros <= bindparam("most_micros")) & (trust_spent.c.count < bindparam("most_count")),
    ),
)
_LEASE_COLUMNS: Final = (granted_leases.c.state, granted_leases.c.used)
_LEASE: Final = select(*_LEASE_COLUMNS).where(
    granted_leases.c.organisation == bindparam("organisation"), granted_leases.c.id == bindparam("id")
)
_LEASES: Final = (
    select(*_LEASE_COLUMNS)
    .where(granted_leases.c.organisation == bindparam("organisation"))
    .order_by(granted_leases.c.id.desc())
    .limit(bindparam("limit"))
)
_LIVE_LEASES: Final = (
    select(*_LEASE_COLUMNS)
    .where(
        granted_leases.c.agent == bindparam("agent"),
        granted_leases.c.until > bindparam("now"),
        granted_leases.c.revoked_at.is_(None),
        granted_leases.c.used < granted_leases.c.uses,
    )
    .order_by(granted_leases.c.id)
)
_new_lease = upsert(granted_leases)
_PUT_LEASE: Final = _new_lease.on_conflict_do_update(
    index_elements=[granted_leases.c.id],
    set_={name: _new_lease.excluded[name] for name in ("revoked_at", "state")},
    where=granted_leases.c.organisation == _new_lease.excluded.organisation,
)
_USE_LEASE: Final = (
    update(granted_leases)
    .where(
        granted_leases.c.id == bindparam("b_id"),
        granted_leases.c.used < granted_leases.c.uses,
        granted_leases.c.revoked_at.is_(None),
    )
    .values(used=granted_leases.c.used + 1)
)
_USED: Final = select(offers_used.c.cause, offers_used.c.sentence).where(
    offers_used.c.request == bindparam("request"), offers_used.c.revision == bindparam("revision")
)
_USERS: Final = (
    select(offers_used.c.request).where(offers_used.c.cause == bindparam("cause")).distinct().limit(bindparam("limit"))
)
_NOTE_USE: Final = insert(offers_used)


class TrustReads:
    """The reads of `Reader` and `Transaction` about trust and leases."""

    _db: Session
    _codec: Codec

    def safety(self, organisation: str) -> Safety:
        row = self._db.row(_SAFETY, {"organisation": organisation})
        return OFF if row is None else self._codec.build(row[0], Safety)

    def trust_record(self, organisation: str, agent: str, type: str) -> Record:
        return _record(self._db.rows(_RECORD, {"organisation": organisation, "agent": agent, "type": type}))

    def trust_spent(self, agent: str, now: datetime) -> Spent:
        row = self._db.row(_SPENT, {"agent": agent})
        return Spent() if row is None else _spent(row, now)

    def trusted(self, organisation: str, now: datetime) -> Sequence[Trusted]:
        mine: Params = {"organisation": organisation}
        found: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
        for agent, type, *sums in self._db.rows(_RECORDS, mine):
            found[(agent, type)].append(tuple(sums))
        spent = {row[0]: _spent(row[1:], now) for row in self._db.rows(_ALL_SPENT, mine)}
        return [Trusted(*key, _record(found[key]), spent.get(key[0], Spent())) for key in sorted(found)]

    def lease(self, organisation: str, id: str) -> Lease | None:
        row = self._db.row(_LEASE, {"organisation": organisation, "id": id})
        return None if row is None else self._lease(row)

    def leases(self, organisation: str, limit: int) -> Sequence[Lease]:
        return [self._lease(row) for row in self._db.rows(_LEASES, {"organisation": organisation, "limit": limit})]

    def live_leases(self, agent: str, now: datetime) -> Sequence[Lease]:
        return [self._lease(row) for row in self._db.rows(_LIVE_LEASES, {"agent": agent, "now": now})]

    def offer_used(self, request: str, revision: int) -> OfferUsed | None:
        row = self._db.row(_USED, {"request": request, "revision": revision})
        return None if row is None else OfferUsed(*row)

    def offer_users(self, cause: str, limit: int) -> Sequence[str]:
        return [row[0] for row in self._db.rows(_USERS, {"cause": cause, "limit": limit})]

    def _lease(self, row: Row) -> Lease:
        return self._codec.build({**row[0], "used": row[1]}, Lease)


class Trusting(TrustReads):
    """The part of a transaction that earns, spends and grants."""

    def put_safety(self, organisation: str, chosen: Safety) -> None:
        self._db.send(_PUT_SAFETY, [{"organisation": organisation, "state": self._codec.plain(chosen)}])

    def mark_trust(self, organisation: str, agent: str, type: str, made: Made, good: float, bad: float) -> None:
        key = {"organisation": organisation, "agent": agent, "type": type, "made": made.value}
        self._db.send(_MARK, [key | {"count": 1, "good": good, "bad": bad}])

    def spend_trust(self, organisation: str, agent: str, day: str, micros: int, chosen: Safety) -> None:
        params = {
            "agent": agent,
            "organisation": organisation,
            "day": day,
            "micros": micros,
            "count": 1,
            "most_micros": round(chosen.usd_a_day * MILLION),
            "most_count": chosen.count_a_day,
        }
        self._db.change(_SPEND, params, StaleVersion(agent))

    def put_lease(self, lease: Lease) -> None:
        state = self._codec.plain(lease)
        values = {name: getattr(lease, name) for name in granted_leases.c.keys() if name != "state"}  # noqa: SIM118
        self._db.change(_PUT_LEASE, values | {"state": state}, StaleVersion(lease.id))

    def use_lease(self, id: str) -> None:
        self._db.change(_USE_LEASE, {"b_id": id}, StaleVersion(id))

    def note_offer(self, request: str, revision: int, used: OfferUsed, at: datetime) -> None:
        values = {"request": request, "revision": revision, "cause": used.cause, "sentence": used.sentence, "at": at}
        self._db.send(_NOTE_USE, [values])

    def add_up_trust(self, most: int, limit: int) -> int:
        """A row taken out by another replica in the same moment is not found again, so nothing counts twice."""
        crowded = self._db.rows(_CROWDED, {"most": most, "limit": limit})
        for *key, last in crowded:
            named = dict(zip(("organisation", "agent", "type", "made"), key, strict=True))
            taken = self._db.rows(_TAKE_OUT, {**named, "last": last})
            if taken:
                count, good, bad = (sum(column) for column in zip(*taken, strict=True))
                self._db.send(_MARK, [named | {"count": count, "good": good, "bad": bad}])
        return len(crowded)


def _record(sums: Sequence[Row]) -> Record:
    counts = {str(made): int(count) for made, count, _, _ in sums}
    good, bad = (sum(float(row[place]) for row in sums) for place in (2, 3))
    return Record(**counts, good=good, bad=bad)


def _spent(row: Row, now: datetime) -> Spent:
    """What was spent on a later day than this clock's counts too: somebody else's clock is ahead."""
    day, micros, count = row
    return Spent(micros / MILLION, count) if day >= day_of(now) else Spent()


def day_of(now: datetime) -> str:
    return now.date().isoformat()
