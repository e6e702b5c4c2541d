"""Endpoints, how far each has been told, what it has not taken, and the feed they are told from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, case, delete, exists, func, insert, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.errors import Conflict
from core.model.endpoint import KEPT, MOST_ARREARS, Arrear, Attempt, Endpoint, EndpointSecret, Progress
from core.ports import FeedRow, Told
from core.store.driver import Params, Row, Session
from core.store.ledger_rows import ledger_row
from core.store.tables import arrears, attempts, endpoint_secrets, endpoints, events, requests, seals

MOST_ATTEMPTS: Final = 1000
"""Attempts kept for one endpoint, but for what an hour adds."""

_NOUN: Final = tuple(endpoints.c[name] for name in Endpoint.__dataclass_fields__)
_STATE: Final = tuple(endpoints.c[name] for name in Progress.__dataclass_fields__)
_OF: Final = endpoints.c.organisation == bindparam("organisation")
_ALL: Final = select(*_NOUN).where(_OF).order_by(endpoints.c.name)
_ONE: Final = select(*_NOUN).where(_OF, endpoints.c.id == bindparam("id"))
_PROGRESS: Final = select(endpoints.c.id, *_STATE).where(_OF)
_SECRETS: Final = (
    select(*(endpoint_secrets.c[name] for name in EndpointSecret.__dataclass_fields__))
    .where(endpoint_secrets.c.endpoint == bindparam("endpoint"))
    .order_by(endpoint_secrets.c.created_at.desc(), endpoint_secrets.c.id.desc())
)
_ARREARS: Final = (
    select(*(arrears.c[name] for name in Arrear.__dataclass_fields__))
    .where(arrears.c.endpoint == bindparam("endpoint"))
    .order_by(arrears.c.next_try_at, arrears.c.request)
)
_ATTEMPT_COLUMNS: Final = tuple(attempts.c[name] for name in Attempt.__dataclass_fields__)
_ATTEMPTS: Final = (
    select(*_ATTEMPT_COLUMNS)
    .where(attempts.c.endpoint == bindparam("endpoint"), attempts.c.id < bindparam("before"))
    .order_by(attempts.c.id.desc())
    .limit(bindparam("limit"))
)
_ATTEMPT: Final = select(*_ATTEMPT_COLUMNS).where(
    attempts.c.endpoint == bindparam("endpoint"), attempts.c.id == bindparam("id")
)
_head = (
    select(seals.c.last)
    .where(seals.c.organisation == endpoints.c.organisation)
    .order_by(seals.c.number.desc())
    .limit(1)
    .correlate(endpoints)
    .scalar_subquery()
)
HEAD: Final = (
    select(seals.c.last)
    .where(seals.c.organisation == bindparam("organisation"))
    .order_by(seals.c.number.desc())
    .limit(1)
)
_behind = (
    select(func.count())
    .select_from(arrears)
    .where(arrears.c.endpoint == endpoints.c.id, ~arrears.c.parked)
    .correlate(endpoints)
    .scalar_subquery()
)
_due = exists().where(
    arrears.c.endpoint == endpoints.c.id, ~arrears.c.parked, arrears.c.next_try_at <= bindparam("now")
)
_signed = exists().where(endpoint_secrets.c.endpoint == endpoints.c.id, endpoint_secrets.c.until.is_(None))
WAITING: Final = (
    select(endpoints.c.organisation, endpoints.c.id)
    .where(
        ~endpoints.c.paused,
        endpoints.c.parked_at.is_(None),
        _signed,
        or_(_due, (endpoints.c.cursor < _head) & (_behind < MOST_ARREARS)),
    )
    .order_by(endpoints.c.organisation, endpoints.c.id)
)
_ANY: Final = select(endpoints.c.id).limit(1)
FEED_ROWS: Final = (
    select(*events.c, requests.c.project, requests.c.type, requests.c.requester, requests.c.on_behalf_of)
    .outerjoin(requests, requests.c.id == events.c.request)
    .where(events.c.organisation == bindparam("organisation"), events.c.position > bindparam("after"))
    .order_by(events.c.position)
    .limit(bindparam("limit"))
)
_new = upsert(endpoints).values(
    {column.name: bindparam(column.name) for column in _NOUN}
    | {
        "cursor": func.coalesce(
            select(seals.c.last)
            .where(seals.c.organisation == bindparam("organisation"))
            .order_by(seals.c.number.desc())
            .limit(1)
            .scalar_subquery(),
            0,
        )
    }
)
_PUT: Final = _new.on_conflict_do_update(
    index_elements=[endpoints.c.id],
    set_={name: _new.excluded[name] for name in ("name", "url", "events", "projects", "types", "paused")},
    where=endpoints.c.organisation == _new.excluded.organisation,
)
_NEW_SECRET: Final = insert(endpoint_secrets)
_END_SECRETS: Final = (
    update(endpoint_secrets)
    .where(endpoint_secrets.c.endpoint == bindparam("b_endpoint"), endpoint_secrets.c.until.is_(None))
    .values(until=bindparam("end"))
)
_DROP_SPENT: Final = delete(endpoint_secrets).where(
    endpoint_secrets.c.endpoint == bindparam("b_endpoint"), endpoint_secrets.c.until <= bindparam("now")
)
_REMOVE: Final = tuple(
    delete(table).where(column == bindparam("b_id"))
    for table, column in (
        (attempts, attempts.c.endpoint),
        (arrears, arrears.c.endpoint),
        (endpoint_secrets, endpoint_secrets.c.endpoint),
        (endpoints, endpoints.c.id),
    )
)


def _moment(name: str) -> Any:
    return bindparam(name, type_=endpoints.c.delivered_at.type)


_problem = bindparam("b_problem", type_=endpoints.c.problem.type)
_MOVE: Final = (
    update(endpoints)
    .where(endpoints.c.id == bindparam("b_id"))
    .values(
        cursor=case((endpoints.c.cursor < bindparam("b_cursor"), bindparam("b_cursor")), else_=endpoints.c.cursor),
        delivered_at=func.coalesce(_moment("b_delivered_at"), endpoints.c.delivered_at),
        failed_at=func.coalesce(_moment("b_failed_at"), endpoints.c.failed_at),
        problem=case(
            (_problem.is_not(None), _problem), (_moment("b_delivered_at").is_not(None), None), else_=endpoints.c.problem
        ),
        parked_at=func.coalesce(_moment("b_parked_at"), endpoints.c.parked_at),
    )
)
_new_arrear = upsert(arrears)
_PUT_ARREAR: Final = _new_arrear.on_conflict_do_update(
    index_elements=[arrears.c.endpoint, arrears.c.request],
    set_={
        name: _new_arrear.excluded[name] for name in ("seq", "attempts", "since", "next_try_at", "problem", "parked")
    },
)
_SETTLE: Final = delete(arrears).where(
    arrears.c.endpoint == bindparam("b_endpoint"), arrears.c.request == bindparam("b_request")
)
_NOTE: Final = insert(attempts)
_RESUME: Final = update(endpoints).where(endpoints.c.id == bindparam("b_id")).values(parked_at=null(), problem=null())
_RETRY: Final = (
    update(arrears)
    .where(arrears.c.endpoint == bindparam("b_endpoint"))
    .values(next_try_at=bindparam("now"), since=bindparam("now"), attempts=0, parked=False)
)
_HURRY: Final = (
    update(arrears)
    .where(arrears.c.endpoint == bindparam("b_endpoint"), ~arrears.c.parked)
    .values(next_try_at=bindparam("now"))
)
_old = (
    select(attempts.c.id).where(attempts.c.at <= bindparam("before")).order_by(attempts.c.at).limit(bindparam("limit"))
)
_FORGET: Final = delete(attempts).where(attempts.c.id.in_(_old))
_GIVE_UP: Final = delete(arrears).where(arrears.c.parked, arrears.c.since <= bindparam("before"))
_CROWDED: Final = select(attempts.c.endpoint).group_by(attempts.c.endpoint).having(func.count() > bindparam("most"))
_LAST_KEPT: Final = (
    select(attempts.c.id)
    .where(attempts.c.endpoint == bindparam("endpoint"))
    .order_by(attempts.c.id.desc())
    .limit(1)
    .offset(bindparam("most"))
)
_TRIM: Final = delete(attempts).where(
    attempts.c.endpoint == bindparam("b_endpoint"), attempts.c.id <= bindparam("last")
)
_LARGEST: Final = 2**62


class EndpointReads:
    """The reads of `Reader` and `Transaction` about endpoints and their feed."""

    _db: Session

    def endpoints(self, organisation: str) -> Sequence[Endpoint]:
        return [_endpoint(row) for row in self._db.rows(_ALL, {"organisation": organisation})]

    def endpoint(self, organisation: str, id: str) -> Endpoint | None:
        row = self._db.row(_ONE, {"organisation": organisation, "id": id})
        return None if row is None else _endpoint(row)

    def endpoint_progress(self, organisation: str) -> dict[str, Progress]:
        return {row[0]: Progress(*row[1:]) for row in self._db.rows(_PROGRESS, {"organisation": organisation})}

    def endpoint_secrets(self, endpoint: str) -> Sequence[EndpointSecret]:
        return [EndpointSecret(*row) for row in self._db.rows(_SECRETS, {"endpoint": endpoint})]

    def arrears(self, endpoint: str) -> Sequence[Arrear]:
        return [_arrear(row) for row in self._db.rows(_ARREARS, {"endpoint": endpoint})]

    def attempts(self, endpoint: str, *, before: int | None, limit: int) -> Sequence[Attempt]:
        params: Params = {"endpoint": endpoint, "before": before or _LARGEST, "limit": limit}
        return [_attempt(row) for row in self._db.rows(_ATTEMPTS, params)]

    def attempt(self, endpoint: str, id: int) -> Attempt | None:
        row = self._db.row(_ATTEMPT, {"endpoint": endpoint, "id": id})
        return None if row is None else _attempt(row)

    def has_endpoints(self) -> bool:
        return self._db.row(_ANY) is not None

    def endpoints_waiting(self, now: datetime) -> Sequence[tuple[str, str]]:
        return [(row[0], row[1]) for row in self._db.rows(WAITING, {"now": now})]

    def feed_head(self, organisation: str) -> int:
        row = self._db.row(HEAD, {"organisation": organisation})
        return 0 if row is None else int(row[0])

    def feed_rows(self, organisation: str, *, after: int, limit: int) -> Sequence[FeedRow]:
        found = self._db.rows(FEED_ROWS, {"organisation": organisation, "after": after, "limit": limit})
        return [FeedRow(ledger_row(row[:-4]), *row[-4:]) for row in found]


class Telling(EndpointReads):
    """The part of a transaction that sets endpoints up and notes how they are told."""

    def put_endpoint(self, endpoint: Endpoint) -> None:
        values = {name: getattr(endpoint, name) for name in Endpoint.__dataclass_fields__}
        lists = {name: _listed(values[name]) for name in ("events", "projects", "types")}
        if self._db.run(_PUT, values | lists) != 1:
            raise Conflict("This id belongs to another organisation; nothing was changed.")

    def drop_endpoint(self, endpoint: Endpoint) -> None:
        for statement in _REMOVE:
            self._db.run(statement, {"b_id": endpoint.id})

    def keep_endpoint_secret(self, secret: EndpointSecret, *, others_until: datetime) -> None:
        self._db.run(_END_SECRETS, {"b_endpoint": secret.endpoint, "end": others_until})
        self._db.run(_DROP_SPENT, {"b_endpoint": secret.endpoint, "now": secret.created_at})
        self._db.send(_NEW_SECRET, [{name: getattr(secret, name) for name in EndpointSecret.__dataclass_fields__}])

    def note_told(self, told: Told) -> bool:
        moved = {
            "b_id": told.endpoint,
            "b_cursor": told.cursor,
            "b_delivered_at": told.delivered_at,
            "b_failed_at": told.failed_at,
            "b_problem": told.problem,
            "b_parked_at": told.parked_at,
        }
        if self._db.run(_MOVE, moved) != 1:
            return False
        for request in told.settled:
            self._db.run(_SETTLE, {"b_endpoint": told.endpoint, "b_request": request})
        self._db.send(_PUT_ARREAR, [_values(one) for one in told.arrears])
        self._db.send(_NOTE, [_without_id(one) for one in told.attempts])
        if told.recovered:
            self._db.run(_HURRY, {"b_endpoint": told.endpoint, "now": self._db.now()})
        return True

    def resume_endpoint(self, endpoint: str) -> None:
        self._db.run(_RESUME, {"b_id": endpoint})
        self._db.run(_RETRY, {"b_endpoint": endpoint, "now": self._db.now()})

    def forget_attempts(self, limit: int) -> int:
        before = self._db.now() - KEPT
        self._db.run(_GIVE_UP, {"before": before})
        for (endpoint,) in self._db.rows(_CROWDED, {"most": MOST_ATTEMPTS}):
            last = self._db.row(_LAST_KEPT, {"endpoint": endpoint, "most": MOST_ATTEMPTS})
            if last is not None:
                self._db.run(_TRIM, {"b_endpoint": endpoint, "last": last[0]})
        return self._db.run(_FORGET, {"before": before, "limit": limit})


def _endpoint(row: Row) -> Endpoint:
    values = dict(zip(Endpoint.__dataclass_fields__, row, strict=True))
    tuples = {name: None if values[name] is None else tuple(values[name]) for name in ("events", "projects", "types")}
    return Endpoint(**(values | tuples | {"paused": bool(values["paused"])}))


def _arrear(row: Row) -> Arrear:
    values = dict(zip(Arrear.__dataclass_fields__, row, strict=True))
    return Arrear(**(values | {"parked": bool(values["parked"])}))


def _attempt(row: Row) -> Attempt:
    values = dict(zip(Attempt.__dataclass_fields__, row, strict=True))
    return Attempt(**(values | {"delivered": bool(values["delivered"])}))


def _listed(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else list(words)


def _values(noun: Any) -> Params:
    return {name: getattr(noun, name) for name in type(noun).__dataclass_fields__}


def _without_id(attempt: Attempt) -> Params:
    return {name: value for name, value in _values(attempt).items() if name != "id"}
