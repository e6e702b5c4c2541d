"""What is asked together: requests so alike that one card can show them, made in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from core.desk.call import Call
from core.errors import ApprovalError, Conflict, Invalid, NotFound
from core.model.request import Request
from core.naming import Draft
from core.phrases import phrase
from core.ports import Idempotency, Remembered, Transaction

T = TypeVar("T")

TOGETHER: Final = 20
"""Requests in one batch: as many rows as a card in Slack shows legibly."""

BATCH: Final = "batch"
"""Where a remembered reply keeps which batch was made. Stored."""


@dataclass(frozen=True, slots=True)
class Batched:
    """The requests that were made together; `replayed` where an earlier call made them. At least one."""

    requests: tuple[Request, ...]
    replayed: bool = False
    inquires: bool = False

    @property
    def id(self) -> str:
        return self.requests[0].batch or ""

    def remembered(self, once: Idempotency) -> Remembered:
        reply = {BATCH: [request.id for request in self.requests]}
        return Remembered(once.body, self.requests[0].id, reply)


def batched_again(tx: Transaction, once: Idempotency | None) -> Batched | None:
    """What this key has made before."""
    entry = None if once is None else tx.remembered(once.credential, once.key)
    if once is None or entry is None:
        return None
    if entry.body != once.body or BATCH not in entry.reply:
        raise Conflict(
            phrase("This Idempotency-Key was used before with another body; use a new key for a new wish."),
            code="idempotency_conflict",
        )
    found = tuple(request for id in entry.reply[BATCH] if (request := tx.request(id, lock=False)) is not None)
    if not found:
        raise NotFound(phrase("The request this Idempotency-Key made is gone; use a new key to ask again."))
    return Batched(found, replayed=True)


def must_be_alike(drafts: Sequence[Draft]) -> None:
    if not drafts:
        raise Invalid(phrase("Say at least one request."), field="requests")
    if len(drafts) > TOGETHER:
        raise Invalid(
            phrase("At most {most} requests make a batch; send the rest in another one.", most=TOGETHER),
            field="requests",
        )
    first = drafts[0].content.type
    other = _other(draft.content.type == first for draft in drafts)
    if other is not None:
        why = phrase(
            "All requests of a batch have one type; request {number} has another. Send it by itself.", number=other + 1
        )
        raise Invalid(why, field=f"requests.{other}.type")


def must_be_in_one_place(calls: Sequence[Call]) -> None:
    """A project may have been called by its name here and by its id there."""
    first = calls[0].project
    other = _other(call.project == first for call in calls)
    if other is not None:
        why = phrase(
            "All requests of a batch are in one project; request {number} is in another. Send it by itself.",
            number=other + 1,
        )
        raise Invalid(why, field=f"requests.{other}.project")


def _other(same: Iterable[bool]) -> int | None:
    """The place of the first that differs."""
    return next((place for place, is_same in enumerate(same) if not is_same), None)


async def about(place: int, work: Awaitable[T]) -> T:
    """What is refused says of which request."""
    try:
        return await work
    except ApprovalError as refusal:
        raise _about(place, refusal) from None


def naming(place: int, work: Callable[[], T]) -> T:
    """The same, where nothing is waited for."""
    try:
        return work()
    except ApprovalError as refusal:
        raise _about(place, refusal) from None


def _about(place: int, refusal: ApprovalError) -> ApprovalError:
    """The same refusal; its fields say of which request, and so does its sentence."""
    known = dict(refusal.fields)
    field = known.get("field")
    known["field"] = f"requests.{place}.{field}" if isinstance(field, str) else f"requests.{place}"
    sentence = phrase("Request {number}: {sentence}", number=place + 1, sentence=refusal.sentence)
    return type(refusal)(sentence, code=refusal.word, **known)
