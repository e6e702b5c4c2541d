"""Webhooks: addresses that are told what happens, the secrets that sign it, how the telling goes, and trying it by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from core.administration.office import Office, four_eyes, must_manage, must_oversee, the_project
from core.administration.schedules import Sealing
from core.errors import Conflict, Invalid, NotFound, Unavailable
from core.masking import mask_text
from core.model.endpoint import (
    ANNOUNCED,
    OVERLAP,
    TEST,
    Attempt,
    Endpoint,
    EndpointSecret,
    Outcome,
    Progress,
    attempt_at,
)
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Idempotency, LedgerRow, Reader, Store, Told, Transaction

MOST: Final = 100
"""Endpoints of one organisation."""

LONGEST_OVERLAP: Final = timedelta(days=30)
LONGEST_NAME: Final = 60


class Teller(Protocol):
    """Calls endpoints; what is said, signed and refused is its own."""

    def check(self, url: str) -> str:
        """The address as it will be called; `Invalid` where it never can be."""

    def new_secret(self) -> str: ...
    async def test(self, endpoint: Endpoint, secrets: tuple[str, ...], id: str, at: datetime) -> Outcome: ...
    async def again(self, endpoint: Endpoint, secrets: tuple[str, ...], row: LedgerRow) -> Outcome | None:
        """None where what it told of is gone."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint and how it is told.

    `behind` requests wait to be tried again, `given_up` ones no longer are; `waiting` is how many rows of the feed it has
    not been walked through yet.
    """

    endpoint: Endpoint
    progress: Progress
    signs: bool
    behind: int
    given_up: int
    waiting: int

    @property
    def state(self) -> str:
        if self.endpoint.paused:
            return "paused"
        if self.progress.parked_at is not None:
            return "parked"
        if not self.signs:
            return "needs_secret"
        return "failing" if self.behind else "active"


@dataclass(frozen=True, slots=True)
class NewSecret:
    """`secret` is there once. None when others had to agree first, or in a repeat: make one by rotating."""

    webhook: Webhook
    secret: str | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What an endpoint is told of; None is everything."""

    events: Sequence[str] | None = None
    projects: Sequence[str] | None = None
    types: Sequence[str] | None = None


