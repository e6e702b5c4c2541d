"""Notices that wait to be told together: all that is due for one person, or one channel, is one message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, bindparam, exists, literal_column, null, or_, select, update

from core.ports import Notice, Pile
from core.store import rows
from core.store.columns import LONG_AGO
from core.store.driver import Row, Session
from core.store.tables import notices, requests

SHOWN: Final = 30
"""Of a pile so many notices are looked at closely."""

AGAIN: Final = ("reminder", "digest")
"""Words of notices that only say once more what was said before."""

LONGEST_WAIT: Final = timedelta(minutes=5)
"""A request that cannot be rung for holds up reminders for so long at most."""

_MOMENT: Final = notices.c.next_try_at.type
_PILED: Final = notices.c.state == literal_column("'piled'")
"""Written as the partial indexes say it, or they could not serve."""

_DUE: Final = (
    select(notices.c.organisation, notices.c.place, notices.c.next_try_at)
    .where(
        notices.c.outlet == bindparam("outlet"),
        _PILED,
        notices.c.next_try_at <= bindparam("now", type_=_MOMENT),
        notices.c.claimed_until <= bindparam("now", type_=_MOMENT),
    )
    .order_by(notices.c.next_try_at)
    .limit(bindparam("limit"))
)
_RINGING: Final = (
    select(requests.c.id).where(requests.c.next_due <= bindparam("now", type_=requests.c.next_due.type)).limit(1)
)


def _here(*more: Any) -> Any:
    names = ("outlet", "organisation", "place")
    return and_(*(notices.c[name] == bindparam(f"b_{name}") for name in names), _PILED, *more)


_CLAIM: Final = (
    update(notices)
    .where(
        _here(
            notices.c.next_try_at <= bindparam("b_now", type_=_MOMENT),
            notices.c.claimed_until <= bindparam("b_now", type_=_MOMENT),
        )
    )
    .values(owner=bindparam("owner"), claimed_until=bindparam("claimed_until"))
)
_MINE: Final = _here(
    notices.c.owner == bindparam("b_owner"), notices.c.claimed_until > bindparam("b_now", type_=_MOMENT)
)
_OPEN: Final = or_(requests.c.status == "pending", requests.c.status == "asked_question")
_STILL: Final = or_(
    notices.c.word == "told",
    exists().where(requests.c.id == notices.c.request, _OPEN),
)
_IDS: Final = select(notices.c.id, notices.c.request, _STILL).where(_MINE).order_by(notices.c.next_try_at, notices.c.id)
_FIRST: Final = select(notices).where(_MINE, _STILL).order_by(notices.c.next_try_at, notices.c.id).limit(SHOWN)
_END: Final = (
    update(notices)
    .where(notices.c.id == bindparam("b_id"), _PILED, notices.c.owner == bindparam("b_owner"))
    .values(state="sent", owner=null(), claimed_until=LONG_AGO)
)
_BACK: Final = (
    update(notices)
    .where(notices.c.id == bindparam("b_id"), or_(_PILED, notices.c.state == "sent"))
    .values(state="piled", owner=null(), next_try_at=bindparam("at"), claimed_until=LONG_AGO)
)


class Piles:
    """The part of a transaction that couriers use."""

    _db: Session

    def claim_piles(self, outlet: str, owner: str, seconds: float, limit: int) -> Sequence[Pile]:
        now = self._db.now()
        due = self._db.rows(_DUE, {"outlet": outlet, "now": now, "limit": limit})
        if not due or (due[0][2] > now - LONGEST_WAIT and self._db.rows(_RINGING, {"now": now})):
            return []
        places = dict.fromkeys((organisation, place) for organisation, place, _ in due)
        until = now + timedelta(seconds=seconds)
        found = []
        for organisation, place in places:
            here = {"b_outlet": outlet, "b_organisation": organisation, "b_place": place, "b_now": now}
            self._db.run(_CLAIM, here | {"owner": owner, "claimed_until": until})
            found.append(self._pile(here | {"b_owner": owner}))
        return found

    def _pile(self, here: dict[str, Any]) -> Pile:
        every = self._db.rows(_IDS, here)
        first = _one_each(self._db.rows(_FIRST, here))
        still = {request for _, request, is_still in every if is_still}
        more = len(still - {notice.request for notice in first})
        return Pile(
            here["b_organisation"],
            here["b_outlet"],
            here["b_place"],
            first,
            more,
            tuple(id for id, _, _ in every),
        )

    def end_pile(self, pile: Pile, owner: str) -> None:
        self._db.send(_END, [{"b_id": id, "b_owner": owner} for id in pile.ids])

    def put_pile_back(self, pile: Pile, at: Any) -> None:
        self._db.send(_BACK, [{"b_id": id, "at": at} for id in pile.ids])


def _one_each(found: Sequence[Row]) -> tuple[Notice, ...]:
    """The last of each request's, which says how it stands now; that somebody is asked at all goes before a reminder of it."""
    several = sorted(map(rows.notice, found), key=lambda notice: notice.word not in AGAIN)
    return tuple({notice.request: notice for notice in several}.values())
