"""Judges outside: policies and checks as they are kept, what was asked of them, and which of them are in trouble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, func, literal_column, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.codec import Codec
from core.errors import Conflict
from core.model.check import CheckDefinition
from core.model.inquiry import Inquiry, Kind, Progress
from core.model.policy import Policy
from core.model.request import Request
from core.store.columns import LONG_AGO
from core.store.driver import Params, Row, Session
from core.store.tables import check_definitions, inquiries, outside_troubles, policies

_POLICIES: Final = (
    select(policies.c.state)
    .where(policies.c.organisation == bindparam("organisation"))
    .order_by(policies.c.place, policies.c.id)
)
_CHECKS: Final = (
    select(check_definitions.c.state)
    .where(check_definitions.c.organisation == bindparam("organisation"))
    .order_by(check_definitions.c.name)
)
_CHECK: Final = select(check_definitions.c.state).where(
    check_definitions.c.organisation == bindparam("organisation"), check_definitions.c.name == bindparam("name")
)
_new_policy = upsert(policies)
_PUT_POLICY: Final = _new_policy.on_conflict_do_update(
    index_elements=[policies.c.id],
    set_={name: _new_policy.excluded[name] for name in ("name", "state")},
    where=policies.c.organisation == _new_policy.excluded.organisation,
)
_DROP_POLICY: Final = delete(policies).where(policies.c.id == bindparam("id"))
_new_check = upsert(check_definitions)
_PUT_CHECK: Final = _new_check.on_conflict_do_update(
    index_elements=[check_definitions.c.id],
    set_={"state": _new_check.excluded.state},
    where=check_definitions.c.organisation == _new_check.excluded.organisation,
)
_DROP_CHECK: Final = delete(check_definitions).where(check_definitions.c.id == bindparam("id"))

_KEY: Final = ("request", "revision", "kind", "about")
_SAID: Final = ("state", "version", "run", "answer", "attempts", "next_try_at", "problem")
_OF: Final = (
    select(*inquiries.c)
    .where(inquiries.c.request == bindparam("request"), inquiries.c.revision == bindparam("revision"))
    .order_by(inquiries.c.kind, inquiries.c.about)
)
_new_inquiry = upsert(inquiries)
_ASK: Final = _new_inquiry.on_conflict_do_update(
    index_elements=[inquiries.c[name] for name in _KEY],
    set_={name: _new_inquiry.excluded[name] for name in _SAID if name != "run"}
    | {"run": literal_column("inquiries.run + 1")},
    where=inquiries.c.version != _new_inquiry.excluded.version,
)
OPEN: Final = text("state IN ('due', 'told')")
"""The queue's own words are those of its partial index, or the index cannot serve it."""

DONE: Final = text("state IN ('answered', 'waiting')")
"""Likewise: nothing is to be done about these, unless somebody wakes them."""