class Webhooks(Office):
    def __init__(self, store: Store, fresh: Callable[[], str], sealing: Sealing | None, teller: Teller | None) -> None:
        super().__init__(store, fresh)
        self._outside = None if sealing is None or teller is None else (sealing, teller)

    @property
    def _sealing(self) -> Sealing:
        return self._must_reach_out()[0]

    @property
    def _teller(self) -> Teller:
        return self._must_reach_out()[1]

    def _must_reach_out(self) -> tuple[Sealing, Teller]:
        if self._outside is None:
            raise Unavailable(phrase("This process calls no webhooks; ask the server itself."))
        return self._outside

    # Looking.

    async def list(self, actor: Actor) -> Sequence[Webhook]:
        def look(reader: Reader) -> Sequence[Webhook]:
            must_oversee(reader, actor)
            return [_seen(reader, one) for one in reader.endpoints(actor.organisation)]

        return await self._store.read(look)

    async def get(self, actor: Actor, wanted: str) -> Webhook:
        """By id or name."""

        def look(reader: Reader) -> Webhook:
            return _seen(reader, _the_endpoint(reader, actor, wanted, may=must_oversee))

        return await self._store.read(look)

    async def attempts(self, actor: Actor, wanted: str, *, before: int | None, limit: int) -> Sequence[Attempt]:
        """What was tried, the newest first."""

        def look(reader: Reader) -> Sequence[Attempt]:
            return reader.attempts(
                _the_endpoint(reader, actor, wanted, may=must_oversee).id, before=before, limit=limit
            )

        return await self._store.read(look)

    # Setting up.

    @four_eyes("webhooks")
    async def add(
        self,
        actor: Actor,
        name: str,
        url: str,
        *,
        events: Iterable[str] | None = None,
        projects: Iterable[str] | None = None,
        types: Iterable[str] | None = None,
        once: Idempotency | None = None,
    ) -> NewSecret:
        """Told of everything from now on, or only of these events, projects (id or name) and types."""
        repeat = await self._replayed(once)
        wanted = Filters(*(None if words is None else tuple(words) for words in (events, projects, types)))

        def look(reader: Reader) -> Endpoint:
            must_manage(reader, actor)
            if not repeat:
                _must_be_new(reader, actor, name)
                _must_have_room(reader, actor)
            return self._draft(reader, actor, name, url, wanted)

        draft = await self._store.read(look)
        secret = None if self._was_asked else self._teller.new_secret()

        def work(tx: Transaction) -> str:
            endpoint = replace(draft, id=f"whk_{self._fresh()}", created_at=tx.now())
            tx.put_endpoint(endpoint)
            if secret is not None:
                self._keep(tx, endpoint, secret, others_until=tx.now())
            tx.log(actor.organisation, "webhook_added", actor, _payload(endpoint))
            return endpoint.id

        made = await self._change(work, once)
        return NewSecret(await self.get(actor, made.id), None if made.replayed else secret)

    @four_eyes("webhooks")
    async def change(
        self,
        actor: Actor,
        wanted: str,
        *,
        name: str | None = None,
        url: str | None = None,
        filters: dict[str, Any] | None = None,
    ) -> Webhook:
        """`filters` may hold `events`, `projects` and `types`; None for one of them is everything."""

        def look(reader: Reader) -> tuple[Endpoint, Endpoint]:
            present = _the_endpoint(reader, actor, wanted)
            if name is not None and name.lower() != present.name.lower():
                _must_be_new(reader, actor, name)
            kept = Filters(present.events, present.projects, present.types)
            wanted_now = replace(kept, **(filters or {}))
            return present, self._draft(reader, actor, name or present.name, url or present.url, wanted_now)

        present, draft = await self._store.read(look)

        def work(tx: Transaction) -> None:
            changed = replace(
                draft,
                id=present.id,
                paused=present.paused,
                created_by=present.created_by,
                created_at=present.created_at,
            )
            if changed != present:
                tx.put_endpoint(changed)
                tx.log(actor.organisation, "webhook_changed", actor, _payload(changed))

        await self._store.transact(work)
        return await self.get(actor, present.id)

    @four_eyes("webhooks")
    async def remove(self, actor: Actor, wanted: str) -> Endpoint:
        endpoint = await self._store.read(lambda reader: _the_endpoint(reader, actor, wanted))

        def work(tx: Transaction) -> None:
            tx.drop_endpoint(endpoint)
            tx.log(actor.organisation, "webhook_removed", actor, {"endpoint": endpoint.id, "name": endpoint.name})

        await self._store.transact(work)
        return endpoint

    async def pause(self, actor: Actor, wanted: str, *, once: Idempotency | None = None) -> Webhook:
        """What happens meanwhile is told when it is resumed."""
        return await self._switch(actor, wanted, paused=True, once=once)

    async def resume(self, actor: Actor, wanted: str, *, once: Idempotency | None = None) -> Webhook:
        """From where it was, with all patience, also one that was parked; what was given up is tried again."""
        return await self._switch(actor, wanted, paused=False, once=once)

    async def _switch(self, actor: Actor, wanted: str, *, paused: bool, once: Idempotency | None) -> Webhook:
        endpoint = await self._store.read(lambda reader: _the_endpoint(reader, actor, wanted))

        def work(tx: Transaction) -> str:
            tx.put_endpoint(replace(endpoint, paused=paused))
            if not paused:
                tx.resume_endpoint(endpoint.id)
            word = "webhook_paused" if paused else "webhook_resumed"
            tx.log(actor.organisation, word, actor, {"endpoint": endpoint.id, "name": endpoint.name})
            return endpoint.id

        await self._change(work, once)
        return await self.get(actor, endpoint.id)

    async def rotate(
        self, actor: Actor, wanted: str, *, overlap: timedelta = OVERLAP, once: Idempotency | None = None
    ) -> NewSecret:
        """A new secret, shown once; the one before signs beside it for a while, so that receivers can change over."""
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise Invalid(phrase("An overlap is up to 30 days; give a shorter one."), field="overlap")
        endpoint = await self._store.read(lambda reader: _the_endpoint(reader, actor, wanted))
        secret = self._teller.new_secret()

        def work(tx: Transaction) -> str:
            self._keep(tx, endpoint, secret, others_until=tx.now() + overlap)
            payload = {"endpoint": endpoint.id, "name": endpoint.name, "overlap": overlap.total_seconds()}
            tx.log(actor.organisation, "webhook_secret_rotated", actor, payload)
            return endpoint.id

        made = await self._change(work, once)
        return NewSecret(await self.get(actor, endpoint.id), None if made.replayed else secret)

    # Trying by hand.

    async def test(self, actor: Actor, wanted: str) -> Attempt:
        """One message that says it is a test, now, whatever is waiting; what came of it is noted like any other."""
        endpoint, secrets, now = await self._store.read(lambda reader: self._callable(reader, actor, wanted))
        outcome = await self._teller.test(endpoint, secrets, f"evt_test_{self._fresh()}", now)
        return await self._noted(endpoint, attempt_at(endpoint, None, outcome, now, 1))

    async def redeliver(self, actor: Actor, wanted: str, attempt: int) -> Attempt:
        """The same message under the same id once more, now."""
        endpoint, secrets, now = await self._store.read(lambda reader: self._callable(reader, actor, wanted))
        row = await self._store.read(lambda reader: _told_of(reader, endpoint, attempt))
        outcome = await self._teller.again(endpoint, secrets, row)
        if outcome is None:
            raise NotFound(phrase("What this told of is gone, so it cannot be told again; choose another delivery."))
        number = 1 + await self._store.read(lambda reader: _tries(reader, endpoint, row))
        return await self._noted(endpoint, attempt_at(endpoint, row, outcome, now, number))

    async def _noted(self, endpoint: Endpoint, attempt: Attempt) -> Attempt:
        await self._store.transact(lambda tx: tx.note_told(Told(endpoint.id, 0, attempts=(attempt,))))
        found = await self._store.read(lambda reader: reader.attempts(endpoint.id, before=None, limit=20))
        return next((one for one in found if replace(one, id=0) == attempt), attempt)

    # Inside.

    def _callable(self, reader: Reader, actor: Actor, wanted: str) -> tuple[Endpoint, tuple[str, ...], datetime]:
        endpoint, now = _the_endpoint(reader, actor, wanted), reader.now()
        secrets = secrets_of(reader, endpoint, self._sealing, now)
        if not secrets:
            raise Conflict(phrase("This webhook has no secret yet; rotate it to make one."), code="needs_secret")
        return endpoint, secrets, now

    def _draft(self, reader: Reader, actor: Actor, name: str, url: str, wanted: Filters) -> Endpoint:
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable() or name.startswith("whk_"):
            raise Invalid(
                phrase("A webhook's name has 1 to {most} characters and is no id.", most=LONGEST_NAME),
                field="name",
            )
        return Endpoint(
            id="",
            organisation=actor.organisation,
            name=name,
            url=self._teller.check(url),
            events=_known(wanted.events, ANNOUNCED, "events", "event"),
            projects=_ids(reader, actor, wanted.projects),
            types=_known(wanted.types, reader.types(actor.organisation), "types", "type"),
            paused=False,
            created_by=actor.name,
            created_at=reader.now(),
        )

    def _keep(self, tx: Transaction, endpoint: Endpoint, secret: str, *, others_until: datetime) -> None:
        id = f"sec_{self._fresh()}"
        sealed = self._sealing.seal(secret, _place(endpoint.id, id))
        tx.keep_endpoint_secret(EndpointSecret(id, endpoint.id, sealed, tx.now()), others_until=others_until)


