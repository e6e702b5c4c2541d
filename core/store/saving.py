"""Loading one request and saving it with its events and all that follows from it: what every command costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Update, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.codec import Codec
from core.model.event import Edited, Event, Reminded, Revised
from core.model.organisation import Project
from core.model.people import Actor
from core.model.request import Decision, Life, Request
from core.ports import Chain, Changed, Derive, Head, LedgerRow, StaleVersion
from core.store import rows
from core.store.driver import Params, Session
from core.store.tables import answered, deliveries, events, organisations, projects, requests, waiting

_LOOKED_UP: Final = (
    "status",
    "type",
    "subject_kind",
    "subject_id",
    "supersede_key",
    "revision",
    "stage",
    "deadline",
    "next_due",
)
"""Columns that lists and queues look at; only those that changed are written, or SQLite would rewrite each one's index."""

_ALWAYS: Final = ("version", "ledger_seq", "ledger_hash", "waits_for", "state")

ON_NO_CARD: Final = (Reminded,)
"""What no card shows, so that none is drawn anew: thousands of reminders at once would hold up for hours, at Slack's pace,
the cards that people have just decided on."""

_STATE: Final = select(requests.c.state).where(requests.c.id == bindparam("id"))
_FOR_CHANGE: Final = (
    select(
        requests.c.state,
        requests.c.version,
        requests.c.ledger_seq,
        requests.c.ledger_hash,
        requests.c.waits_for,
        projects.c.id,
        projects.c.organisation,
        projects.c.name,
        projects.c.settings,
        projects.c.created_at,
        *(requests.c[name] for name in _LOOKED_UP),
    )
    .join(projects, projects.c.id == requests.c.project)
    .where(requests.c.id == bindparam("id"))
    .with_for_update(of=requests)
)
_NEW: Final = insert(requests)


@lru_cache(maxsize=256)
def _update(columns: tuple[str, ...]) -> Update:
    return (
        update(requests)
        .where(requests.c.id == bindparam("b_id"), requests.c.version == bindparam("b_version"))
        .values({name: bindparam(name) for name in columns})
    )


_ADVANCE: Final = (
    update(requests)
    .where(requests.c.id == bindparam("b_id"))
    .values(ledger_seq=bindparam("ledger_seq"), ledger_hash=bindparam("ledger_hash"))
)
_APPEND: Final = insert(events)
_WAIT: Final = insert(waiting)
_WAIT_NO_MORE: Final = delete(waiting).where(waiting.c.request == bindparam("request"))
_NOT_FOR: Final = delete(waiting).where(
    waiting.c.request == bindparam("request"), waiting.c.principal == bindparam("principal")
)
_MOVE_DEADLINE: Final = (
    update(waiting).where(waiting.c.request == bindparam("b_request")).values(deadline=bindparam("deadline"))
)
_MOVE_LATE: Final = (
    update(waiting)
    .where(waiting.c.request == bindparam("b_request"), waiting.c.principal == bindparam("b_principal"))
    .values(late_after=bindparam("late_after"))
)
_new_answer = upsert(answered)
_ANSWER: Final = _new_answer.on_conflict_do_update(
    index_elements=[answered.c.request, answered.c.decision],
    set_={name: _new_answer.excluded[name] for name in ("revision", "stage", "live")},
)
_WANT: Final = (
    update(deliveries)
    .where(deliveries.c.request == bindparam("b_request"), deliveries.c.wanted < bindparam("wanted"))
    .values(wanted=bindparam("wanted"))
)
_ORGANISATION_HEAD: Final = (
    select(organisations.c.ledger_seq, organisations.c.ledger_hash)
    .where(organisations.c.id == bindparam("id"))
    .with_for_update(key_share=True)
)
_ADVANCE_ORGANISATION: Final = (
    update(organisations)
    .where(organisations.c.id == bindparam("b_id"))
    .values(ledger_seq=bindparam("ledger_seq"), ledger_hash=bindparam("ledger_hash"))
)


@dataclass(slots=True)
class Loaded:
    """What the transaction knows of a request's row, which is locked until its end."""

    version: int = 0
    seq: int = 0
    hash: str = ""
    waits_for: str = ""
    looked_up: Params = field(default_factory=dict)


