"""Reviews that broken glass owes, and freezes, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.model.emergency import Freeze, Review
from core.ports import StaleVersion
from core.store.driver import Params, Session
from core.store.tables import deliveries, freezes, requests, reviews

_REVIEW: Final = tuple(reviews.c[name] for name in Review.__dataclass_fields__)
_OWED: Final = select(*_REVIEW).where(
    reviews.c.organisation == bindparam("organisation"), reviews.c.closed_at.is_(None)
)
_OWED_BY: Final = _OWED.where(reviews.c.member == bindparam("member"))
_ALL_OWED: Final = _OWED.order_by(reviews.c.review_by, reviews.c.glass).limit(bindparam("limit"))
_OPEN: Final = upsert(reviews).on_conflict_do_nothing()
_CLOSE: Final = (
    update(reviews)
    .where(reviews.c.glass == bindparam("b_glass"), reviews.c.closed_at.is_(None))
    .values(closed_at=bindparam("closed_at"))
)

_FREEZE: Final = tuple(freezes.c[name] for name in Freeze.__dataclass_fields__)
_HELD: Final = (
    select(*_FREEZE)
    .where(
        freezes.c.organisation == bindparam("organisation"),
        freezes.c.lifted_at.is_(None),
        or_(freezes.c.until.is_(None), freezes.c.until > bindparam("now", type_=freezes.c.until.type)),
    )
    .order_by(freezes.c.at, freezes.c.id)
)
_new_freeze = upsert(freezes)
_PUT: Final = _new_freeze.on_conflict_do_update(
    index_elements=[freezes.c.id],
    set_={name: _new_freeze.excluded[name] for name in ("lifted_at", "lifted_by")},
    where=freezes.c.organisation == _new_freeze.excluded.organisation,
)
_HANDED_OVER: Final = (
    select(requests.c.id)
    .where(
        requests.c.organisation == bindparam("organisation"),
        requests.c.status == bindparam("status"),
        requests.c.next_due > bindparam("now", type_=requests.c.next_due.type),
    )
    .order_by(requests.c.number.desc())
    .limit(bindparam("limit"))
)
_HANDED_OVER_HERE: Final = _HANDED_OVER.where(requests.c.project == bindparam("project"))


_SHOW_AGAIN: Final = (
    update(deliveries)
    .where(deliveries.c.request == bindparam("b_request"), deliveries.c.shown >= deliveries.c.wanted)
    .values(shown=deliveries.c.wanted - 1)
)


class EmergencyReads:
    """The reads of `Reader` and `Transaction` about reviews and freezes."""

    _db: Session

    def owed_review(self, organisation: str, member: str) -> Review | None:
        row = self._db.row(_OWED_BY, {"organisation": organisation, "member": member})
        return None if row is None else Review(*row)

    def owed_reviews(self, organisation: str, limit: int) -> Sequence[Review]:
        return [Review(*row) for row in self._db.rows(_ALL_OWED, {"organisation": organisation, "limit": limit})]

    def freezes(self, organisation: str, now: datetime) -> Sequence[Freeze]:
        return [Freeze(*row) for row in self._db.rows(_HELD, {"organisation": organisation, "now": now})]

    def freeze_over(self, organisation: str, project: str, now: datetime) -> Freeze | None:
        held = self.freezes(organisation, now)
        return next((freeze for freeze in held if freeze.project in (None, project)), None)

    def handed_over(self, organisation: str, project: str | None, now: datetime, limit: int) -> Sequence[str]:
        statement = _HANDED_OVER if project is None else _HANDED_OVER_HERE
        params: Params = {"organisation": organisation, "now": now, "limit": limit}
        params |= {} if project is None else {"project": project}
        found = (self._db.rows(statement, params | {"status": status}) for status in _YES)
        return [row[0] for rows in found for row in rows][:limit]


_YES: Final = ("approved", "approved_with_edits", "auto_approved")


class Emergencies(EmergencyReads):
    """The part of a transaction that keeps them."""

    def open_review(self, review: Review) -> None:
        values = {name: getattr(review, name) for name in Review.__dataclass_fields__}
        self._db.change(_OPEN, values | {"closed_at": None}, StaleVersion(review.request))

    def close_review(self, glass: str, at: datetime) -> None:
        self._db.send(_CLOSE, [{"b_glass": glass, "closed_at": at}])

    def put_freeze(self, freeze: Freeze) -> None:
        self._db.send(_PUT, [{name: getattr(freeze, name) for name in Freeze.__dataclass_fields__}])

    def show_again(self, requests: Sequence[str]) -> None:
        self._db.send(_SHOW_AGAIN, [{"b_request": request} for request in requests])