def secrets_of(reader: Reader, endpoint: Endpoint, sealing: Sealing, now: datetime) -> tuple[str, ...]:
    """What signs for it now, the newest first."""
    kept = (one for one in reader.endpoint_secrets(endpoint.id) if one.signs(now))
    return tuple(sealing.unseal(one.sealed, _place(endpoint.id, one.id)) for one in kept)


def _place(endpoint: str, secret: str) -> str:
    return f"endpoint_secrets/{endpoint}/{secret}"


def _the_endpoint(
    reader: Reader, actor: Actor, wanted: str, *, may: Callable[[Reader, Actor], None] = must_manage
) -> Endpoint:
    may(reader, actor)
    mine = reader.endpoints(actor.organisation)
    found = next((one for one in mine if one.id == wanted or one.name.lower() == wanted.lower()), None)
    if found is None:
        raise NotFound(phrase("There is no such webhook here; look at the list of webhooks."))
    return found


def _seen(reader: Reader, endpoint: Endpoint) -> Webhook:
    progress = reader.endpoint_progress(endpoint.organisation)[endpoint.id]
    arrears = reader.arrears(endpoint.id)
    given_up = sum(one.parked for one in arrears)
    return Webhook(
        endpoint=endpoint,
        progress=progress,
        signs=any(one.until is None for one in reader.endpoint_secrets(endpoint.id)),
        behind=len(arrears) - given_up,
        given_up=given_up,
        waiting=max(0, reader.feed_head(endpoint.organisation) - progress.cursor),
    )


