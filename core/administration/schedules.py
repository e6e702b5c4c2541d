"""Schedules: calendars of who is on duty, by the names that rules write as `oncall:<name>`, and what they last said."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol
from urllib.parse import urlsplit

from core.administration.office import Office, four_eyes, must_look, must_manage
from core.errors import Conflict, Invalid, NotFound, Unavailable
from core.model.people import Actor
from core.model.schedule import Schedule, Shift
from core.phrases import phrase
from core.ports import Idempotency, Reader, Store, Transaction
from core.rulebook.binding import sources_of

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
MOST: Final = 100
EVERY: Final = timedelta(minutes=5)
AT_ONCE: Final = 8
"""A feed is read so often, and so many side by side."""


class Sealing(Protocol):
    """Keeps what opens something else unreadable in the database; `place` binds it to where it is kept."""

    def seal(self, secret: str, place: str) -> str: ...
    def unseal(self, sealed: str, place: str) -> str: ...


class FeedTrouble(Exception):
    """A feed could not be read; the message is the sentence for admins."""


class Feeds(Protocol):
    """Reads calendars kept elsewhere."""

    def check(self, url: str) -> str:
        """The address as it will be called; `Invalid` where it never can be."""

    async def read(self, url: str, now: datetime) -> Sequence[Shift]:
        """Who is on duty from about now on; `FeedTrouble` where that cannot be told."""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A schedule as it is now: who is on duty by it, and `nobody` where it says why it stands for nobody."""

    schedule: Schedule
    now: tuple[str, ...]
    unknown: tuple[str, ...]
    next: Shift | None
    nobody: str | None


class Schedules(Office):
    def __init__(self, store: Store, fresh: Callable[[], str], sealing: Sealing | None, feeds: Feeds | None) -> None:
        super().__init__(store, fresh)
        self._outside = None if sealing is None or feeds is None else (sealing, feeds)

    @property
    def _sealing(self) -> Sealing:
        return self._must_reach_out()[0]

    @property
    def _feeds(self) -> Feeds:
        return self._must_reach_out()[1]

    def _must_reach_out(self) -> tuple[Sealing, Feeds]:
        if self._outside is None:
            raise Unavailable(phrase("This process reads no calendars; ask the server itself."))
        return self._outside

    async def list(self, actor: Actor) -> Sequence[OnDuty]:
        def look(reader: Reader) -> Sequence[OnDuty]:
            must_look(actor)
            return [_on_duty(reader, schedule) for schedule in reader.schedules(actor.organisation)]

        return await self._store.read(look)

    async def get(self, actor: Actor, name: str) -> OnDuty:
        def look(reader: Reader) -> OnDuty:
            must_look(actor)
            return _on_duty(reader, _the_schedule(reader, actor.organisation, name))

        return await self._store.read(look)

    async def add(self, actor: Actor, name: str, url: str, *, once: Idempotency | None = None) -> OnDuty:
        """Its feed is read soon after; until then it stands for nobody."""
        url = await self._sound(actor, name, url)
        await self._add(actor, name, self._sealed(actor, name, url), _host(url), once=once)
        return await self.get(actor, name)

    async def change(self, actor: Actor, name: str, url: str, *, once: Idempotency | None = None) -> OnDuty:
        """Another feed under the same name; what the old one said no longer counts."""
        url = await self._sound(actor, name, url)
        await self._change_feed(actor, name, self._sealed(actor, name, url), _host(url), once=once)
        return await self.get(actor, name)

    def _sealed(self, actor: Actor, name: str, url: str) -> str:
        """Before anybody else is asked, so that the address stands in no request."""
        return self._sealing.seal(url, _place(actor.organisation, name))

    async def _sound(self, actor: Actor, name: str, url: str) -> str:
        await self._store.read(lambda reader: must_manage(reader, actor))
        if not NAME.fullmatch(name):
            raise Invalid(phrase("A schedule's name has small letters, digits, _ . and -, up to 60."), field="name")
        return self._feeds.check(url)

    @four_eyes("schedules")
    async def _add(self, actor: Actor, name: str, sealed: str, host: str, *, once: Idempotency | None = None) -> None:
        repeat = await self._replayed(once)

        def look(reader: Reader) -> None:
            must_manage(reader, actor)
            known = reader.schedules(actor.organisation)
            if not repeat and any(schedule.name == name for schedule in known):
                raise Conflict(
                    phrase("There already is a schedule {name}; change that one.", name=name), code="already_exists"
                )
            if len(known) >= MOST:
                raise Conflict(
                    phrase("There are {most} schedules, which is the limit; remove some.", most=MOST), code="too_many"
                )

        await self._store.read(look)

        def work(tx: Transaction) -> str:
            id = f"sch_{self._fresh()}"
            tx.put_schedule(Schedule(id, actor.organisation, name, sealed, host, tx.now()))
            tx.log(actor.organisation, "schedule_added", actor, {"schedule": id, "name": name, "host": host})
            return id

        await self._change(work, once)

    @four_eyes("schedules")
    async def _change_feed(
        self, actor: Actor, name: str, sealed: str, host: str, *, once: Idempotency | None = None
    ) -> None:
        found = await self._found(actor, name)

        def work(tx: Transaction) -> str:
            anew = replace(found, sealed_url=sealed, host=host, tried_at=None, fetched_at=None, problem=None)
            tx.put_schedule(anew)
            tx.set_shifts(found.id, ())
            payload = {"schedule": found.id, "name": name, "host": host}
            tx.log(actor.organisation, "schedule_changed", actor, payload)
            return found.id

        await self._change(work, once)

    @four_eyes("schedules")
    async def remove(self, actor: Actor, name: str) -> Schedule:
        """Only what no rule names any more; requests that wait for it go on naming it, and it stands for nobody."""
        found = await self._found(actor, name)
        naming = await self._store.read(lambda reader: _rules_naming(reader, actor.organisation, name))
        if naming:
            raise Conflict(
                phrase("Rule {naming} still names oncall:{name}; change it first.", naming=naming[0], name=name),
                code="still_named",
            )

        def work(tx: Transaction) -> None:
            tx.drop_schedule(found)
            tx.log(actor.organisation, "schedule_removed", actor, {"schedule": found.id, "name": name})

        await self._store.transact(work)
        return found

    async def _found(self, actor: Actor, name: str) -> Schedule:
        def look(reader: Reader) -> Schedule:
            must_manage(reader, actor)
            return _the_schedule(reader, actor.organisation, name)

        return await self._store.read(look)

    # Reading the feeds.

    async def refresh(self, actor: Actor, name: str) -> OnDuty:
        """Read one feed now, and say what came of it."""
        await self._read(await self._found(actor, name))
        return await self.get(actor, name)

    async def refresh_soon(self, actor: Actor, name: str) -> None:
        """For those who cannot wait for it: the next look at what is due finds it."""
        found = await self._found(actor, name)
        await self._store.transact(lambda tx: tx.put_schedule(replace(found, tried_at=None)))

    async def refresh_due(self) -> None:
        """Every feed, of every organisation, that was not tried for a while; one that hangs holds up few others."""
        kept, now = await self._store.read(lambda reader: (reader.schedules(None), reader.now()))
        due = [one for one in kept if one.tried_at is None or one.tried_at + EVERY <= now]
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(self._read(one) for one in due[start : start + AT_ONCE]))

    async def _read(self, schedule: Schedule) -> None:
        now = await self._store.read(lambda reader: reader.now())
        try:
            url = self._sealing.unseal(schedule.sealed_url, _place(schedule.organisation, schedule.name))
            shifts = await self._feeds.read(url, now)
        except (FeedTrouble, Unavailable) as trouble:
            await self._miss(schedule, str(trouble))
        else:
            await self._keep(schedule, shifts)

    async def _keep(self, schedule: Schedule, shifts: Sequence[Shift]) -> None:
        """What the feed says, in place of what it said before."""

        def work(tx: Transaction) -> None:
            present = _unmoved(tx, schedule)
            if present is not None:
                now = tx.now()
                tx.put_schedule(replace(present, tried_at=now, fetched_at=now, problem=None))
                tx.set_shifts(schedule.id, shifts)

        await self._store.transact(work, chore=True)

    async def _miss(self, schedule: Schedule, problem: str) -> None:
        """What it said last is believed for a while."""

        def work(tx: Transaction) -> None:
            present = _unmoved(tx, schedule)
            if present is not None:
                tx.put_schedule(replace(present, tried_at=tx.now(), problem=problem[:500]))

        await self._store.transact(work, chore=True)


