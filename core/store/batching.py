"""Batches: what was asked together, and the rows that are drawn as one card in one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import and_, bindparam, select, update

from core.ports import Delivery
from core.store import rows
from core.store.columns import LONG_AGO
from core.store.driver import Params, Session
from core.store.tables import deliveries, requests

_TOGETHER: Final = (
    select(requests.c.state)
    .where(requests.c.batch == bindparam("batch"), requests.c.organisation == bindparam("organisation"))
    .order_by(requests.c.number)
)


def _there(prefix: str = "") -> Any:
    """Lost ones share nothing any more: whatever comes there later begins anew."""
    names = ("batch", "outlet", "place")
    here = (deliveries.c[name] == bindparam(f"{prefix}{name}") for name in names)
    return and_(*here, deliveries.c.state != "lost")


_CARDS: Final = select(deliveries).where(_there()).order_by(deliveries.c.id)
_SHARED: Final = ("state", "address", "attempts", "next_try_at", "problem", "owner", "claimed_until")
_RECORD: Final = update(deliveries).where(_there("b_")).values({name: bindparam(name) for name in _SHARED})
_RECORD_NOTHING_SHOWN: Final = _RECORD.values(shown=0)
_DRAWN: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("b_id"), deliveries.c.shown <= bindparam("shown"))
    .values(shown=bindparam("shown"))
)


def states_of_batch(db: Session, organisation: str, batch: str) -> list[str]:
    return [row[0] for row in db.rows(_TOGETHER, {"batch": batch, "organisation": organisation})]


def cards_of_batch(db: Session, card: Delivery) -> Sequence[Delivery]:
    """Those first that know of a message: what has just come to a place that shows others joins their card."""
    if card.batch is None:
        return [card]
    cards = [rows.delivery(row) for row in db.rows(_CARDS, _place(card))]
    return sorted(cards, key=lambda one: one.state == "new")


def record_batch(db: Session, card: Delivery) -> None:
    """One message, so all its rows tell the same of it."""
    values = rows.delivery_values(card)
    shared = {name: values[name] for name in _SHARED} | {"claimed_until": LONG_AGO}
    here = {f"b_{name}": value for name, value in _place(card).items()}
    db.send(_RECORD if card.shown else _RECORD_NOTHING_SHOWN, [shared | here])


def record_drawn(db: Session, drawn: Sequence[Delivery]) -> None:
    db.send(_DRAWN, [{"b_id": one.id, "shown": one.shown} for one in drawn])


def _place(card: Delivery) -> Params:
    return {"batch": card.batch, "outlet": card.outlet, "place": card.place}