def _told_of(reader: Reader, endpoint: Endpoint, id: int) -> LedgerRow:
    attempt = reader.attempt(endpoint.id, id)
    if attempt is None:
        raise NotFound(phrase("There is no such delivery here; look at the list of deliveries."))
    if attempt.request is None or attempt.seq is None:
        raise Conflict(
            phrase("That was a test ({test}), which tells of nothing; send another test.", test=TEST), code="conflict"
        )
    rows = reader.ledger(attempt.request, after=attempt.seq - 1, limit=1)
    if not rows or rows[0].seq != attempt.seq or rows[0].organisation != endpoint.organisation:
        raise NotFound(phrase("What this told of is gone, so it cannot be told again; choose another delivery."))
    return rows[0]


def _tries(reader: Reader, endpoint: Endpoint, row: LedgerRow) -> int:
    found = reader.attempts(endpoint.id, before=None, limit=1000)
    return max((one.number for one in found if (one.request, one.seq) == (row.request, row.seq)), default=0)


def _must_be_new(reader: Reader, actor: Actor, name: str) -> None:
    if any(one.name.lower() == name.lower() for one in reader.endpoints(actor.organisation)):
        raise Conflict(
            phrase("There already is a webhook {name}; give it another name.", name=name), code="already_exists"
        )


def _must_have_room(reader: Reader, actor: Actor) -> None:
    if len(reader.endpoints(actor.organisation)) >= MOST:
        raise Conflict(
            phrase("There are {most} webhooks, which is the limit; remove some.", most=MOST), code="too_many"
        )


def _known(words: Iterable[str] | None, known: Iterable[str], field: str, what: str) -> tuple[str, ...] | None:
    if words is None:
        return None
    chosen, there = tuple(dict.fromkeys(words)), tuple(known)
    strange = next((word for word in chosen if word not in there), None)
    if strange is not None:
        raise Invalid(
            phrase(
                "There is no {what} '{strange}'; there are {there}.",
                what=what,
                strange=strange[:60],
                there=", ".join(sorted(there)),
            ),
            field=field,
        )
    if not chosen:
        raise Invalid(
            phrase("Name at least one {what}, or leave {field} out for all of them.", what=what, field=field),
            field=field,
        )
    return chosen


def _ids(reader: Reader, actor: Actor, projects: Iterable[str] | None) -> tuple[str, ...] | None:
    if projects is None:
        return None
    found = tuple(dict.fromkeys(the_project(reader, actor.organisation, one, field="projects").id for one in projects))
    if not found:
        raise Invalid(phrase("Name at least one project, or leave projects out for all of them."), field="projects")
    return found


def _payload(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "endpoint": endpoint.id,
        "name": endpoint.name,
        "url": mask_text(endpoint.url),
        "events": None if endpoint.events is None else list(endpoint.events),
        "projects": None if endpoint.projects is None else list(endpoint.projects),
        "types": None if endpoint.types is None else list(endpoint.types),
    }
