"""From rows to nouns and back, one pair of functions per table. Column order is the tables' own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from core.codec import Codec
from core.model.organisation import Agent, ApiKey, Group, Identity, Member, Organisation, Project, Settings, Token
from core.model.people import Verb
from core.model.request import ExecutionStatus, Request
from core.ports import Delivery, Derived, LedgerRow, Notice, Seal
from core.store.columns import FAR_FUTURE, LONG_AGO
from core.store.driver import Params, Row

MOST_PROJECTS: Final = 256
"""Projects kept as read."""


def member(row: Row) -> Member:
    return Member(*row)


def identity(row: Row) -> Identity:
    return Identity(*row)


def group(row: Row) -> Group:
    return Group(*row)


def organisation(row: Row) -> Organisation:
    return Organisation(row[0], row[1], row[2], bool(row[3]), row[4], row[5])


@lru_cache(maxsize=MOST_PROJECTS)
def project(row: Row, codec: Codec) -> Project:
    """The same row is the very same project: it is known what follows from it."""
    id, owner, name, settings, created_at = row
    return Project(id, owner, name, codec.settings(settings), created_at)


def agent(row: Row) -> Agent:
    id, owner, name, team, acts_for, owners, suspended, created_at = row
    return Agent(id, owner, name, team, acts_for, tuple(owners), suspended, created_at)


def api_key(row: Row) -> ApiKey:
    id, owner, agent, label, verbs, projects, facts, created_at, expires_at, revoked_at, last_used_at = row[:11]
    return ApiKey(
        id=id,
        organisation=owner,
        agent=agent,
        label=label,
        verbs=frozenset(Verb(verb) for verb in verbs),
        projects=None if projects is None else frozenset(projects),
        facts=facts,
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
        last_used_at=last_used_at,
    )


def token(row: Row) -> Token:
    return Token(*row[:8])


def noun_values(noun: Any, codec: Codec) -> Params:
    """Every field of an admin's noun under its column's name."""
    names = type(noun).__dataclass_fields__
    values = {name: getattr(noun, name) for name in names}
    return {name: _stored(value, codec) for name, value in values.items()}


def _stored(value: Any, codec: Codec) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    return codec.plain(value) if isinstance(value, Settings) else value


def request_values(request: Request, derived: Derived, codec: Codec) -> Params:
    """The request's row but for the ledger's head."""
    content, subject = request.content, request.content.subject
    return {
        "id": request.id,
        "organisation": request.organisation,
        "project": request.project,
        "number": request.number,
        "status": request.status.value,
        "type": content.type,
        "requester": request.requester.key,
        "team": request.requester.team,
        "on_behalf_of": request.on_behalf_of,
        "subject_kind": None if subject is None else subject.kind,
        "subject_id": None if subject is None else subject.id,
        "supersede_key": request.supersede_key if _in_the_way(request) else None,
        "revision": request.revision,
        "stage": request.stage,
        "created_at": request.created_at,
        "deadline": request.expires_at or FAR_FUTURE,
        "next_due": derived.next_due,
        "version": request.version,
        "waits_for": " ".join(sorted(derived.waiting)),
        "state": codec.request_text(request),
        "batch": request.batch,
    }


def _in_the_way(request: Request) -> bool:
    """Whether a newer request with the same supersede key has something to put out of the way."""
    if request.is_open:
        return True
    unclaimed = request.execution is not None and request.execution.status is ExecutionStatus.PENDING
    return request.is_yes and unclaimed and not request.discarded and request.superseded_by is None


def delivery(row: Row) -> Delivery:
    id, owner, request, outlet, place, wanted, shown, state, address, attempts, next_try_at, problem = row[:12]
    again = None if next_try_at == LONG_AGO else next_try_at
    return Delivery(
        id=id,
        organisation=owner,
        request=request,
        outlet=outlet,
        place=place,
        wanted=wanted,
        shown=shown,
        state=state,
        address=address,
        attempts=attempts,
        next_try_at=again,
        problem=problem,
        batch=row[14],
    )


def delivery_values(delivery: Delivery) -> Params:
    return {
        "id": delivery.id,
        "organisation": delivery.organisation,
        "request": delivery.request,
        "outlet": delivery.outlet,
        "place": delivery.place,
        "wanted": delivery.wanted,
        "shown": delivery.shown,
        "state": delivery.state,
        "address": dict(delivery.address),
        "attempts": delivery.attempts,
        "next_try_at": delivery.next_try_at or LONG_AGO,
        "problem": delivery.problem,
        "owner": None,
        "claimed_until": LONG_AGO,
        "batch": delivery.batch,
    }


def notice(row: Row) -> Notice:
    id, owner, request, event, outlet, place, word, sentence, extra, state, attempts, next_try_at, address = row[:13]
    return Notice(
        id=id,
        organisation=owner,
        request=request,
        event=event,
        outlet=outlet,
        place=place,
        word=word,
        sentence=sentence,
        extra=extra,
        state=state,
        attempts=attempts,
        next_try_at=None if next_try_at == LONG_AGO else next_try_at,
        address=address,
    )


def notice_values(notice: Notice) -> Params:
    return {
        "id": notice.id,
        "organisation": notice.organisation,
        "request": notice.request,
        "event": notice.event,
        "outlet": notice.outlet,
        "place": notice.place,
        "word": notice.word,
        "sentence": notice.sentence,
        "extra": dict(notice.extra),
        "state": notice.state,
        "attempts": notice.attempts,
        "next_try_at": notice.next_try_at or LONG_AGO,
        "address": dict(notice.address),
        "owner": None,
        "claimed_until": LONG_AGO,
    }


def ledger_row(row: Row, payload: Mapping[str, Any] | None) -> LedgerRow:
    id, owner, request, seq, at, word, actor, way, revision, _, digest, previous, hashed, position = row
    return LedgerRow(
        id=id,
        organisation=owner,
        request=request,
        seq=seq,
        at=at,
        word=word,
        actor=actor,
        way=way,
        revision=revision,
        payload=payload,
        payload_digest=digest,
        previous=previous,
        hash=hashed,
        position=position,
    )


def ledger_values(row: LedgerRow, payload: str) -> Params:
    return {
        "organisation": row.organisation,
        "request": row.request,
        "seq": row.seq,
        "at": row.at,
        "word": row.word,
        "actor": row.actor,
        "way": row.way,
        "revision": row.revision,
        "payload": payload,
        "payload_digest": row.payload_digest,
        "previous": row.previous,
        "hash": row.hash,
    }


def seal(row: Row) -> Seal:
    return Seal(*row)
