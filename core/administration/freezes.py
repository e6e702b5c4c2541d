"""Freezes: nothing is claimed in a project, or anywhere, until a moment or until the freeze is lifted.

Freezing holds at once, since it lets nothing pass; lifting a freeze lets through what it held, so four eyes look at it.
Requests may still be asked and decided meanwhile. Whoever waits for something that is held hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from core.administration.office import Office, four_eyes, must_look, must_manage, the_project
from core.desk import Desk
from core.errors import Conflict, Invalid, NotFound
from core.model.emergency import Freeze
from core.model.people import Actor
from core.model.request import ExecutionStatus, Request
from core.notices import REQUESTER, THREAD, Told
from core.phrases import phrase
from core.ports import Idempotency, Reader, Store, Transaction

LONGEST_REASON: Final = 500
TOLD_AT_MOST: Final = 500
"""Requests already handed over whose cards are drawn anew, and whose requesters are told."""


class Freezes(Office):
    def __init__(self, store: Store, fresh: Callable[[], str], desk: Desk) -> None:
        super().__init__(store, fresh)
        self._desk = desk

    async def list(self, actor: Actor) -> Sequence[Freeze]:
        """Those that hold now, the oldest first."""
        must_look(actor)
        return await self._store.read(lambda reader: reader.freezes(actor.organisation, reader.now()))

    async def freeze(
        self,
        actor: Actor,
        project: str | None,
        reason: str,
        *,
        until: datetime | None = None,
        once: Idempotency | None = None,
    ) -> Freeze:
        """`project` by id or name; None is the whole organisation."""
        where = await self._store.read(lambda reader: _where(reader, actor, project))

        def work(tx: Transaction) -> str:
            freeze = self._made(tx, actor, where, _reason(reason), until)
            tx.put_freeze(freeze)
            tx.log(actor.organisation, "frozen", actor, _payload(freeze))
            self._tell(
                tx,
                freeze,
                phrase("{sentence} Nothing is executed meanwhile; it can still be decided.", sentence=freeze.sentence),
            )
            return freeze.id

        made = await self._change(work, once)
        held = await self.list(actor)
        return next((one for one in held if one.id == made.id), None) or _gone()

    def _made(self, tx: Transaction, actor: Actor, where: str | None, reason: str, until: datetime | None) -> Freeze:
        now = tx.now()
        if until is not None and until <= now:
            raise Invalid(phrase("until lies in the past; give a later moment or leave it out."), field="until")
        return Freeze(f"frz_{self._fresh()}", actor.organisation, where, reason, actor.id, actor.name, now, until)

    @four_eyes("freezes")
    async def lift(self, actor: Actor, project: str | None, *, once: Idempotency | None = None) -> Sequence[Freeze]:
        """Every freeze of exactly this project, or (None) of the whole organisation; says which."""
        repeat = await self._replayed(once)
        where = await self._store.read(lambda reader: _where(reader, actor, project))
        held = [freeze for freeze in await self.list(actor) if freeze.project == where]
        if not held and not repeat:
            raise Conflict(
                phrase(
                    "Nothing is frozen there; freezes of the whole organisation and of a project are lifted each by itself."
                ),
                code="not_frozen",
            )

        def work(tx: Transaction) -> str:
            for freeze in tx.freezes(actor.organisation, tx.now()):
                if freeze.project == where:
                    self._lift(tx, actor, freeze)
            return where or actor.organisation

        await self._change(work, once)
        return held

    def _lift(self, tx: Transaction, actor: Actor, freeze: Freeze) -> None:
        lifted = replace(freeze, lifted_at=tx.now(), lifted_by=actor.name)
        tx.put_freeze(lifted)
        tx.log(actor.organisation, "freeze_lifted", actor, _payload(lifted))
        self._tell(
            tx, lifted, phrase("{actor} lifted the freeze; what was approved can be executed again.", actor=actor.name)
        )

    def _tell(self, tx: Transaction, freeze: Freeze, sentence: str) -> None:
        """Cards of what waits to be claimed are drawn anew, and whoever asked for it hears why."""
        word = "frozen" if freeze.lifted_at is None else "freeze_lifted"
        held = tx.handed_over(freeze.organisation, freeze.project, tx.now(), TOLD_AT_MOST)
        waiting = [request for request in (tx.request(id, lock=False) for id in held) if _is_handed_over(request)]
        tx.show_again([request.id for request in waiting if request is not None])
        for request in waiting:
            if request is not None:
                said = f"#{request.number} {request.content.type}: {sentence}"
                for what in (Told(THREAD, word, sentence), Told(REQUESTER, word, said)):
                    self._desk.tell(tx, request, f"{freeze.id}.{word}.{request.id}:{request.version}", what)


def _is_handed_over(request: Request | None) -> bool:
    execution = None if request is None else request.execution
    return (
        request is not None
        and execution is not None
        and execution.status is ExecutionStatus.PENDING
        and not (request.discarded or request.superseded_by)
    )


def _where(reader: Reader, actor: Actor, project: str | None) -> str | None:
    found = None if project is None else the_project(reader, actor.organisation, project, field="project").id
    must_manage(reader, actor, found)
    return found


def _reason(text: str) -> str:
    said = text.strip()
    if not said:
        raise Invalid(phrase("Say why it is frozen; everybody whose work it holds reads it."), field="reason")
    if len(said) > LONGEST_REASON:
        raise Invalid(
            phrase("The reason is longer than {most} characters; shorten it.", most=LONGEST_REASON),
            field="reason",
        )
    return said


def _payload(freeze: Freeze) -> dict[str, object]:
    return {
        "freeze": freeze.id,
        "project": freeze.project,
        "reason": freeze.reason,
        "until": None if freeze.until is None else freeze.until.isoformat(),
    }


def _gone() -> Freeze:
    raise NotFound(phrase("The freeze this key made no longer holds; look at the list of freezes."))
