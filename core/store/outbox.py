"""What is on its way out: deliveries, notices and the leases of those who send them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Select,
    Table,
    Text,
    TextClause,
    Update,
    and_,
    bindparam,
    case,
    cast,
    column,
    or_,
    select,
    text,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from core.model.request import OPEN
from core.ports import Delivery, Due, Later, Notice
from core.store import rows
from core.store.batching import cards_of_batch, record_batch, record_drawn
from core.store.choices import LARGEST, among, chosen, width
from core.store.clock_set_back import MOST_ADRIFT, bring_back, set_back_by
from core.store.columns import FAR_FUTURE, LONG_AGO, UtcDateTime
from core.store.driver import Params, Row, Session
from core.store.tables import deliveries, leases, notices, requests

T = TypeVar("T")

_DELIVER: Final = upsert(deliveries).on_conflict_do_nothing(
    index_elements=[deliveries.c.request, deliveries.c.outlet, deliveries.c.place]
)
_NOTIFY: Final = upsert(notices).on_conflict_do_nothing(
    index_elements=[notices.c.event, notices.c.place, notices.c.outlet]
)
DELIVERIES: Final = select(deliveries).where(deliveries.c.request == bindparam("request")).order_by(deliveries.c.id)
THREAD: Final = "thread"
AT_ONCE: Final = 64
"""Rows put off by one statement; each size of it is a text to be kept."""


def _queue(table: Table, behind: TextClause) -> Select[Any]:
    """The queue's own words are those of its partial index, or the index cannot serve it."""
    return (
        select(table)
        .where(
            table.c.outlet == bindparam("outlet"),
            behind,
            table.c.next_try_at <= bindparam("now"),
            table.c.claimed_until <= bindparam("now"),
        )
        .order_by(table.c.next_try_at, table.c.id)
        .limit(bindparam("limit"))
    )


def _due_since(table: Table, behind: TextClause) -> Any:
    """Since when it waits, where it waits still and nobody has claimed it; else nothing.

    In words that no index serves: PostgreSQL, while its statistics were old, walked the whole queue for a few rows known by
    their keys.
    """
    is_free = table.c.claimed_until <= bindparam("now", type_=table.c.claimed_until.type)
    return case((and_(behind, is_free), table.c.next_try_at))


@lru_cache(maxsize=32)
def _free(table: Table, behind: TextClause, places: int) -> Select[Any]:
    """Of these rows those that wait still; one that somebody has in hand is left to them, so that nobody waits for another."""
    return (
        select(table)
        .where(among(table.c.id, "id", places), _due_since(table, behind) <= bindparam("now", type_=UtcDateTime()))
        .order_by(table.c.next_try_at, table.c.id)
        .with_for_update(skip_locked=True)
    )


def _claim(table: Table) -> Update:
    return (
        update(table)
        .where(table.c.id == bindparam("b_id"))
        .values(owner=bindparam("owner"), claimed_until=bindparam("claimed_until"))
    )


@lru_cache(maxsize=32)
def _put_off(table: Table, behind: TextClause, places: int) -> Update:
    """Each to its own moment, where it waits still as it did when it was seen. One statement, in which others may compute."""
    moment = UtcDateTime()
    seen = (
        values(column("id", table.c.id.type), column("was", moment), column("until", moment))
        .data([tuple(bindparam(f"{name}_{place}", type_=kind) for name, kind in _SEEN) for place in range(places)])
        .cte("seen")
    )
    free = (
        select(table.c.id, seen.c.until)
        .where(table.c.id == seen.c.id, _due_since(table, behind) == seen.c.was)
        .with_for_update(skip_locked=True, of=table)
        .cte("free")
    )
    return update(table).where(table.c.id == free.c.id).values(next_try_at=free.c.until)


_SEEN: Final = (("id", Text()), ("was", UtcDateTime()), ("until", UtcDateTime()))
_BEHIND: Final = text("wanted > shown AND state <> 'lost'")
_IS_DUE: Final = text("state = 'due'")
_IS_PILED: Final = text("state = 'piled'")
PILED: Final = timedelta(minutes=5)
"""A pile that has to wait for its turn waits no longer; one that waits longer waits for somebody's working hours."""

