"""Batches: what waits for somebody, grouped by likeness, and deciding several at once, each in a command of its own.

What waits alike is read, never stored; what was asked together (`Desk.create_batch`) says so of itself, and has one card.
Either way a decision names each request with the digest that was on show. So a click that comes late, twice, or from an old
window decides exactly what was seen, or nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.administration.office import Office
from core.desk import Desk, Done
from core.errors import ApprovalError, Invalid, NotAllowed, NotFound
from core.lifecycle.who import as_a_machine
from core.model.batch import Batch, Item, Likeness, likeness
from core.model.change import is_change
from core.model.command import Approve, Command, Reject
from core.model.people import Actor
from core.model.request import OPEN, Request, Verdict
from core.phrases import phrase
from core.ports import Filter, Idempotency, Reader, Store

LOOKED_AT: Final = 500
"""Of what waits for somebody, the oldest deadlines first."""

AT_ONCE: Final = 100
"""Requests one call decides."""

_PAGE: Final = 100
_OPEN: Final = frozenset(status.value for status in OPEN)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request of a batch: it was decided, or the refusal says why not. `number` where it is known."""

    item: Item
    done: Done | None = None
    refusal: ApprovalError | None = None
    number: int | None = None


class Batches(Office):
    def __init__(self, store: Store, fresh: Callable[[], str], desk: Desk) -> None:
        super().__init__(store, fresh)
        self._desk = desk

    async def waiting(self, actor: Actor) -> Sequence[Batch]:
        """Of two requests and more, the largest first."""
        grouped = await self._store.read(lambda reader: _grouped(reader, actor))
        batches = [batch for batch in grouped if len(batch.requests) > 1]
        return sorted(batches, key=lambda batch: -len(batch.requests))

    async def like(self, actor: Actor, request: str) -> Batch:
        """Whatever waits for the actor and is like this request, itself included."""
        seen = await self._desk.see(actor, request)
        grouped = await self._store.read(lambda reader: _grouped(reader, actor))
        found = next((batch for batch in grouped if batch.like == likeness(seen)), None)
        if found is None:
            raise NotFound(phrase("Nothing like this waits for you any more; look at /countersign list."))
        return found

    async def see(self, actor: Actor, items: Sequence[Item]) -> list[Request]:
        """Those that are open and that the actor may know of, as they are now; 404s are left out."""
        seen = await asyncio.gather(*(self._look(actor, item.request) for item in items))
        return [request for request in seen if request is not None and request.is_open]

    async def together(self, actor: Actor, id: str) -> list[Request]:
        """What was asked together, as far as the actor may know of it."""
        known = await self._store.read(lambda reader: reader.batch(actor.organisation, id))
        seen = await asyncio.gather(*(self._look(actor, request.id) for request in known))
        found = [request for request in seen if request is not None]
        if not found:
            raise NotFound(phrase("There is no such batch here, or it is not yours to see; check its id."))
        return found

    async def _look(self, actor: Actor, request: str) -> Request | None:
        try:
            return await self._desk.see(actor, request)
        except (NotFound, NotAllowed):
            return None

    async def decide(
        self,
        actor: Actor,
        items: Sequence[Item],
        verdict: Verdict,
        comment: str | None = None,
        *,
        once: Idempotency | None = None,
        deadline: float | None = None,
    ) -> Sequence[Outcome]:
        """Each by itself: what cannot be decided is told of, and keeps back no other."""
        refusal = as_a_machine(actor)
        if refusal is not None:
            raise refusal
        wanted = tuple({item.request: item for item in reversed(items)}.values())[::-1]
        if not wanted:
            raise Invalid(phrase("Choose at least one request."), field="requests")
        if len(wanted) > AT_ONCE:
            raise Invalid(
                phrase("At most {most} requests are decided at once; choose fewer.", most=AT_ONCE), field="requests"
            )
        does = (self._decide(actor, item, _command(item, verdict, comment), once, deadline) for item in wanted)
        return await asyncio.gather(*does)

    async def _decide(
        self, actor: Actor, item: Item, command: Command, once: Idempotency | None, deadline: float | None
    ) -> Outcome:
        own = None if once is None else replace(once, key=f"{once.key}:{item.request}")
        try:
            done = await self._desk.do(actor, item.request, command, once=own, deadline=deadline)
        except ApprovalError as refusal:
            found = await self._store.read(lambda reader: reader.request(item.request))
            known = found is not None and found.organisation == actor.organisation and refusal.word != "not_found"
            return Outcome(item, refusal=refusal, number=found.number if known and found is not None else None)
        return Outcome(item, done=done, number=done.request.number)


def _command(item: Item, verdict: Verdict, comment: str | None) -> Command:
    if verdict is Verdict.APPROVED:
        return Approve(comment, revision=item.revision, stage=item.stage, digest=item.digest)
    return Reject(comment, revision=item.revision, stage=item.stage, digest=item.digest)


def _grouped(reader: Reader, actor: Actor) -> list[Batch]:
    groups: dict[Likeness, list[Request]] = {}
    for request in _waiting(reader, actor):
        groups.setdefault(likeness(request), []).append(request)
    return [Batch(like, tuple(requests[:AT_ONCE])) for like, requests in groups.items()]


def _waiting(reader: Reader, actor: Actor) -> Iterator[Request]:
    """What may be decided unseen by nobody: changes of what is set up are read one by one."""
    if not actor.is_member:
        return
    principals, came = reader.principals(actor.organisation, actor.id), reader.came(actor.organisation, actor.id)
    own = dict.fromkeys(principals, frozenset({actor.id}))
    wanted = Filter(
        statuses=_OPEN, waiting_for=principals, came=came, held_by=own, unanswered_by=actor.id, order="deadline"
    )
    for request in _pages(reader, actor.organisation, wanted):
        if actor.id not in request.plan.barred and not is_change(request):
            yield request


def _pages(reader: Reader, organisation: str, wanted: Filter) -> Iterator[Request]:
    cursor: str | None = None
    for _ in range(LOOKED_AT // _PAGE):
        page = reader.requests(organisation, wanted, cursor=cursor, limit=_PAGE)
        yield from page.requests
        if (cursor := page.next_cursor) is None:
            return


def reasons(outcomes: Iterable[Outcome]) -> list[tuple[str, list[Outcome]]]:
    """Those that were refused, by reason: one sentence for all that were refused alike."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.refusal is not None:
            groups.setdefault(outcome.refusal.word, []).append(outcome)
    return [(_why(word, refused), refused) for word, refused in groups.items()]


def _why(word: str, refused: list[Outcome]) -> str:
    known = {
        "already_decided": phrase("decided already, so nothing was changed."),
        "approval_expired": phrase("expired before; whoever asked can ask again."),
        "not_open": phrase("cancelled meanwhile; nothing is left to decide."),
        "stale_revision": phrase("changed since you saw it; look at it again and decide on that."),
        "stale_stage": phrase("at another stage by now; look at it again and decide there."),
        "not_found": phrase("not there, or not yours to see."),
    }
    refusal = refused[0].refusal
    return known.get(word) or ("" if refusal is None else refusal.sentence)
