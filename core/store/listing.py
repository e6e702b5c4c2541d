"""Lists of requests, a page at a time, each page from the end of an index.

A list may draw from several places of an index (one per principal waited for, per status, per project). Each such branch
yields a page's worth in order, and the branches are merged: the cost is O(page x branches), never how much is pending.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    desc,
    exists,
    or_,
    select,
    text,
    tuple_,
    union,
)

from core.codec import Codec
from core.errors import Invalid
from core.model.request import Request, Status
from core.ports import Filter, Page
from core.standing import NOT, without
from core.store.choices import among, chosen, width
from core.store.columns import LONG_AGO, UtcDateTime
from core.store.driver import Params, Session
from core.store.tables import answered, requests, waiting

BRANCHES: Final = 32
"""Branches in one statement; more are asked in several."""

CAME: Final = "came"
"""Among the columns of a branch: since when whoever is waited for is in the mirrored group it names."""

LEFT_OUT: Final = ("not_me", "not_them", "not_so")
"""Among the columns of a branch: the names under which the index says that whoever holds this one is not waited for."""

PROJECTS: Final = 24
"""Up to so many readable projects are branches; beyond, they are a condition on the newest."""

_OTHER: Final = waiting.alias("other")
_OPEN: Final = text("requests.status IN ('pending', 'asked_question')")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a list statement is made of, apart from values; statements are kept by shape."""

    source: str
    columns: tuple[str, ...]
    order: str
    conditions: frozenset[str]
    projects: int
    statuses: int
    after: bool
    branches: int


def page(db: Session, codec: Codec, organisation: str, filter: Filter, cursor: str | None, limit: int) -> Page:
    """One page, and where the next begins."""
    after = None if cursor is None else read_cursor(cursor, filter.order)
    keys = _keys(db, organisation, filter, after, limit + 1)
    here = keys[:limit]
    states = _states(db, codec, [id for _, id in here])
    following = write_cursor(filter.order, here[-1]) if len(keys) > limit else None
    return Page(tuple(states[id] for _, id in here if id in states), following)


def count(db: Session, organisation: str, filter: Filter, limit: int) -> int:
    """How many there are, counted up to `limit`."""
    return min(limit, len(_keys(db, organisation, filter, None, limit)))


# --------------------------------------------------------------------------------------------------------------- cursors


