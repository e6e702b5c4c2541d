"""Past requests as they were asked, for judging them once more: only what that takes is read and built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import and_, bindparam, or_, select

from core.codec import Codec
from core.model.change import is_change_type
from core.model.request import Content, Requester, Stage
from core.ports import Asked
from core.store.columns import FAR_FUTURE
from core.store.driver import Session
from core.store.listing import read_cursor, write_cursor
from core.store.tables import requests

_LAST: Final = "\uffff"
"""Comes after every id."""

_PAGE: Final = (
    select(
        requests.c.created_at, requests.c.id, requests.c.number, requests.c.project, requests.c.type, requests.c.state
    )
    .where(
        requests.c.organisation == bindparam("organisation"),
        requests.c.created_at >= bindparam("since"),
        requests.c.created_at <= bindparam("at"),
        or_(
            requests.c.created_at < bindparam("at"),
            and_(requests.c.created_at == bindparam("at"), requests.c.id < bindparam("id")),
        ),
    )
    .order_by(requests.c.created_at.desc(), requests.c.id.desc())
    .limit(bindparam("limit"))
)


class PastReads:
    """The reads of `Reader` about what was asked once."""

    _db: Session
    _codec: Codec

    def asked(
        self, organisation: str, *, since: datetime, cursor: str | None, limit: int
    ) -> tuple[Sequence[Asked], str | None]:
        at, id = (FAR_FUTURE, _LAST) if cursor is None else read_cursor(cursor, "newest")
        found = self._db.rows(_PAGE, {"organisation": organisation, "since": since, "at": at, "id": id, "limit": limit})
        following = write_cursor("newest", (found[-1][0], found[-1][1])) if len(found) == limit else None
        return [_asked(row, self._codec) for row in found if not is_change_type(row[4])], following


def _asked(row: Sequence[Any], codec: Codec) -> Asked:
    at, _, number, project, _, state = row
    plain: Mapping[str, Any] = orjson.loads(state)
    named = plain.get("named")
    return Asked(
        number=number,
        project=project,
        requester=codec.build(plain["requester"], Requester),
        content=codec.build(plain.get("original") or plain["content"], Content),
        at=at,
        on_behalf_of=plain.get("on_behalf_of"),
        named=codec.build(named, tuple[Stage, ...]) if named else (),
        distinct=bool(plain.get("distinct")),
        notify=tuple(plain.get("notify") or ()),
    )