class Saving:
    """The part of a transaction that loads and saves requests and appends to the ledger."""

    def __init__(self, db: Session, codec: Codec, chain: Chain, derive: Derive) -> None:
        self._db = db
        self._codec = codec
        self._chain = chain
        self._derive = derive
        self._loaded: dict[str, Loaded] = {}
        self._projects: dict[str, Project] = {}
        self.changed: dict[str, Changed] = {}
        self.logged: set[str] = set()

    def ahead(self, id: str) -> None:
        """This request will be asked for next, locked."""
        self._db.ahead(_FOR_CHANGE, {"id": id}, clock=True)

    def request(self, id: str, *, lock: bool = True) -> Request | None:
        row = self._db.row(_FOR_CHANGE if lock else _STATE, {"id": id}, clock=lock)
        if row is None:
            return None
        if lock:
            version, seq, hashed, waits_for = row[1:5]
            self._loaded[id] = Loaded(version, seq, hashed, waits_for, dict(zip(_LOOKED_UP, row[10:], strict=True)))
            self._projects[row[5]] = rows.project(row[5:10], self._codec)
        return self._codec.request(row[0])

    def known_project(self, id: str) -> Project | None:
        """The project that came along with a request of it."""
        return self._projects.get(id)

    def save(self, before: Request | None, after: Request, events: Sequence[tuple[Event, Actor]]) -> None:
        known = Loaded() if before is None else self._known(before)
        derived = self._derive(after)
        values = rows.request_values(after, derived, self._codec)
        self._append(known, self._rows_of(after, before, events))
        values |= {"ledger_seq": known.seq, "ledger_hash": known.hash}
        if before is None:
            self._db.send(_NEW, [values])
        else:
            self._update(before, known, values)
            if not all(isinstance(event, ON_NO_CARD) for event, _ in events):
                self._db.send(_WANT, [{"b_request": before.id, "wanted": values["version"]}])
        self._wait(before, after, known, values)
        self._answer(before, after)
        known.version, known.waits_for = after.version, values["waits_for"]
        known.looked_up = {name: values[name] for name in _LOOKED_UP}
        self._loaded[after.id] = known
        self.changed[after.id] = Changed(after.organisation, after.id, after.version)

    def take_over(self, inner: Saving) -> None:
        """What was saved inside counts as saved here; what was known before may have changed."""
        self.changed |= inner.changed
        self.logged |= inner.logged
        self._loaded |= inner._loaded
        self._projects.clear()

    def lock(self, id: str) -> None:
        """Nobody else writes to this request or its ledger until the end."""
        self._head(id)

    def append_to(self, request: Request, event: Event, actor: Actor) -> None:
        """One more ledger row of a request that itself stays as it is."""
        known = self._head(request.id)
        row = self._row(request.organisation, request.id, event, actor, request.revision)
        self._append(known, [row])
        self._db.send(_ADVANCE, [{"b_id": request.id, "ledger_seq": known.seq, "ledger_hash": known.hash}])

    def append_to_organisation(self, row: LedgerRow, text: str) -> None:
        """One more row of the organisation's own chain."""
        head = self._db.row(_ORGANISATION_HEAD, {"id": row.organisation}) or (0, "")
        known = Loaded(seq=head[0], hash=head[1])
        self._append(known, [(row, text)])
        advanced = {"b_id": row.organisation, "ledger_seq": known.seq, "ledger_hash": known.hash}
        self._db.send(_ADVANCE_ORGANISATION, [advanced])

    def _known(self, before: Request) -> Loaded:
        known = self._head(before.id)
        if known.version != before.version:
            raise StaleVersion(before.id)
        return known

    def _head(self, id: str) -> Loaded:
        if id not in self._loaded and self.request(id) is None:
            raise StaleVersion(id)
        return self._loaded[id]

    def _update(self, before: Request, known: Loaded, values: Params) -> None:
        moved = (name for name in _LOOKED_UP if known.looked_up[name] != values[name])
        changed = {name: values[name] for name in (*_ALWAYS, *moved)}
        params = {"b_id": before.id, "b_version": before.version, **changed}
        self._db.change(_update(tuple(changed)), params, StaleVersion(before.id))

    def _rows_of(
        self, after: Request, before: Request | None, events: Sequence[tuple[Event, Actor]]
    ) -> list[tuple[LedgerRow, str]]:
        revision, made = (1 if before is None else before.revision), []
        for event, actor in events:
            revision = event.revision if isinstance(event, Edited | Revised) else revision
            made.append(self._row(after.organisation, after.id, event, actor, revision))
        return made

    def _row(self, owner: str, request: str, event: Event, actor: Actor, revision: int) -> tuple[LedgerRow, str]:
        word, payload = self._codec.payload(event)
        return self.ledger_row(owner, request, event.at, word, actor, revision, payload)

    def ledger_row(  # noqa: PLR0917 (in the order of the row's columns)
        self,
        owner: str,
        request: str,
        at: datetime,
        word: str,
        actor: Actor,
        revision: int,
        payload: Mapping[str, Any],
    ) -> tuple[LedgerRow, str]:
        """A row not yet chained, and its payload's text."""
        text = self._chain.canonical(payload)
        row = LedgerRow(
            id=0,
            organisation=owner,
            request=request,
            seq=0,
            at=at,
            word=word,
            actor=actor.key,
            way=actor.way.value,
            revision=revision,
            payload=payload,
            payload_digest=self._chain.digest(text),
            previous="",
            hash="",
        )
        return row, text

    def _append(self, known: Loaded, made: Sequence[tuple[LedgerRow, str]]) -> None:
        """Chain the rows to the head, which moves along, and write them."""
        values = []
        for row, text in made:
            linked = self._chain.link(row, Head(known.seq, known.hash))
            known.seq, known.hash = linked.seq, linked.hash
            values.append(rows.ledger_values(linked, text))
            self.logged.add(linked.organisation)
        if values:
            self._db.send(_APPEND, values)

    def _wait(self, before: Request | None, after: Request, known: Loaded, values: Params) -> None:
        """Bring the rows of `waiting` to what the request waits for now; unchanged ones are left alone."""
        old, new = set(known.waits_for.split()), set(values["waits_for"].split())
        if old and not new:
            self._db.send(_WAIT_NO_MORE, [{"request": after.id}])
            return
        if gone := sorted(old - new):
            self._db.send(_NOT_FOR, [{"request": after.id, "principal": name} for name in gone])
        if old & new and known.looked_up["deadline"] != values["deadline"]:
            self._db.send(_MOVE_DEADLINE, [{"b_request": after.id, "deadline": values["deadline"]}])
        if before is not None and before.late_after != after.late_after and (still := _groups(old & new)):
            moved = {"b_request": after.id, "late_after": after.late_after}
            self._db.send(_MOVE_LATE, [{"b_principal": name, **moved} for name in still])
        if fresh := sorted(new - old):
            common = {name: values[name] for name in ("organisation", "deadline", "created_at")}
            late = dict.fromkeys(_groups(fresh), after.late_after)
            made = ({"principal": name, "late_after": late.get(name)} for name in fresh)
            self._db.send(_WAIT, [{"request": after.id, **common, **one} for one in made])

    def _answer(self, before: Request | None, after: Request) -> None:
        known = {} if before is None else {decision.id: decision for decision in before.decisions}
        fresh = [decision for decision in after.decisions if known.get(decision.id) != decision]
        if fresh:
            self._db.send(_ANSWER, [values for decision in fresh for values in _answers_of(after, decision)])


def _groups(principals: Iterable[str]) -> list[str]:
    return sorted(name for name in principals if name.startswith("group:"))


def _answers_of(request: Request, decision: Decision) -> list[Params]:
    """One of whoever gave it, and one of each in whose place it was given."""
    own = _answer_values(request, decision)
    others = (one.delegator for one in decision.delegated)
    return [own, *(own | {"decision": f"{decision.id}/{member[-20:]}", "member": member} for member in others)]


def _answer_values(request: Request, decision: Decision) -> Params:
    return {
        "request": request.id,
        "decision": decision.id,
        "organisation": request.organisation,
        "member": decision.member,
        "revision": decision.revision,
        "stage": decision.stage,
        "live": decision.life is Life.LIVE,
        "at": decision.at,
        "created_at": request.created_at,
    }