BEHIND: Final = _queue(deliveries, _BEHIND)
DUE_NOTICES: Final = _queue(notices, _IS_DUE)
_CLAIM_DELIVERY: Final = _claim(deliveries)
_CLAIM_NOTICE: Final = _claim(notices)


@lru_cache(maxsize=16)
def _cards(places: int) -> Select[Any]:
    here = deliveries.c.outlet == bindparam("outlet")
    return select(deliveries).where(among(deliveries.c.request, "request", places), here).order_by(deliveries.c.id)


_DELIVERY_COLUMNS: Final = ("shown", "state", "address", "attempts", "next_try_at", "problem", "owner", "claimed_until")
_RECORD_DELIVERY: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in _DELIVERY_COLUMNS})
)
_NOTICE_COLUMNS: Final = ("state", "attempts", "next_try_at", "address", "owner", "claimed_until")
_RECORD_NOTICE: Final = (
    update(notices).where(notices.c.id == bindparam("b_id")).values({name: bindparam(name) for name in _NOTICE_COLUMNS})
)
_HERE: Final = requests.c.organisation == bindparam("whose")
_OPEN: Final = select(requests.c.id).where(_HERE, or_(*(requests.c.status == status.value for status in OPEN)))
_NEWEST: Final = select(requests.c.id).where(_HERE).order_by(requests.c.created_at.desc(), requests.c.id.desc())
_DRAW_AGAIN: Final = (
    update(deliveries)
    .where(
        deliveries.c.outlet == bindparam("b_outlet"),
        deliveries.c.state == "shown",
        deliveries.c.wanted <= deliveries.c.shown,
        or_(deliveries.c.request.in_(_OPEN), deliveries.c.request.in_(_NEWEST.limit(bindparam("newest")))),
        cast(deliveries.c.address, Text).like(bindparam("there")),
    )
    .values(shown=deliveries.c.wanted - 1, next_try_at=LONG_AGO)
)
NEWEST: Final = 500
"""Requests whose cards are drawn anew in a channel besides the open ones."""

_new_lease = upsert(leases)
_OURS: Final = (leases.c.owner == _new_lease.excluded.owner) | (leases.c.until <= bindparam("now", type_=UtcDateTime()))
_LEASE: Final = _new_lease.on_conflict_do_update(
    index_elements=[leases.c.name],
    set_={
        "owner": case((_OURS, _new_lease.excluded.owner), else_=leases.c.owner),
        "until": _new_lease.excluded.until,
    },
    where=_OURS | (leases.c.until > bindparam("farthest", type_=UtcDateTime())),
).returning(leases.c.owner)


class OutboxReads:
    """The part of readers and transactions that looks for what is due."""

    _db: Session

    def due_out(self, outlet: str, limit: int) -> Due:
        here = {"outlet": outlet, "now": self._db.now(fresh=True), "limit": limit}
        behind = [rows.delivery(row) for row in self._db.rows(BEHIND, here)]
        due = [rows.notice(row) for row in self._db.rows(DUE_NOTICES, here)]
        threads = sorted({notice.request for notice in due if notice.place == THREAD})
        return Due(behind, due, self._cards_of(threads, outlet))

    def _cards_of(self, requests: Sequence[str], outlet: str) -> dict[str, list[Delivery]]:
        cards: dict[str, list[Delivery]] = {}
        for part in _parts(requests, LARGEST):
            places = width(len(part))
            for row in self._db.rows(_cards(places), chosen("request", part, places) | {"outlet": outlet}):
                card = rows.delivery(row)
                cards.setdefault(card.request, []).append(card)
        return cards


