"""The door: every command that changes a request goes through here, in one transaction each.

What time alone has ended is written first. A refusal is an event too: it is saved and committed, and only then raised.
Deliveries and notices are rows of the same transaction; the courier sends them.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from core.desk.books import Book, Books
from core.desk.call import Call, Moved
from core.desk.carrying import CarryOut, carry_out, is_agreed
from core.desk.emergencies import keep_reviews
from core.desk.facts import (
    as_clock,
    for_the_clock,
    gather,
    must_exist,
    relied_on,
    still_missing,
    type_problem,
    with_fixed_facts,
)
from core.desk.gathering import Gathering, inquiries_for
from core.desk.offers import Draw, count_offer, keep_leases, keep_record
from core.desk.reading import look_up, must_see, named_anew, next_revision, seen, weigh
from core.desk.repeats import Done, Refusal, again
from core.desk.together import Batched, about, batched_again, must_be_alike, must_be_in_one_place, naming
from core.desk.weighing import Revision, Weighed, count_use
from core.errors import ApprovalError, Invalid, NotFound, TooSoon, Unavailable
from core.lifecycle import Facts, decide, fold, overdue, stored_decision
from core.lifecycle.changing import carrier
from core.lifecycle.facts import Problem
from core.model import command as c
from core.model import event as e
from core.model.altered import altered
from core.model.change import Change
from core.model.organisation import Project
from core.model.people import Actor, clock_actor
from core.model.request import Content, Plan, Request, Requester
from core.naming import Draft, Named
from core.notices import Told
from core.outgoing import Outgoing
from core.outside import PolicyEngine
from core.phrases import phrase, speaking
from core.ports import Idempotency, KeyTaken, Remembered, StaleVersion, Store, Transaction, Work
from core.rulebook.condition import Conditions

__all__ = ["Desk", "Done"]

T = TypeVar("T")

TRIES = 5

UNRECORDED = (Invalid, TooSoon, Unavailable)
"""Refusals that are no act of anybody: only logged and counted, never in the ledger."""

JUDGED = (c.Create, c.Revise, c.Judge)
"""What makes a revision, or asks again about the present one."""

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class Desk:
    """Takes commands from every edge alike. `fresh` gives an unused ULID, `outlets` are the words of those in use.

    `conditions` reads rules; parsed ones are shared with whoever else has it. `key` draws spot checks: it is the same for all
    who serve one database, and nobody who asks knows it. `engines` answer for policies, by their words.
    """

    def __init__(
        self,
        store: Store,
        *,
        fresh: Callable[[], str],
        outlets: tuple[str, ...] = (),
        conditions: Conditions | None = None,
        key: bytes | None = None,
        engines: Mapping[str, PolicyEngine] | None = None,
    ) -> None:
        self._store = store
        self._fresh = fresh
        self._books = Books(store, conditions or Conditions())
        self.outlets = outlets
        self._outgoing = Outgoing(outlets, fresh)
        self._carry_out: CarryOut | None = None
        self._key = key or secrets.token_bytes(32)
        self._gathering = Gathering(store, self._books.conditions, engines or {})
        self._when_due: list[Callable[[], None]] = []

    @property
    def conditions(self) -> Conditions:
        """What reads the conditions of rules here."""
        return self._books.conditions

    async def create(
        self, actor: Actor, draft: Draft, *, once: Idempotency | None = None, deadline: float | None = None
    ) -> Done:
        """A new request, judged; 403 before 400, as everywhere."""
        return await self._answer(altered(await self._new(actor, draft), once=once), deadline)

    async def create_batch(
        self, actor: Actor, drafts: Sequence[Draft], *, once: Idempotency | None = None, deadline: float | None = None
    ) -> Batched:
        """Several like requests that are shown together: all of them, or none. A refusal says which one it is about."""
        must_be_alike(drafts)
        batch = f"bat_{self._fresh()}"
        calls = [await about(place, self._new(actor, draft, batch)) for place, draft in enumerate(drafts)]
        must_be_in_one_place(calls)
        for _ in range(TRIES):
            ready = await asyncio.gather(*(about(place, self._ready(call)) for place, call in enumerate(calls)))
            try:
                made = await self._transact(partial(self._together, calls=ready, once=once), deadline=deadline)
            except Moved:
                await self._books.renew(actor.organisation)
                continue
            if made.inquires:
                self._inquire()
            return made
        raise Unavailable(phrase("The rules are changing faster than they can be read; try again in a moment."))

    async def _new(self, actor: Actor, draft: Draft, batch: str | None = None) -> Call:
        """The call for a request that is not there yet."""
        project, named, behalf = await self._store.glance(lambda reader: look_up(reader, actor, draft))
        problems = (*named.problems, *await self._type_problem(actor, with_fixed_facts(draft.content, actor)))
        command = c.Create(
            project=project.id,
            content=with_fixed_facts(draft.content, actor),
            requester=Requester(actor.kind, actor.id, actor.name, actor.team),
            stages=named.stages,
            distinct=draft.distinct,
            notify=draft.notify,
            on_behalf_of=behalf,
            supersede_key=draft.supersede_key,
            expires_at=draft.expires_at,
            batch=batch,
        )
        number = await self._store.next_number(actor.organisation)
        return Call(actor, command, None, number, project, problems=problems)

    def entrust(self, carry_out: CarryOut) -> None:
        """Who makes a change once the other admins have agreed: the administration, which knows what is set up."""
        self._carry_out = carry_out

    def when_inquiries_are_due(self, call: Callable[[], None]) -> None:
        """Called on the loop after a commit that left something to be asked outside."""
        self._when_due.append(call)

    def tell(self, tx: Transaction, request: Request, event: str, what: Told) -> None:
        """Something about a request that is no event of it; `event` tells it from all others."""
        self._outgoing.tell(tx, request, event, what)

    async def ask_for_change(self, actor: Actor, change: Change, *, once: Idempotency | None = None) -> Done:
        """A request of the type `countersign.<topic>`; nobody but the administration asks for one."""
        requester = Requester(actor.kind, actor.id, actor.name, actor.team)
        command = c.Create(project=change.project, content=change.content, requester=requester)
        number = await self._store.next_number(actor.organisation)
        return await self._answer(Call(actor, command, None, number, once=once, change=change), None)

    async def revise(
        self,
        actor: Actor,
        request: str,
        draft: Draft,
        *,
        keep_people: bool,
        once: Idempotency | None = None,
        deadline: float | None = None,
    ) -> Done:
        """A new revision by the requester; with `keep_people` those named before stay named."""
        stored = await self.see(actor, request)
        named = Named((), ())
        if not keep_people:
            named = await self._store.read(lambda reader: named_anew(reader, stored.project, draft))
        problems = (*named.problems, *await self._type_problem(actor, with_fixed_facts(draft.content, actor)))
        content = with_fixed_facts(draft.content, actor)
        command = c.Revise(content, None if keep_people else named.stages)
        return await self._answer(Call(actor, command, request, once=once, problems=problems), deadline)

    async def do(
        self,
        actor: Actor,
        request: str,
        command: c.Command,
        *,
        once: Idempotency | None = None,
        deadline: float | None = None,
    ) -> Done:
        """Any other command on one request."""
        return await self._answer(Call(actor, command, request, once=once), deadline)

    def do_within(self, tx: Transaction, actor: Actor, request: str, command: c.Command) -> Request:
        """A command that makes no revision, inside a unit of work of its caller's; a refusal is raised, and kept nowhere."""
        outcome = self._apply(tx, Call(actor, command, request), request)
        if isinstance(outcome, Refusal):
            raise outcome.error
        return outcome.request

    async def would_refuse(self, actor: Actor, request: str, command: c.Command) -> ApprovalError | None:
        """What stands in the way of such a command now; nothing is written. For edges that say 403 before 400."""
        fresh, types = self._fresh(), (await self._books.of(actor.organisation)).types
        return await self._store.glance(lambda reader: weigh(reader, actor, request, command, types=types, fresh=fresh))

    async def see(self, actor: Actor, request: str) -> Request:
        """The request as it stands now, if the actor may know of it; an overdue end is written first."""
        types = (await self._books.of(actor.organisation)).types
        stored = await self._store.glance(lambda reader: seen(reader, actor, request, types))
        if overdue(stored[0], stored[1]):
            await self.ring(request)
            stored = await self._store.glance(lambda reader: seen(reader, actor, request, types))
        return stored[0]

    async def show(self, actor: Actor, request: Request) -> Request:
        """What was read once for many, if this actor may know of it now."""
        types = (await self._books.of(actor.organisation)).types
        await self._store.glance(lambda reader: must_see(reader, actor, request, types))
        return request

    async def number(self, organisation: str, number: int) -> str | None:
        """The id of `#number`."""
        found = await self._store.glance(lambda reader: reader.request_by_number(organisation, number))
        return None if found is None else found.id

    async def ring(self, request: str) -> None:
        """The clock's command for one request."""
        await self._transact(lambda tx: self._ring(tx, request))

    async def tend(self, request: str, command: c.Command) -> None:
        """The clock's own command on one request, behind people's."""
        await self._transact(lambda tx: self._tend(tx, request, command), chore=True)

    async def sweep(self, limit: int = 50) -> int:
        """Ring for what is due, at most `limit` requests, behind people's commands; says how many.

        Each in a unit of work of its own, so that one that cannot be rung holds up no other; the trouble is raised when
        the others are done. The store commits them together where it can.
        """
        due = await self._store.read(lambda reader: reader.due(reader.now(), limit))
        rung = (self._transact(partial(self._ring, id=request), chore=True) for request in due)
        outcomes = await asyncio.gather(*rung, return_exceptions=True)
        for trouble in outcomes:
            if isinstance(trouble, BaseException):
                raise trouble
        return len(due)

    async def _type_problem(self, actor: Actor, content: Content) -> tuple[Problem, ...]:
        """A type that is not known may have been added just now, elsewhere."""
        problem = type_problem((await self._books.of(actor.organisation)).types, content)
        return problem and type_problem((await self._books.renew(actor.organisation)).types, content)

    # One transaction.

    async def _answer(self, call: Call, deadline: float | None) -> Done:
        """Begun again where somebody else was quicker, or the rules have moved."""
        for _ in range(TRIES):
            ready = await self._ready(call)
            try:
                outcome = await self._transact(partial(self._work, call=ready), deadline=deadline)
            except Moved:
                await self._books.renew(call.actor.organisation)
                continue
            if isinstance(outcome, Refusal):
                raise outcome.error
            if outcome.inquires:
                self._inquire()
            return outcome
        raise Unavailable(phrase("The rules are changing faster than they can be read; try again in a moment."))

    def _inquire(self) -> None:
        for call_back in self._when_due:
            call_back()

    def _together(self, tx: Transaction, calls: Sequence[Call], once: Idempotency | None) -> Batched:
        """All in one transaction; the first that is refused takes the others back."""
        repeat = batched_again(tx, once)
        if repeat is not None:
            return altered(repeat, requests=tuple(self._caught_up(tx, request) for request in repeat.requests))
        done = [naming(place, partial(self._made, tx, call)) for place, call in enumerate(calls)]
        made = Batched(tuple(one.request for one in done), inquires=any(one.inquires for one in done))
        if once is not None:
            tx.remember(once.credential, once.key, made.remembered(once))
        return made

    def _made(self, tx: Transaction, call: Call) -> Done:
        if not isinstance(call.command, c.Create):
            raise TypeError("a batch is made of new requests")
        return self._create(tx, call, call.command)

    async def _ready(self, call: Call) -> Call:
        """The call with what rules say of the revision it makes, fetched before its transaction; in English, as it is kept."""
        book = await self._books.of(call.actor.organisation)
        weighed: Weighed | None = None
        if call.change is None and _makes_a_revision(call.command):
            with speaking(None):
                weighed = await self._weighed(call, book)
        draw = Draw(self._key, book.safety)
        return altered(call, types=book.types, version=book.version, draw=draw, checks=book.checks, weighed=weighed)

    async def _weighed(self, call: Call, book: Book) -> Weighed | None:
        if book.asks_nobody:
            return Weighed(book.version)
        command, request = call.command, None
        if isinstance(command, c.Create):
            found = None if call.project is None else _new_revision(command, call.project)
        else:
            typed = altered(call, types=book.types)
            found, request = await self._store.read(lambda reader: next_revision(reader, typed))
        if found is None:
            return None
        if call.problems:
            book = altered(book, policies=())  # it is refused for them: nobody outside need hear of it
        weighed = await self._gathering.weigh(book, found, of=request, known=isinstance(command, c.Judge))
        return weighed if request is None else altered(weighed, revision=request.revision)

    async def _transact(self, work: Work[T], *, deadline: float | None = None, chore: bool = False) -> T:
        for _ in range(TRIES):
            try:
                return await self._store.transact(work, deadline=deadline, chore=chore)
            except (StaleVersion, KeyTaken):
                continue
        raise Unavailable(phrase("This request is changing faster than it can be read; try again in a moment."))

    def _work(self, tx: Transaction, call: Call) -> Done | Refusal:
        repeat = again(tx, call.once, call.request)
        if repeat is not None:
            return altered(repeat, request=self._caught_up(tx, repeat.request))
        if isinstance(call.command, c.Create):
            return self._create(tx, call, call.command)
        return self._apply(tx, call, call.request or "")

    def _create(self, tx: Transaction, call: Call, command: c.Create) -> Done:
        if command.supersede_key is not None:
            tx.take_turn(command.project, command.supersede_key)
        facts = self._facts(tx, None, call, must_exist(tx.project(command.project)))
        events = decide(None, command, facts)
        request = fold(None, events)
        self._save(tx, None, request, events, call.actor)
        self._count(tx, call, facts, request)
        inquires = inquiries_for(tx, request, events, call.weighed, call.checks)
        self._supersede(tx, request, facts)
        if is_agreed(None, request):
            request = self._carried_out(tx, request)
        if call.once is not None:
            tx.remember(call.once.credential, call.once.key, Remembered(call.once.body, request.id, {}))
        return Done(request, events=events, inquires=inquires)

    def _apply(self, tx: Transaction, call: Call, id: str) -> Done | Refusal:
        request = self._present(tx, id)
        if request is None or request.organisation != call.actor.organisation:
            raise NotFound(phrase("There is no such request here; check the number."))
        facts = self._facts(tx, request, call, must_exist(tx.project(request.project)))
        try:
            events = decide(request, call.command, facts)
        except ApprovalError as refusal:
            if not isinstance(refusal, UNRECORDED):
                self._note(tx, request, call.command, refusal, facts)
            return Refusal(refusal)
        return self._settle(tx, request, call, events, facts)

    def _facts(self, tx: Transaction, request: Request | None, call: Call, project: Project) -> Facts:
        return gather(tx, request, call, project=project, fresh=self._fresh())

    def _present(self, tx: Transaction, id: str) -> Request | None:
        """The stored request, after what time alone has ended was written."""
        stored = tx.request(id)
        late = () if stored is None else overdue(stored, tx.now())
        if stored is None or not late:
            return stored
        late = overdue(stored, tx.now(), nobody_could=bool(still_missing(tx, stored)))
        request = fold(stored, late)
        self._save(tx, stored, request, late, clock_actor(request.organisation))
        return request

    def _caught_up(self, tx: Transaction, request: Request) -> Request:
        """The answer to a repeat says how things stand now, as every other answer does."""
        return (self._present(tx, request.id) or request) if overdue(request, tx.now()) else request

    def _settle(
        self,
        tx: Transaction,
        request: Request,
        call: Call,
        events: tuple[e.Event, ...],
        facts: Facts,
    ) -> Done:
        given = (event.decision for event in events if isinstance(event, e.DecisionRecorded))
        decision = next(given, None) or stored_decision(request, call.command, facts)
        after = fold(request, events)
        inquires = False
        if events:
            self._save(tx, request, after, events, facts.actor)
            self._count(tx, call, facts, after, request.plan if isinstance(call.command, c.Judge) else None)
            inquires = inquiries_for(tx, after, events, call.weighed, call.checks)
        if events and isinstance(call.command, c.RunCheck) and facts.check is not None:
            tx.inquire_again(after, facts.check)
            inquires = True
        if is_agreed(request, after):
            after = self._carried_out(tx, after)
        if call.once is not None:
            reply = {} if decision is None else {"decision": decision.id}
            tx.remember(call.once.credential, call.once.key, Remembered(call.once.body, after.id, reply))
        return Done(after, decision, replayed=not events, events=events, inquires=inquires)

    def _carried_out(self, tx: Transaction, request: Request) -> Request:
        events = carry_out(tx, request, self._carry_out)
        after = fold(request, events)
        self._save(tx, request, after, events, carrier(request.organisation))
        return after

    def _save(
        self, tx: Transaction, before: Request | None, after: Request, events: tuple[e.Event, ...], actor: Actor
    ) -> None:
        tx.save(before, after, [(event, actor) for event in events])
        self._outgoing.announce(tx, before, after, events)
        keep_leases(tx, after, events)
        keep_reviews(tx, after, events)
        keep_record(tx, before, after, events, self._draw(after.organisation))

    def _count(self, tx: Transaction, call: Call, facts: Facts, after: Request, before: Plan | None = None) -> None:
        """What may only be used so often, or so dearly, has been used once more; `before`: of the plan judged anew."""
        if facts.judgement is None:
            return
        count_use(tx, call.weighed, facts.judgement, before)
        count_offer(tx, after, call.command, facts, call.draw.safety)

    def _draw(self, organisation: str) -> Draw:
        return Draw(self._key, self._books.safety(organisation))

    def _note(
        self, tx: Transaction, request: Request, command: c.Command, refusal: ApprovalError, facts: Facts
    ) -> None:
        word = _CAPITAL.sub("_", type(command).__name__).lower()
        tx.note_refusal(request, e.Refused(facts.now, word, refusal.word, refusal.sentence), facts.actor)

    def _ring(self, tx: Transaction, id: str) -> None:
        self._by_the_clock(tx, tx.request(id), c.Ring())

    def _tend(self, tx: Transaction, id: str, command: c.Command) -> None:
        self._by_the_clock(tx, self._present(tx, id), command)

    def _by_the_clock(self, tx: Transaction, request: Request | None, command: c.Command) -> None:
        if request is None:
            return
        facts = for_the_clock(tx, request, must_exist(tx.project(request.project)), self._fresh())
        if isinstance(command, c.CheckPeople):
            deciders = tx.people(relied_on(request), request.project)
            facts = altered(facts, impossible=still_missing(tx, request), people=deciders)
        events = decide(request, command, facts)
        if events:
            self._save(tx, request, fold(request, events), events, facts.actor)

    def _supersede(self, tx: Transaction, request: Request, facts: Facts) -> None:
        """Once the new one is open or approved, older ones with its key make way."""
        if request.supersede_key is None or not (request.is_open or request.is_yes):
            return
        for id in tx.superseded_by(request):
            older = self._present(tx, id)
            if older is None:
                continue
            events = decide(older, c.Supersede(request.id, request.number), as_clock(facts, request))
            if events:
                self._save(tx, older, fold(older, events), events, facts.actor)


def _makes_a_revision(command: c.Command) -> bool:
    return isinstance(command, JUDGED) or (isinstance(command, c.Approve) and bool(command.edits))


def _new_revision(command: c.Create, project: Project) -> Revision:
    return Revision(command.content, command.requester, project, command.on_behalf_of)