def write_cursor(order: str, key: tuple[datetime, str]) -> str:
    plain = json.dumps([order, key[0].isoformat(), key[1]], separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read_cursor(cursor: str, order: str) -> tuple[datetime, str]:
    """The key after which the page begins; `Invalid` for anything that is no cursor of a list in this order."""
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        made_for, moment, id = json.loads(plain)
        at = datetime.fromisoformat(moment)
        in_utc = at.astimezone(UTC)  # near the ends of the calendar another zone's moment is none in UTC
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _no_cursor() from error
    if made_for != order or not isinstance(id, str) or "\0" in id or at.tzinfo is None or not id.isprintable():
        raise _no_cursor()
    return in_utc, id


def _no_cursor() -> Invalid:
    return Invalid("This cursor is not one this list gave out; start again without a cursor.", field="cursor")


# ------------------------------------------------------------------------------------------------------------------ keys

Key = tuple[datetime, str]


def _keys(db: Session, organisation: str, filter: Filter, after: Key | None, limit: int) -> list[Key]:
    """The first `limit` keys of the list, each once, in order."""
    source, columns, branches = _branches(filter)
    conditions, common = _conditions(filter, columns)
    if after is not None:
        common |= {"after_key": after[0], "after_id": after[1]}
    common |= {"organisation": organisation, "limit": limit}
    found: set[Key] = set()
    for start in range(0, len(branches), BRANCHES):
        part = branches[start : start + BRANCHES]
        shape = Shape(
            source=source,
            columns=columns,
            order=filter.order,
            conditions=conditions,
            projects=_width_of(filter.projects) if "project" not in columns else 0,
            statuses=_width_of(filter.statuses) if "status" not in columns else 0,
            after=after is not None,
            branches=len(part),
        )
        found |= {(row[0], row[1]) for row in db.rows(statement(shape), common | _values(columns, part))}
    return sorted(found, reverse=filter.order != "deadline")[:limit]


def _width_of(values: frozenset[str] | None) -> int:
    return width(len(values)) if values else 0


def _values(columns: Sequence[str], branches: Sequence[tuple[Any, ...]]) -> Params:
    return {
        f"{column}_b{index}": value
        for index, branch in enumerate(branches)
        for column, value in zip(columns, branch, strict=True)
    }


def _branches(filter: Filter) -> tuple[str, tuple[str, ...], list[tuple[Any, ...]]]:
    """Where the list draws from, the columns a branch fixes, and their values branch by branch."""
    if filter.waiting_for is not None:
        return _waiting_branches(filter, sorted(filter.waiting_for))
    if filter.decided_by is not None:
        return "answered", ("member",), [(filter.decided_by,)]
    if filter.order == "deadline":
        return "deadline", (), [()]
    fixed, places = _narrowest(filter)
    if fixed == ("subject_kind", "subject_id"):
        return "requests", fixed, places
    if not (fixed or filter.statuses):
        return "requests", (), [()]
    statuses = sorted(filter.statuses or {status.value for status in Status})
    return "requests", (*fixed, "status"), [(*place, status) for place, status in product(places, statuses)]


def _waiting_branches(filter: Filter, names: Sequence[str]) -> tuple[str, tuple[str, ...], list[tuple[Any, ...]]]:
    """One for each name, and for each member who holds it."""
    columns: tuple[str, ...] = ("principal",)
    branches: list[tuple[Any, ...]] = [(name,) for name in names]
    came: Mapping[str, datetime] = filter.came or {}
    if not came.keys().isdisjoint(names):
        columns += (CAME,)
        branches = [(*branch, came.get(branch[0], LONG_AGO)) for branch in branches]
    if filter.held_by is not None:
        columns += LEFT_OUT
        held = [(branch, member) for branch in branches for member in sorted(filter.held_by.get(branch[0], ()))]
        branches = [(*branch, *_left_out(filter, branch[0], member)) for branch, member in held]
    return "waiting", columns, branches


def _left_out(filter: Filter, name: str, member: str) -> tuple[str, ...]:
    return f"{NOT}{filter.unanswered_by or member}", f"{NOT}{member}", without(member, name)


def _narrowest(filter: Filter) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """The columns, besides status, of the index that narrows most."""
    if filter.subject_kind is not None and filter.subject_id is not None:
        return ("subject_kind", "subject_id"), [(filter.subject_kind, filter.subject_id)]
    if (requester := _requester(filter)) is not None:
        return ("requester",), [(requester,)]
    if filter.team is not None:
        return ("team",), [(filter.team,)]
    if filter.project is not None:
        return ("project",), [(filter.project,)]
    if filter.projects is not None and filter.visible_to is None and 0 < len(filter.projects) <= PROJECTS:
        return ("project",), [(project,) for project in sorted(filter.projects)]
    if filter.type is not None:
        return ("type",), [(filter.type,)]
    return (), [()]


def _requester(filter: Filter) -> str | None:
    return f"agent:{filter.agent}" if filter.agent is not None and filter.requester is None else filter.requester


def _conditions(filter: Filter, columns: Sequence[str]) -> tuple[frozenset[str], Params]:
    """The conditions left beside the branch's own columns, and every value they need."""
    equal = {
        "type": filter.type,
        "project": filter.project,
        "team": filter.team,
        "requester": _requester(filter),
        "subject_kind": filter.subject_kind,
        "subject_id": filter.subject_id,
    }
    other = {"since": filter.since, "until": filter.until, "unanswered_by": filter.unanswered_by}
    params: Params = {name: value for name, value in equal.items() if value is not None and name not in columns}
    params |= {name: value for name, value in other.items() if value is not None}
    if filter.agent is not None and filter.requester is not None:
        params["agent"] = f"agent:{filter.agent}"
    if filter.decided_by is not None and "member" not in columns:
        params["decided_by"] = filter.decided_by
    names = set(params)
    if filter.statuses and "status" not in columns:
        params |= chosen("status", sorted(filter.statuses), width(len(filter.statuses)))
        names.add("statuses")
    if filter.projects is not None and "project" not in columns:
        names.add("projects" if filter.projects else "no_projects")
        if filter.projects:
            params |= chosen("project", sorted(filter.projects), width(len(filter.projects)))
    elif filter.projects is not None and filter.project is not None and filter.project not in filter.projects:
        names.add("no_projects")
    if filter.visible_to is not None:
        names.add("visible")
        params |= {"visible_to": filter.visible_to, "behalf": filter.visible_to.removeprefix("member:")}
    return frozenset(names), params


# ------------------------------------------------------------------------------------------------------------ statements


@lru_cache(maxsize=1024)
def statement(shape: Shape) -> Select[Any]:
    """The statement of a shape: its branches, each ordered and limited, with every request once."""
    branches = [_branch(shape, index).subquery() for index in range(shape.branches)]
    together = union(*(select(branch) for branch in branches)).subquery()
    down = desc if shape.order != "deadline" else _as_is
    return (
        select(together.c.key, together.c.id)
        .order_by(down(together.c.key), down(together.c.id))
        .limit(bindparam("limit"))
    )


def _as_is(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column


def _branch(shape: Shape, index: int) -> Select[Any]:
    table, key, id = _source(shape)
    fixed = [_fixed(table, name, f"{name}_b{index}") for name in shape.columns if name not in LEFT_OUT]
    if LEFT_OUT[0] in shape.columns:
        fixed.append(_not_left_out([f"{name}_b{index}" for name in LEFT_OUT]))
    chosen = select(key.label("key"), id.label("id")).where(
        table.c.organisation == bindparam("organisation"), *fixed, *_where(shape)
    )
    if shape.source not in {"requests", "deadline"} and _needs_request(shape):
        chosen = chosen.join(requests, requests.c.id == id)
    if shape.source == "answered":
        chosen = chosen.distinct()
    down = desc if shape.order != "deadline" else _as_is
    if shape.after:
        chosen = chosen.where(_beyond(shape, key, id))
    return chosen.order_by(down(key), down(id)).limit(bindparam("limit"))


def _fixed(table: FromClause, name: str, value: str) -> ColumnElement[bool]:
    if name != CAME:
        return table.c[name] == bindparam(value)
    return or_(waiting.c.late_after.is_(None), waiting.c.late_after >= bindparam(value))


def _not_left_out(values: Sequence[str]) -> ColumnElement[bool]:
    names: list[ColumnElement[Any]] = [bindparam(value) for value in values]
    return ~exists().where(_OTHER.c.request == waiting.c.request, _OTHER.c.principal.in_(names))


def _beyond(shape: Shape, key: ColumnElement[Any], id: ColumnElement[Any]) -> ColumnElement[bool]:
    here = tuple_(key, id)
    there = tuple_(bindparam("after_key", type_=UtcDateTime()), bindparam("after_id", type_=id.type))
    return here > there if shape.order == "deadline" else here < there


def _source(shape: Shape) -> tuple[FromClause, ColumnElement[Any], ColumnElement[Any]]:
    match shape.source:
        case "waiting":
            key = waiting.c.deadline if shape.order == "deadline" else waiting.c.created_at
            return waiting, key, waiting.c.request
        case "answered":
            key = requests.c.deadline if shape.order == "deadline" else answered.c.created_at
            return answered, key, answered.c.request
        case "deadline":
            return requests, requests.c.deadline, requests.c.id
        case _:
            return requests, requests.c.created_at, requests.c.id


def _needs_request(shape: Shape) -> bool:
    return bool(shape.conditions) or (shape.source == "answered" and shape.order == "deadline")


def _where(shape: Shape) -> Iterator[ColumnElement[bool]]:
    yield from (
        requests.c[name] == bindparam(name)
        for name in ("type", "project", "team", "requester", "subject_kind", "subject_id")
        if name in shape.conditions
    )
    if "agent" in shape.conditions:
        yield requests.c.requester == bindparam("agent")
    if "since" in shape.conditions:
        yield requests.c.created_at >= bindparam("since")
    if "until" in shape.conditions:
        yield requests.c.created_at < bindparam("until")
    if "statuses" in shape.conditions:
        yield among(requests.c.status, "status", shape.statuses)
    if shape.order == "deadline" and shape.source != "waiting":
        yield _OPEN.self_group()  # type: ignore[misc]
    yield from _seen(shape)
    yield from _answers(shape)


def _seen(shape: Shape) -> Iterator[ColumnElement[bool]]:
    """What of the organisation's requests may be listed."""
    allowed: list[ColumnElement[bool]] = []
    if "projects" in shape.conditions:
        allowed.append(among(requests.c.project, "project", shape.projects))
    if "visible" in shape.conditions:
        allowed.append(requests.c.requester == bindparam("visible_to"))
        allowed.append(requests.c.on_behalf_of == bindparam("behalf"))
    if allowed:
        yield or_(*allowed)
    elif "no_projects" in shape.conditions:
        yield requests.c.id.is_(None)


def _answers(shape: Shape) -> Iterator[ColumnElement[bool]]:
    if "unanswered_by" in shape.conditions:
        yield ~exists().where(
            answered.c.request == requests.c.id,
            answered.c.member == bindparam("unanswered_by"),
            answered.c.live,
            answered.c.revision == requests.c.revision,
            answered.c.stage == requests.c.stage,
        )
    if "decided_by" in shape.conditions:
        yield exists().where(answered.c.request == requests.c.id, answered.c.member == bindparam("decided_by"))


@lru_cache(maxsize=16)
def _states_of(places: int) -> Select[Any]:
    return select(requests.c.id, requests.c.state).where(among(requests.c.id, "id", places))


def _states(db: Session, codec: Codec, ids: Sequence[str]) -> dict[str, Request]:
    if not ids:
        return {}
    places = width(len(ids))
    found = db.rows(_states_of(places), chosen("id", ids, places))
    return {id: codec.request(state) for id, state in found}