def _unmoved(tx: Transaction, schedule: Schedule) -> Schedule | None:
    """None where it was removed, or given another address, while its feed was read."""
    present = tx.schedule(schedule.organisation, schedule.name)
    return (
        present
        if present is not None and (present.id, present.sealed_url) == (schedule.id, schedule.sealed_url)
        else None
    )


def _the_schedule(reader: Reader, organisation: str, name: str) -> Schedule:
    found = reader.schedule(organisation, name)
    if found is None:
        raise NotFound(phrase("There is no such schedule here; look at the list of schedules."))
    return found


def _place(organisation: str, name: str) -> str:
    return f"schedules/{organisation}/{name}"


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _on_duty(reader: Reader, schedule: Schedule) -> OnDuty:
    now, shifts = reader.now(), reader.shifts(schedule.id)
    present = tuple(dict.fromkeys(shift.email for shift in shifts if shift.starts <= now < shift.ends))
    members = {email: reader.member_by_email(schedule.organisation, email) for email in present}
    known = tuple(member.name for member in members.values() if member is not None and member.active)
    unknown = tuple(email for email, member in members.items() if member is None or not member.active)
    coming = next((shift for shift in shifts if shift.starts > now), None)
    return OnDuty(schedule, known, unknown, coming, _nobody(schedule, known, now=schedule.is_believed(now)))


def _nobody(schedule: Schedule, known: tuple[str, ...], *, now: bool) -> str | None:
    if schedule.fetched_at is None:
        return schedule.problem or phrase("Its feed has not been read yet.")
    if not now:
        return phrase(
            "Its feed could not be read for a day: {problem}", problem=schedule.problem or phrase("no answer.")
        )
    return None if known else phrase("Its feed names no member for this moment.")


def _rules_naming(reader: Reader, organisation: str, name: str) -> list[str]:
    wanted = f"oncall:{name}"
    return [
        rule.name
        for rule in reader.rulebook(organisation).rules
        if any(
            source.principal == wanted
            for source in (
                *sources_of(rule.stages),
                *rule.not_from,
                *rule.tell,
                *(rule.escalate.to if rule.escalate else ()),
            )
        )
    ]
