"""Where the app is installed, one-time passes, and people of Slack nobody is mapped to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.model.installation import HOPELESS, Installation, InstallState, Pass, Source, Unmapped
from core.model.request import OPEN
from core.store.columns import LONG_AGO
from core.store.driver import Params, Row, Session
from core.store.tables import deliveries, identities, installations, passes, requests, unmapped

_COLUMNS: Final = tuple(column for column in installations.c if column.name != "workspace")
_NAMES: Final = tuple(column.name for column in _COLUMNS)
_ALL: Final = select(*_COLUMNS).order_by(installations.c.installed_at, installations.c.id)
_OF: Final = _ALL.where(installations.c.organisation == bindparam("organisation"))
_IN: Final = _ALL.where(installations.c.workspace == bindparam("workspace"))
_NEWEST_UNMAPPED: Final = (
    select(*unmapped.c)
    .where(unmapped.c.organisation == bindparam("organisation"))
    .order_by(unmapped.c.seen_at.desc(), unmapped.c.user)
    .limit(bindparam("limit"))
)
_UNMAPPED: Final = _NEWEST_UNMAPPED.where(
    unmapped.c.wanted.is_(None), *(unmapped.c.reason != reason for reason in HOPELESS)
)
_CLAIMS: Final = _NEWEST_UNMAPPED.where(unmapped.c.wanted.is_not(None))
_ONE_UNMAPPED: Final = select(*unmapped.c).where(
    *(unmapped.c[name] == bindparam(name) for name in ("organisation", "issuer", "user"))
)
_new = upsert(installations)
_PUT: Final = _new.on_conflict_do_update(
    index_elements=[installations.c.workspace],
    set_={column.name: _new.excluded[column.name] for column in installations.c if column.name != "id"},
)
_KEEP_PASS: Final = upsert(passes).on_conflict_do_nothing(index_elements=[passes.c.hashed])
_PASS: Final = (
    select(*passes.c)
    .where(
        passes.c.hashed == bindparam("hashed"),
        passes.c.purpose == bindparam("purpose"),
        passes.c.expires_at > bindparam("now"),
    )
    .with_for_update()
)
_USE_PASS: Final = delete(passes).where(passes.c.hashed == bindparam("hashed"))
_new_unmapped = upsert(unmapped)
_NOTE: Final = _new_unmapped.on_conflict_do_update(
    index_elements=[unmapped.c.organisation, unmapped.c.issuer, unmapped.c.user],
    set_={name: _new_unmapped.excluded[name] for name in ("name", "email", "reason", "wanted", "seen_at", "asked_at")},
)
_FORGET: Final = delete(unmapped).where(
    *(unmapped.c[name] == bindparam(name) for name in ("organisation", "issuer", "user"))
)
_WAKE: Final = (
    update(deliveries)
    .where(deliveries.c.organisation == bindparam("whose"), deliveries.c.wanted > deliveries.c.shown)
    .values(next_try_at=LONG_AGO)
)
_HERE: Final = (
    deliveries.c.request.in_(
        select(requests.c.id).where(
            requests.c.organisation == bindparam("whose"), or_(*(requests.c.status == status.value for status in OPEN))
        )
    ),
    deliveries.c.outlet == bindparam("b_outlet"),
    deliveries.c.place == bindparam("b_place"),
)
_SHOW_AFTER_ALL: Final = (
    update(deliveries)
    .where(*_HERE, deliveries.c.state == "lost")
    .values(state="new", shown=0, address={}, attempts=0, next_try_at=LONG_AGO, problem=null())
)
_WAKE_THERE: Final = (
    update(deliveries)
    .where(*_HERE, deliveries.c.state == "new", deliveries.c.wanted > deliveries.c.shown)
    .values(next_try_at=LONG_AGO)
)
_OUSTED: Final = delete(identities).where(
    identities.c.organisation == bindparam("organisation"), identities.c.issuer == bindparam("issuer")
)
_OUSTED_UNMAPPED: Final = delete(unmapped).where(
    unmapped.c.organisation == bindparam("organisation"), unmapped.c.issuer == bindparam("issuer")
)


class InstallReads:
    """The reads of `Reader` and `Transaction` about them."""

    _db: Session

    def installations(self, organisation: str | None = None) -> Sequence[Installation]:
        found = self._db.rows(_ALL) if organisation is None else self._db.rows(_OF, {"organisation": organisation})
        return [_installation(row) for row in found]

    def installation_in(self, workspace: str) -> Installation | None:
        row = self._db.row(_IN, {"workspace": workspace})
        return None if row is None else _installation(row)

    def unmapped(self, organisation: str, limit: int) -> Sequence[Unmapped]:
        return [Unmapped(*row) for row in self._db.rows(_UNMAPPED, {"organisation": organisation, "limit": limit})]

    def claims(self, organisation: str, limit: int) -> Sequence[Unmapped]:
        return [Unmapped(*row) for row in self._db.rows(_CLAIMS, {"organisation": organisation, "limit": limit})]

    def unmapped_user(self, organisation: str, issuer: str, user: str) -> Unmapped | None:
        row = self._db.row(_ONE_UNMAPPED, {"organisation": organisation, "issuer": issuer, "user": user})
        return None if row is None else Unmapped(*row)


class Installing(InstallReads):
    """The part of a transaction that changes them."""

    def put_installation(self, installation: Installation) -> None:
        self._db.run(_PUT, _values(installation))

    def oust(self, organisation: str, issuer: str) -> None:
        self._db.run(_OUSTED, {"organisation": organisation, "issuer": issuer})
        self._db.run(_OUSTED_UNMAPPED, {"organisation": organisation, "issuer": issuer})

    def wake_deliveries(self, organisation: str) -> None:
        self._db.run(_WAKE, {"whose": organisation})

    def show_after_all(self, organisation: str, outlet: str, place: str) -> None:
        there = {"whose": organisation, "b_outlet": outlet, "b_place": place}
        self._db.run(_SHOW_AFTER_ALL, there)
        self._db.run(_WAKE_THERE, there)

    def keep_pass(self, made: Pass) -> bool:
        return self._db.run(_KEEP_PASS, {name: getattr(made, name) for name in Pass.__dataclass_fields__}) == 1

    def take_pass(self, hashed: str, purpose: str) -> Pass | None:
        found = self.find_pass(hashed, purpose)
        if found is not None:
            self._db.run(_USE_PASS, {"hashed": hashed})
        return found

    def find_pass(self, hashed: str, purpose: str) -> Pass | None:
        now: datetime = self._db.now()
        row = self._db.row(_PASS, {"hashed": hashed, "purpose": purpose, "now": now})
        return None if row is None else Pass(*row)

    def note_unmapped(self, found: Unmapped) -> None:
        self._db.run(_NOTE, {name: getattr(found, name) for name in Unmapped.__dataclass_fields__})

    def forget_unmapped(self, organisation: str, issuer: str, user: str) -> None:
        self._db.run(_FORGET, {"organisation": organisation, "issuer": issuer, "user": user})


def _installation(row: Row) -> Installation:
    found: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    return Installation(
        **found
        | {
            "scopes": tuple(found["scopes"]),
            "state": InstallState(found["state"]),
            "source": Source(found["source"]),
        }
    )


def _values(installation: Installation) -> Params:
    values: dict[str, Any] = {name: getattr(installation, name) for name in Installation.__dataclass_fields__}
    values["scopes"] = list(installation.scopes)
    values["enterprise_wide"] = bool(installation.enterprise_wide)
    return values | {
        "workspace": installation.workspace,
        "state": installation.state.value,
        "source": installation.source.value,
    }
