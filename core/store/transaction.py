"""One unit of work's view of the store: `core.ports.Transaction` on a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Delete, Select, Table, bindparam, delete, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from core.codec import Codec
from core.errors import ApprovalError
from core.model.event import Event, Refused
from core.model.organisation import Project
from core.model.people import Actor
from core.model.request import Request
from core.ports import Chain, Changed, Derive, KeyTaken, Reader, Remembered, Transaction
from core.store.absence import Absence
from core.store.aftermath import Aftermath
from core.store.driver import Session
from core.store.duties import Duties
from core.store.emergencies import Emergencies
from core.store.endpoints import Telling
from core.store.inquiries import Inquiries
from core.store.installing import Installing
from core.store.ledger_rows import LedgerReads, Sealing
from core.store.mirroring import Mirroring
from core.store.outbox import Outbox
from core.store.people import PeopleReads
from core.store.piles import Piles
from core.store.reader import StoreReader
from core.store.ruling import Ruling
from core.store.saving import Saving
from core.store.setup import Setup
from core.store.signing import Signing
from core.store.tables import agents, counters, login_codes, members, passes, refusals, replies, requests, turns

T = TypeVar("T")

KEPT: Final = timedelta(hours=24)
"""How long a reply to an idempotency key is kept."""

QUIET: Final = timedelta(minutes=1)
"""One refusal per actor, command and code is written in this time."""

_REPLY: Final = select(replies.c.body, replies.c.request, replies.c.reply, replies.c.at).where(
    replies.c.credential == bindparam("credential"), replies.c.key == bindparam("key")
)
_new_reply = upsert(replies)
_REMEMBER: Final = _new_reply.on_conflict_do_update(
    index_elements=[replies.c.credential, replies.c.key],
    set_={name: _new_reply.excluded[name] for name in ("body", "request", "reply", "at")},
    where=replies.c.at <= bindparam("since"),
)
_REFUSED: Final = select(refusals.c.at, refusals.c.missed).where(
    *(refusals.c[name] == bindparam(name) for name in ("request", "actor", "command", "code"))
)
_new_refusal = upsert(refusals)
_REFUSE: Final = _new_refusal.on_conflict_do_update(
    index_elements=[refusals.c.request, refusals.c.actor, refusals.c.command, refusals.c.code],
    set_={"at": _new_refusal.excluded.at, "missed": _new_refusal.excluded.missed},
)
_new_counter = upsert(counters)
_DRAW: Final = _new_counter.on_conflict_do_update(
    index_elements=[counters.c.organisation], set_={"value": counters.c.value + _new_counter.excluded.value}
).returning(counters.c.value)
_OWNER: Final = {
    "agent": select(agents.c.organisation).where(agents.c.id == bindparam("id")).scalar_subquery(),
    "member": select(members.c.organisation).where(members.c.id == bindparam("id")).scalar_subquery(),
}


def _open_of(kind: str, status: str) -> Select[Any]:
    return (
        select(requests.c.id)
        .where(
            requests.c.organisation == _OWNER[kind],
            requests.c.requester == bindparam("requester"),
            requests.c.status == status,
        )
        .limit(bindparam("limit"))
    )


def _count_open_of(kind: str) -> Select[Any]:
    """By the index, one status at a time."""
    found = (_open_of(kind, status).subquery() for status in ("pending", "asked_question"))
    pending, asked = (select(func.count()).select_from(one).scalar_subquery() for one in found)
    return select(pending + asked)


_OPEN_OF: Final = {kind: _count_open_of(kind) for kind in _OWNER}
_SUPERSEDED: Final = (
    select(requests.c.id)
    .where(
        requests.c.organisation == bindparam("organisation"),
        requests.c.project == bindparam("project"),
        requests.c.supersede_key == bindparam("supersede_key"),
        or_(requests.c.requester == bindparam("requester"), requests.c.team == bindparam("team")),
        requests.c.id != bindparam("id"),
    )
    .order_by(requests.c.number)
)


def _oldest(table: Table, moment: ColumnElement[datetime]) -> Delete:
    """Delete up to `limit` rows from before a moment."""
    key = list(table.primary_key.columns)
    old = select(*key).where(moment <= bindparam("before")).order_by(moment).limit(bindparam("limit"))
    return delete(table).where(tuple_(*key).in_(old))


_OLD_REPLIES: Final = _oldest(replies, replies.c.at)
_OLD_CODES: Final = _oldest(login_codes, login_codes.c.expires_at)
_OLD_REFUSALS: Final = _oldest(refusals, refusals.c.at)
_OLD_TURNS: Final = _oldest(turns, turns.c.at)
_OLD_PASSES: Final = _oldest(passes, passes.c.expires_at)


_BEGIN_INNER: Final = text("SAVEPOINT inner_work")
_UNDO_INNER: Final = text("ROLLBACK TO SAVEPOINT inner_work")
_END_INNER: Final = text("RELEASE SAVEPOINT inner_work")


class InnerReader(StoreReader):
    """Reads of a unit of work under way, at its own time."""

    def now(self) -> datetime:
        return self.session.now()


class StoreTransaction(
    PeopleReads,
    LedgerReads,
    Sealing,
    Setup,
    Outbox,
    Ruling,
    Duties,
    Aftermath,
    Telling,
    Inquiries,
    Installing,
    Mirroring,
    Absence,
    Piles,
    Emergencies,
    Signing,
):
    """Implements `core.ports.Transaction`. Good for one unit of work."""

    def __init__(self, db: Session, codec: Codec, chain: Chain, derive: Derive) -> None:
        self._db = db
        self._codec = codec
        self._made_of = chain, derive
        self._saving = Saving(db, codec, chain, derive)
        self._versions: dict[str, int] = {}

    @property
    def changed(self) -> Mapping[str, Changed]:
        """Requests this work has saved."""
        return self._saving.changed

    @property
    def logged(self) -> frozenset[str]:
        """Organisations whose ledger this work has added to."""
        return frozenset(self._saving.logged)

    def now(self) -> datetime:
        return self._db.now()

    def within(self, work: Callable[[Transaction, Reader], T], *, keep: bool = True) -> T:
        """What is not an `ApprovalError` ends the whole unit of work, and all is rolled back with it.

        The inner work begins without what this one remembers, and this one forgets it afterwards: either may have changed.
        """
        inner = StoreTransaction(self._db, self._codec, *self._made_of)
        self._db.run(_BEGIN_INNER)
        try:
            result = work(inner, InnerReader(self._db, self._codec))
        except ApprovalError:
            self._take_back()
            raise
        if keep:
            self._db.run(_END_INNER)
            self._saving.take_over(inner._saving)
            self._versions.clear()
        else:
            self._take_back()
        return result

    def _take_back(self) -> None:
        self._db.run(_UNDO_INNER)
        self._db.run(_END_INNER)

    def request(self, id: str, *, lock: bool = True) -> Request | None:
        return self._saving.request(id, lock=lock)

    def save(self, before: Request | None, after: Request, events: Sequence[tuple[Event, Actor]]) -> None:
        self._saving.save(before, after, events)

    def project(self, id: str) -> Project | None:
        known = self._saving.known_project(id)
        if known is not None:
            return known
        found = self._project_and_version(id)
        if found is None:
            return None
        self._versions[found[0].organisation] = found[1]
        return found[0]

    def rulebook_version(self, organisation: str) -> int:
        known = self._versions.get(organisation)
        return super().rulebook_version(organisation) if known is None else known

    def move_rulebook(self, organisation: str, version: int) -> None:
        super().move_rulebook(organisation, version)
        self._versions.pop(organisation, None)

    def note_refusal(self, request: Request, event: Event, actor: Actor) -> None:
        assert isinstance(event, Refused)  # noqa: S101 (the port says Event so that it need not know the kinds)
        key = {"request": request.id, "actor": actor.key, "command": event.command, "code": event.code}
        self._saving.lock(request.id)
        last = self._db.row(_REFUSED, key)
        if last is not None and event.at - last[0] < QUIET:
            self._db.send(_REFUSE, [key | {"at": last[0], "missed": last[1] + 1}])
            return
        missed = 0 if last is None else last[1]
        self._saving.append_to(request, replace(event, missed=missed), actor)
        self._db.send(_REFUSE, [key | {"at": event.at, "missed": 0}])

    def log(self, organisation: str, word: str, actor: Actor, payload: Mapping[str, Any]) -> None:
        made = self._saving.ledger_row(organisation, organisation, self.now(), word, actor, 0, payload)
        self._saving.append_to_organisation(*made)

    def count_open(self, requester: str, limit: int) -> int:
        kind, _, id = requester.partition(":")
        params = {"id": id, "requester": requester, "limit": limit}
        return min(int(self._db.rows(_OPEN_OF[kind], params)[0][0]), limit)

    def superseded_by(self, request: Request) -> Sequence[str]:
        params = {
            "organisation": request.organisation,
            "project": request.project,
            "supersede_key": request.supersede_key,
            "requester": request.requester.key,
            "team": request.requester.team,
            "id": request.id,
        }
        return [row[0] for row in self._db.rows(_SUPERSEDED, params)]

    def remembered(self, credential: str, key: str, *, then: str | None = None) -> Remembered | None:
        if then is not None:
            self._saving.ahead(then)
        row = self._db.row(_REPLY, {"credential": credential, "key": key})
        return None if row is None or row[3] <= self.now() - KEPT else Remembered(*row[:3])

    def remember(self, credential: str, key: str, entry: Remembered) -> None:
        values = {
            "credential": credential,
            "key": key,
            "body": entry.body,
            "request": entry.request,
            "reply": dict(entry.reply),
            "at": self.now(),
            "since": self.now() - KEPT,
        }
        taken = KeyTaken("This Idempotency-Key has just been used; repeat the call.")
        self._db.change(_REMEMBER, values, taken)

    def draw(self, organisation: str, block: int) -> int:
        """Move the organisation's counter on by `block`; where it stands then."""
        return int(self._db.rows(_DRAW, {"organisation": organisation, "value": block})[0][0])

    def forget(self, limit: int) -> int:
        now = self.now()
        old = [(_OLD_REPLIES, now - KEPT), (_OLD_CODES, now), (_OLD_REFUSALS, now - KEPT), (_OLD_TURNS, now - KEPT)]
        old.append((_OLD_PASSES, now))
        gone = sum(self._db.run(statement, {"before": before, "limit": limit}) for statement, before in old)
        return gone + self.forget_inquiries(limit)
