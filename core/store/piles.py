"""Notices that wait to be told together: all that is due for one person, or one channel, is one message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Update, and_, bindparam, exists, literal_column, null, or_, select, update

from core.ports import Notice, Pile, Piled
from core.store import rows
from core.store.choices import among, chosen, width
from core.store.columns import LONG_AGO
from core.store.driver import Row, Session
from core.store.tables import notices, requests

SHOWN: Final = 30
"""Of a pile so many notices are looked at closely."""

LOOK: Final = 64
"""Due notices looked at for places: one person's may stand before all others."""

SLICE: Final = 200
"""Notices claimed, ended or put back in one transaction; a channel may have thousands, and people's commands wait."""

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
        notices.c.id.in_(
            select(notices.c.id)
            .where(
                _here(
                    notices.c.next_try_at <= bindparam("b_now", type_=_MOMENT),
                    notices.c.claimed_until <= bindparam("b_now", type_=_MOMENT),
                )
            )
            .order_by(notices.c.next_try_at)
            .limit(bindparam("limit"))
            .scalar_subquery()
        )
    )
    .values(owner=bindparam("owner"), claimed_until=bindparam("until"))
)
_MINE: Final = _here(
    notices.c.owner == bindparam("b_owner"), notices.c.claimed_until == bindparam("b_until", type_=_MOMENT)
)
_OPEN: Final = or_(requests.c.status == "pending", requests.c.status == "asked_question")
_STILL: Final = or_(
    notices.c.word == "told",
    exists().where(requests.c.id == notices.c.request, _OPEN),
)
_IDS: Final = select(notices.c.id, notices.c.request, _STILL).where(_MINE).order_by(notices.c.next_try_at, notices.c.id)
_FIRST: Final = select(notices).where(_MINE, _STILL).order_by(notices.c.next_try_at, notices.c.id).limit(SHOWN)


@lru_cache(maxsize=16)
def _end(places: int) -> Update:
    return (
        update(notices)
        .where(among(notices.c.id, "id", places), _PILED, notices.c.owner == bindparam("b_owner"))
        .values(state="sent", owner=null(), claimed_until=LONG_AGO)
    )


@lru_cache(maxsize=16)
def _put_back(places: int) -> Update:
    return (
        update(notices)
        .where(among(notices.c.id, "id", places), or_(_PILED, notices.c.state == "sent"))
        .values(state="piled", owner=null(), next_try_at=bindparam("at", type_=_MOMENT), claimed_until=LONG_AGO)
    )


class PileReads:
    """The part of readers and transactions that looks into what was claimed."""

    _db: Session

    def piled(self, pile: Pile, owner: str) -> Piled:
        mine = _named(pile) | {"b_owner": owner, "b_until": pile.until}
        every = self._db.rows(_IDS, mine)
        first = _one_each(self._db.rows(_FIRST, mine))
        still = {request for _, request, is_still in every if is_still}
        more = len(still - {notice.request for notice in first})
        return Piled(first, more, tuple(id for id, _, _ in every))


class Piles(PileReads):
    """The part of a transaction that couriers use."""

    def claim_piles(
        self, outlet: str, owner: str, seconds: float, limit: int, busy: Collection[tuple[str, str]] = ()
    ) -> Sequence[Pile]:
        now = self._db.now()
        due = self._db.rows(_DUE, {"outlet": outlet, "now": now, "limit": LOOK})
        if not due or (due[0][2] > now - LONGEST_WAIT and self._db.rows(_RINGING, {"now": now})):
            return []
        places = dict.fromkeys((organisation, place) for organisation, place, _ in due)
        until = now + timedelta(seconds=seconds)
        free = [there for there in places if there not in busy][:limit]
        found = [Pile(organisation, outlet, place, until) for organisation, place in free]
        for pile in found:
            self.claim_more(pile, owner)
        return found

    def claim_more(self, pile: Pile, owner: str) -> bool:
        claim = {"b_now": self._db.now(), "owner": owner, "until": pile.until, "limit": SLICE}
        return self._db.run(_CLAIM, _named(pile) | claim) == SLICE

    def end_pile(self, ids: Sequence[str], owner: str) -> None:
        places = width(len(ids))
        self._db.run(_end(places), chosen("id", ids, places) | {"b_owner": owner})

    def put_pile_back(self, ids: Sequence[str], at: datetime) -> None:
        places = width(len(ids))
        self._db.run(_put_back(places), chosen("id", ids, places) | {"at": at})


def _named(pile: Pile) -> dict[str, Any]:
    return {"b_outlet": pile.outlet, "b_organisation": pile.organisation, "b_place": pile.place}


def _one_each(found: Sequence[Row]) -> tuple[Notice, ...]:
    """The last of each request's, which says how it stands now; that somebody is asked at all goes before a reminder of it."""
    several = sorted(map(rows.notice, found), key=lambda notice: notice.word not in AGAIN)
    return tuple({notice.request: notice for notice in several}.values())
