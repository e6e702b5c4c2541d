"""Who decides for whom until when, and how members like to be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, Text, bindparam, cast, exists, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.errors import Conflict
from core.model.absence import Delegation, Preferences, Telling
from core.store.choices import LARGEST, Joined, among, chosen, width
from core.store.driver import Params, Row, Session
from core.store.tables import delegations, preferences

BY: Final = "/"
"""Stands between whom somebody stands in for and the delegation that says so."""

_ALL: Final = tuple(delegations.c[name] for name in Delegation.__dataclass_fields__)
_ONE: Final = select(*_ALL).where(
    delegations.c.organisation == bindparam("organisation"), delegations.c.id == bindparam("id")
)
_LEFT: Final = (
    delegations.c.ended_at.is_(None),
    delegations.c.until > bindparam("now", type_=delegations.c.until.type),
)
_PRESENT: Final = (
    select(*_ALL)
    .where(delegations.c.organisation == bindparam("organisation"), *_LEFT)
    .order_by(delegations.c.until, delegations.c.id)
    .limit(bindparam("limit"))
)
_ABOUT: Final = _PRESENT.where(
    or_(delegations.c.giver == bindparam("member"), delegations.c.taker == bindparam("member"))
)
_EVER: Final = (
    select(*_ALL)
    .where(delegations.c.organisation == bindparam("organisation"))
    .order_by(delegations.c.made_at.desc(), delegations.c.id.desc())
    .limit(bindparam("limit"))
)
_new = upsert(delegations)
_PUT: Final = _new.on_conflict_do_update(
    index_elements=[delegations.c.id],
    set_={"ended_at": _new.excluded.ended_at},
    where=delegations.c.organisation == _new.excluded.organisation,
)


def standing_in(moment: str = "moment", project: str = "project") -> Select[Any]:
    """Delegations in force now for a project. One for that very project goes before one for all."""
    narrower = delegations.alias("narrower")
    now, here = bindparam(moment, type_=delegations.c.until.type), bindparam(project, type_=delegations.c.project.type)
    instead = exists().where(
        delegations.c.project.is_(None),
        narrower.c.giver == delegations.c.giver,
        narrower.c.project == here,
        narrower.c.ended_at.is_(None),
        narrower.c.starts_at <= now,
        narrower.c.until > now,
    )
    return select(delegations.c.giver, delegations.c.taker).where(
        delegations.c.ended_at.is_(None),
        delegations.c.starts_at <= now,
        delegations.c.until > now,
        or_(delegations.c.project.is_(None), delegations.c.project == here),
        ~instead,
    )


def givers_of(taker: Any) -> Select[Any]:
    """`<giver>/<delegation>` of each for whom `taker` stands in, joined."""
    named = delegations.c.giver + literal(BY) + cast(delegations.c.id, Text)
    return standing_in().with_only_columns(Joined(named)).where(delegations.c.taker == taker)


@lru_cache(maxsize=16)
def _takers(places: int) -> Select[Any]:
    return standing_in().where(among(delegations.c.giver, "giver", places)).order_by(delegations.c.taker)


_KEPT: Final = tuple(preferences.c[name] for name in Preferences.__dataclass_fields__)
_PREFERENCES: Final = select(*_KEPT).where(
    preferences.c.organisation == bindparam("organisation"), preferences.c.member == bindparam("member")
)
_COPIES: Final = (
    select(preferences.c.member)
    .where(preferences.c.organisation == bindparam("organisation"), preferences.c.copies)
    .order_by(preferences.c.member)
    .limit(bindparam("limit"))
)
_DIGESTS: Final = (
    select(*_KEPT)
    .where(preferences.c.digest_due <= bindparam("now", type_=preferences.c.digest_due.type))
    .order_by(preferences.c.digest_due)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_anew = upsert(preferences)
_PREFER: Final = _anew.on_conflict_do_update(
    index_elements=[preferences.c.member],
    set_={
        name: _anew.excluded[name]
        for name in Preferences.__dataclass_fields__
        if name not in ("member", "organisation")
    },
    where=preferences.c.organisation == _anew.excluded.organisation,
)
_NEXT_DIGEST: Final = (
    update(preferences).where(preferences.c.member == bindparam("b_member")).values(digest_due=bindparam("digest_due"))
)


@lru_cache(maxsize=16)
def _of_several(places: int) -> Select[Any]:
    return select(*_KEPT).where(among(preferences.c.member, "member", places))


class AbsenceReads:
    """The reads of `Reader` and `Transaction` about them."""

    _db: Session

    def delegation(self, organisation: str, id: str) -> Delegation | None:
        row = self._db.row(_ONE, {"organisation": organisation, "id": id})
        return None if row is None else Delegation(*row)

    def delegations(self, organisation: str, member: str | None, now: datetime, limit: int) -> Sequence[Delegation]:
        params = {"organisation": organisation, "now": now, "limit": limit}
        if member is None:
            return [Delegation(*row) for row in self._db.rows(_PRESENT, params)]
        return [Delegation(*row) for row in self._db.rows(_ABOUT, params | {"member": member})]

    def delegations_ever(self, organisation: str, limit: int) -> Sequence[Delegation]:
        return [Delegation(*row) for row in self._db.rows(_EVER, {"organisation": organisation, "limit": limit})]

    def takers(self, givers: Iterable[str], project: str) -> Mapping[str, tuple[str, ...]]:
        wanted, found = sorted(set(givers)), dict[str, tuple[str, ...]]()
        now = self._db.about_now()
        for start in range(0, len(wanted), LARGEST):
            part = wanted[start : start + LARGEST]
            places = width(len(part))
            params = {"moment": now, "project": project, **chosen("giver", part, places)}
            for giver, taker in self._db.rows(_takers(places), params):
                found[giver] = (*found.get(giver, ()), taker)
        return found

    def preferences(self, organisation: str, member: str) -> Preferences:
        row = self._db.row(_PREFERENCES, {"organisation": organisation, "member": member})
        return Preferences(member, organisation) if row is None else _preferences(row)

    def preferences_of(self, members: Iterable[str]) -> Mapping[str, Preferences]:
        wanted, found = sorted(set(members)), dict[str, Preferences]()
        for start in range(0, len(wanted), LARGEST):
            part = wanted[start : start + LARGEST]
            places = width(len(part))
            rows = self._db.rows(_of_several(places), chosen("member", part, places))
            found |= {row[0]: _preferences(row) for row in rows}
        return found

    def wanting_copies(self, organisation: str, limit: int) -> Sequence[str]:
        return [row[0] for row in self._db.rows(_COPIES, {"organisation": organisation, "limit": limit})]


class Absence(AbsenceReads):
    """The part of a transaction that keeps them."""

    def put_delegation(self, delegation: Delegation) -> None:
        values = {name: getattr(delegation, name) for name in Delegation.__dataclass_fields__}
        if self._db.run(_PUT, values) != 1:
            raise Conflict("This id belongs to another organisation; nothing was changed.")

    def put_preferences(self, chosen: Preferences) -> None:
        if self._db.run(_PREFER, _values(chosen)) != 1:
            raise Conflict("This member belongs to another organisation; nothing was changed.")

    def claim_digests(self, now: datetime, limit: int) -> Sequence[Preferences]:
        return [_preferences(row) for row in self._db.rows(_DIGESTS, {"now": now, "limit": limit})]

    def next_digest(self, member: str, due: datetime | None) -> None:
        self._db.send(_NEXT_DIGEST, [{"b_member": member, "digest_due": due}])


def _values(chosen: Preferences) -> Params:
    values: dict[str, Any] = {name: getattr(chosen, name) for name in Preferences.__dataclass_fields__}
    values["told"] = chosen.told.value
    values["working_days"] = " ".join(str(day) for day in sorted(chosen.working_days))
    for name in ("quiet_from", "quiet_until", "digest_at"):
        values[name] = None if values[name] is None else values[name].strftime("%H:%M")
    return values


def _preferences(row: Row) -> Preferences:
    said = dict(zip(Preferences.__dataclass_fields__, row, strict=True))
    said["told"] = Telling(said["told"])
    said["working_days"] = frozenset(int(day) for day in said["working_days"].split())
    for name in ("quiet_from", "quiet_until", "digest_at"):
        said[name] = None if said[name] is None else time.fromisoformat(said[name])
    said["copies"] = bool(said["copies"])
    return Preferences(**said)
