"""What is on its way out: deliveries, notices and the leases of those who send them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, Table, Text, TextClause, Update, bindparam, cast, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.model.request import OPEN
from core.ports import Delivery, Notice
from core.store import rows
from core.store.batching import cards_of_batch, record_batch, record_drawn
from core.store.columns import LONG_AGO
from core.store.driver import Params, Row, Session
from core.store.tables import deliveries, leases, notices, requests

_DELIVER: Final = upsert(deliveries).on_conflict_do_nothing(
    index_elements=[deliveries.c.request, deliveries.c.outlet, deliveries.c.place]
)
_NOTIFY: Final = upsert(notices).on_conflict_do_nothing(
    index_elements=[notices.c.event, notices.c.place, notices.c.outlet]
)
DELIVERIES: Final = select(deliveries).where(deliveries.c.request == bindparam("request")).order_by(deliveries.c.id)


def _waiting_rows(table: Table, behind: TextClause) -> Select[Any]:
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
        .with_for_update(skip_locked=True)
    )


def _claim(table: Table) -> Update:
    return (
        update(table)
        .where(table.c.id == bindparam("b_id"))
        .values(owner=bindparam("owner"), claimed_until=bindparam("claimed_until"))
    )


BEHIND: Final = _waiting_rows(deliveries, text("wanted > shown AND state <> 'lost'"))
DUE_NOTICES: Final = _waiting_rows(notices, text("state = 'due'"))
_CLAIM_DELIVERY: Final = _claim(deliveries)
_CLAIM_NOTICE: Final = _claim(notices)
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
_LEASE: Final = _new_lease.on_conflict_do_update(
    index_elements=[leases.c.name],
    set_={"owner": _new_lease.excluded.owner, "until": _new_lease.excluded.until},
    where=(leases.c.owner == _new_lease.excluded.owner) | (leases.c.until <= bindparam("now")),
)


class Outbox:
    """The part of a transaction that couriers use."""

    _db: Session

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
        lease = {"name": name, "owner": owner, "until": now + timedelta(seconds=seconds), "now": now}
        return self._db.run(_LEASE, lease) == 1

    def claim_deliveries(self, outlet: str, owner: str, seconds: float, limit: int) -> Sequence[Delivery]:
        found = self._claimable(BEHIND, outlet, limit)
        self._claim(_CLAIM_DELIVERY, found, owner, seconds)
        return [rows.delivery(row) for row in found]

    def record_delivery(self, delivery: Delivery) -> None:
        if delivery.batch is not None:
            record_batch(self._db, delivery)
        else:
            self._record(_RECORD_DELIVERY, _DELIVERY_COLUMNS, rows.delivery_values(delivery))

    def record_drawn(self, deliveries: Sequence[Delivery]) -> None:
        record_drawn(self._db, deliveries)

    def cards_of_batch(self, card: Delivery) -> Sequence[Delivery]:
        return cards_of_batch(self._db, card)

    def claim_notices(self, outlet: str, owner: str, seconds: float, limit: int) -> Sequence[Notice]:
        found = self._claimable(DUE_NOTICES, outlet, limit)
        self._claim(_CLAIM_NOTICE, found, owner, seconds)
        return [rows.notice(row) for row in found]

    def record_notice(self, notice: Notice) -> None:
        self._record(_RECORD_NOTICE, _NOTICE_COLUMNS, rows.notice_values(notice))

    def _claimable(self, queue: Select[Any], outlet: str, limit: int) -> list[Row]:
        return self._db.rows(queue, {"outlet": outlet, "now": self._db.now(), "limit": limit})

    def _claim(self, claim: Update, found: Sequence[Row], owner: str, seconds: float) -> None:
        until: datetime = self._db.now() + timedelta(seconds=seconds)
        self._db.send(claim, [{"b_id": row[0], "owner": owner, "claimed_until": until} for row in found])

    def _record(self, statement: Update, columns: Sequence[str], values: Params) -> None:
        recorded = {name: values[name] for name in columns}
        self._db.send(statement, [{"b_id": values["id"], **recorded, "claimed_until": LONG_AGO}])