class Outbox(OutboxReads):
    """The part of a transaction that couriers use."""

    def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """A place that already shows the request keeps its row, whose `wanted` the save has raised."""
        self._db.send(_DELIVER, [rows.delivery_values(delivery) for delivery in deliveries])

    def notify(self, notices: Sequence[Notice]) -> None:
        self._db.send(_NOTIFY, [rows.notice_values(notice) for notice in notices])

    def deliveries(self, request: str) -> Sequence[Delivery]:
        return [rows.delivery(row) for row in self._db.rows(DELIVERIES, {"request": request})]

    def draw_again(self, organisation: str, outlet: str, address: str) -> int:
        there = f'%"{address}"%'
        return self._db.run(_DRAW_AGAIN, {"whose": organisation, "b_outlet": outlet, "there": there, "newest": NEWEST})

    def hold_lease(self, name: str, owner: str, seconds: float) -> bool:
        now = self._db.now()
        until = now + timedelta(seconds=seconds)
        farthest = until + MOST_ADRIFT if seconds > 0 else FAR_FUTURE  # who lets go shortens nobody else's
        lease = {"name": name, "owner": owner, "until": until, "now": now, "farthest": farthest}
        return [found for (found,) in self._db.rows(_LEASE, lease)] == [owner]

    def follow_clock(self, outlet: str, lease: str, seconds: float, claim: float) -> float:
        set_back = set_back_by(self._db, lease, timedelta(seconds=seconds))
        if set_back <= MOST_ADRIFT:
            return 0.0
        for queue in ((deliveries, _BEHIND), (notices, _IS_DUE)):
            bring_back(self._db, queue, outlet, set_back, timedelta(seconds=claim))
        bring_back(self._db, (notices, _IS_PILED), outlet, set_back, timedelta(seconds=claim), set_back + PILED)
        return set_back.total_seconds()

    def claim_deliveries(self, ids: Sequence[str], owner: str, seconds: float) -> Sequence[Delivery]:
        found = self._claimed(deliveries, _BEHIND, _CLAIM_DELIVERY, ids, owner, seconds)
        return [rows.delivery(row) for row in found]

    def put_off_deliveries(self, later: Sequence[Later]) -> None:
        self._put_off(deliveries, _BEHIND, later)

    def record_delivery(self, delivery: Delivery) -> None:
        if delivery.batch is not None:
            record_batch(self._db, delivery)
        else:
            self._record(_RECORD_DELIVERY, _DELIVERY_COLUMNS, rows.delivery_values(delivery))

    def record_drawn(self, deliveries: Sequence[Delivery]) -> None:
        record_drawn(self._db, deliveries)

    def cards_of_batch(self, card: Delivery) -> Sequence[Delivery]:
        return cards_of_batch(self._db, card)

    def claim_notices(self, ids: Sequence[str], owner: str, seconds: float) -> Sequence[Notice]:
        return [rows.notice(row) for row in self._claimed(notices, _IS_DUE, _CLAIM_NOTICE, ids, owner, seconds)]

    def put_off_notices(self, later: Sequence[Later]) -> None:
        self._put_off(notices, _IS_DUE, later)

    def record_notice(self, notice: Notice) -> None:
        self._record(_RECORD_NOTICE, _NOTICE_COLUMNS, rows.notice_values(notice))

    def _claimed(
        self, table: Table, behind: TextClause, claim: Update, ids: Sequence[str], owner: str, seconds: float
    ) -> list[Row]:
        now, found = self._db.now(), []
        for part in _parts(ids, LARGEST):
            places = width(len(part))
            found += self._db.rows(_free(table, behind, places), chosen("id", part, places) | {"now": now})
        until = now + timedelta(seconds=seconds)
        self._db.send(claim, [{"b_id": row[0], "owner": owner, "claimed_until": until} for row in found])
        return found

    def _put_off(self, table: Table, behind: TextClause, later: Sequence[Later]) -> None:
        now = self._db.now()
        for part in _parts(later, AT_ONCE):
            places = width(len(part))
            seen = (
                chosen("id", [one.id for one in part], places)
                | chosen("was", [one.was or LONG_AGO for one in part], places)
                | chosen("until", [now + timedelta(seconds=one.seconds) for one in part], places)
            )
            self._db.send(_put_off(table, behind, places), [seen | {"now": now}])

    def _record(self, statement: Update, columns: Sequence[str], values: Params) -> None:
        recorded = {name: values[name] for name in columns}
        self._db.send(statement, [{"b_id": values["id"], **recorded, "claimed_until": LONG_AGO}])


def _parts(values: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    return (values[start : start + most] for start in range(0, len(values), most))