KEPT: Final = timedelta(days=30)
"""How long they are kept since they were last looked at; a policy would only be asked again."""
DUE_INQUIRIES: Final = (
    select(*inquiries.c)
    .where(OPEN, inquiries.c.next_try_at <= bindparam("now"), inquiries.c.claimed_until <= bindparam("now"))
    .order_by(inquiries.c.next_try_at, *(inquiries.c[name] for name in _KEY))
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
NEXT_INQUIRY: Final = select(func.min(inquiries.c.next_try_at)).where(OPEN)
_THIS: Final = tuple(inquiries.c[name] == bindparam(f"b_{name}") for name in _KEY)
_CLAIM: Final = (
    update(inquiries)
    .where(*_THIS)
    .values(owner=bindparam("owner"), claimed_until=bindparam("claimed_until", type_=inquiries.c.claimed_until.type))
)
_RECORD: Final = (
    update(inquiries)
    .where(*_THIS, inquiries.c.run == bindparam("b_run"))
    .values({name: bindparam(name) for name in (*_SAID, "claimed_until")})
)
_AGAIN: Final = _new_inquiry.on_conflict_do_update(
    index_elements=[inquiries.c[name] for name in _KEY],
    set_={name: _new_inquiry.excluded[name] for name in (*_SAID, "claimed_until") if name != "run"}
    | {"run": literal_column("inquiries.run + 1")},
)
_RELEASE: Final = (
    update(inquiries)
    .where(OPEN, inquiries.c.owner == bindparam("b_owner"))
    .values(claimed_until=bindparam("claimed_until", type_=inquiries.c.claimed_until.type))
)
_OVER: Final = delete(inquiries).where(*_THIS)
_WAKE: Final = (
    update(inquiries)
    .where(inquiries.c.about == bindparam("b_about"), text("state <> 'answered'"))
    .values(
        state=Progress.DUE.value,
        attempts=0,
        next_try_at=bindparam("next_try_at", type_=inquiries.c.next_try_at.type),
    )
)
_OLD: Final = (
    select(*(inquiries.c[name] for name in _KEY))
    .where(DONE, inquiries.c.next_try_at <= bindparam("before", type_=inquiries.c.next_try_at.type))
    .order_by(inquiries.c.next_try_at)
    .limit(bindparam("limit"))
)
_FORGET: Final = delete(inquiries).where(tuple_(*(inquiries.c[name] for name in _KEY)).in_(_OLD))
_TROUBLE: Final = upsert(outside_troubles).on_conflict_do_nothing(index_elements=[outside_troubles.c.about])
_WELL: Final = delete(outside_troubles).where(outside_troubles.c.about == bindparam("about"))
_TROUBLES: Final = select(outside_troubles.c.about, outside_troubles.c.problem).where(
    outside_troubles.c.organisation == bindparam("organisation")
)


class InquiryReads:
    """The reads of `Reader` and `Transaction` about them."""

    _db: Session
    _codec: Codec

    def policies(self, organisation: str) -> Sequence[Policy]:
        found = self._db.rows(_POLICIES, {"organisation": organisation})
        return [self._codec.build(row[0], Policy) for row in found]

    def checks(self, organisation: str) -> Sequence[CheckDefinition]:
        found = self._db.rows(_CHECKS, {"organisation": organisation})
        return [self._codec.build(row[0], CheckDefinition) for row in found]

    def check_called(self, organisation: str, name: str) -> CheckDefinition | None:
        row = self._db.row(_CHECK, {"organisation": organisation, "name": name})
        return None if row is None else self._codec.build(row[0], CheckDefinition)

    def inquiries(self, request: str, revision: int) -> Sequence[Inquiry]:
        return [_inquiry(row) for row in self._db.rows(_OF, {"request": request, "revision": revision})]

    def next_inquiry(self) -> datetime | None:
        row = self._db.row(NEXT_INQUIRY)
        return None if row is None else row[0]

    def outside_troubles(self, organisation: str) -> Mapping[str, str]:
        return {row[0]: row[1] for row in self._db.rows(_TROUBLES, {"organisation": organisation})}


class Inquiries(InquiryReads):
    """The part of a transaction that keeps them."""

    def put_policy(self, policy: Policy) -> None:
        values = {"id": policy.id, "organisation": policy.organisation, "name": policy.name, "place": policy.order}
        if self._db.run(_PUT_POLICY, values | {"state": self._codec.plain(policy)}) != 1:
            raise Conflict("This id belongs to another organisation; nothing was changed.")

    def drop_policy(self, policy: Policy) -> None:
        self._db.run(_DROP_POLICY, {"id": policy.id})
        self._db.run(_WELL, {"about": policy.id})

    def put_check(self, check: CheckDefinition) -> None:
        values = {"id": check.id, "organisation": check.organisation, "name": check.name}
        if self._db.run(_PUT_CHECK, values | {"state": self._codec.plain(check)}) != 1:
            raise Conflict("This id belongs to another organisation; nothing was changed.")

    def drop_check(self, check: CheckDefinition) -> None:
        self._db.run(_DROP_CHECK, {"id": check.id})
        self._db.run(_WELL, {"about": check.id})

    def inquire(self, wanted: Sequence[Inquiry]) -> None:
        self._db.send(_ASK, [_values(one) | {"owner": None, "claimed_until": LONG_AGO} for one in wanted])

    def inquire_again(self, request: Request, check: CheckDefinition) -> None:
        organisation, revision, now = request.organisation, request.revision, self._db.now()
        again = Inquiry(organisation, request.id, revision, Kind.CHECK, check.id, Progress.DUE, next_try_at=now)
        self._db.run(_AGAIN, _values(again) | {"owner": None, "claimed_until": LONG_AGO})

    def wake_inquiries(self, about: str) -> None:
        self._db.run(_WAKE, {"b_about": about, "next_try_at": self._db.now()})

    def claim_inquiries(self, owner: str, seconds: float, limit: int) -> Sequence[Inquiry]:
        now = self._db.now()
        found = [_inquiry(row) for row in self._db.rows(DUE_INQUIRIES, {"now": now, "limit": limit})]
        claim = {"owner": owner, "claimed_until": now + timedelta(seconds=seconds)}
        self._db.send(_CLAIM, [_key(one) | claim for one in found])
        return found

    def release_inquiries(self, owner: str) -> None:
        self._db.run(_RELEASE, {"b_owner": owner, "claimed_until": LONG_AGO})

    def record_inquiry(self, inquiry: Inquiry) -> None:
        said = {name: value for name, value in _values(inquiry).items() if name in _SAID}
        self._db.run(_RECORD, _key(inquiry) | {"b_run": inquiry.run} | said | {"claimed_until": LONG_AGO})

    def end_inquiry(self, inquiry: Inquiry) -> None:
        self._db.run(_OVER, _key(inquiry))

    def forget_inquiries(self, limit: int) -> int:
        return self._db.run(_FORGET, {"before": self._db.now() - KEPT, "limit": limit})

    def note_outside_trouble(self, organisation: str, about: str, problem: str) -> bool:
        values = {"about": about, "organisation": organisation, "problem": problem, "since": self._db.now()}
        return self._db.run(_TROUBLE, values) == 1

    def clear_outside_trouble(self, about: str) -> bool:
        return self._db.run(_WELL, {"about": about}) == 1


def _inquiry(row: Row) -> Inquiry:
    organisation, request, revision, kind, about, state, *said = row[:12]
    return Inquiry(organisation, request, revision, Kind(kind), about, Progress(state), *said)


def _values(inquiry: Inquiry) -> Params:
    values = asdict(inquiry)
    return values | {
        "kind": inquiry.kind.value,
        "state": inquiry.state.value,
        "next_try_at": inquiry.next_try_at or LONG_AGO,
    }


def _key(inquiry: Inquiry) -> Params:
    return {
        "b_request": inquiry.request,
        "b_revision": inquiry.revision,
        "b_kind": inquiry.kind.value,
        "b_about": inquiry.about,
    }
