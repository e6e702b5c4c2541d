"""How each member likes to be told of what waits for them, and when. Everybody sets their own; nothing moves a deadline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Any, Final

from core.administration.office import Office
from core.errors import Invalid, NotAllowed
from core.model.absence import Preferences, Telling
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Idempotency, Reader, Transaction
from core.scheduling.calendar import is_country, next_digest, zone_called

CHANGEABLE: Final = frozenset(
    {"told", "quiet_from", "quiet_until", "working_days", "time_zone", "language", "country", "digest_at", "copies"}
)

_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


class PreferenceOffice(Office):
    async def get(self, actor: Actor) -> Preferences:
        must_prefer_as_a_person(actor)
        return await self._store.read(lambda reader: reader.preferences(actor.organisation, actor.id))

    async def change(self, actor: Actor, changes: Mapping[str, Any], *, once: Idempotency | None = None) -> Preferences:
        """Only what is named changes."""
        must_prefer_as_a_person(actor)

        def work(tx: Transaction) -> str:
            before = tx.preferences(actor.organisation, actor.id)
            after = due_anew(sound(replace(before, **changes)), tx.now())
            if after != before:
                tx.put_preferences(after)
                tx.log(actor.organisation, "preferences_changed", actor, {"member": actor.id, **_plain(changes)})
            return actor.id

        await self._change(work, once)
        return await self.get(actor)

    async def note_profile(self, organisation: str, member: str, zone: str | None, locale: str | None) -> None:
        """What the profile in Slack says, for those who have not said otherwise; what cannot be read is passed over."""

        def noted(before: Preferences) -> Preferences:
            zoned = before if zone is None or zone_called(zone) is None else replace(before, profile_zone=zone)
            is_locale = locale is not None and _LOCALE.fullmatch(locale) is not None
            return replace(zoned, profile_locale=locale) if is_locale else zoned

        known = await self._store.read(lambda reader: reader.preferences(organisation, member))
        if noted(known) == known:
            return

        def work(tx: Transaction) -> None:
            tx.put_preferences(due_anew(noted(tx.preferences(organisation, member)), tx.now()))

        await self._store.transact(work, chore=True)

    async def note_away(self, organisation: str, member: str, status: str | None) -> bool:
        """True the first time for this status, where they have nobody who decides for them yet."""

        def look(reader: Reader) -> bool:
            known = reader.preferences(organisation, member)
            given = reader.delegations(organisation, member, reader.now(), 50)
            return known.away != status and not (status and any(one.giver == member for one in given))

        if not await self._store.read(look):
            return False

        def work(tx: Transaction) -> None:
            tx.put_preferences(replace(tx.preferences(organisation, member), away=status))

        await self._store.transact(work, chore=True)
        return status is not None


def due_anew(chosen: Preferences, now: datetime) -> Preferences:
    return replace(chosen, digest_due=next_digest(chosen, now) if chosen.told is Telling.DIGEST else None)


def sound(chosen: Preferences) -> Preferences:
    """The same, or what cannot be."""
    if chosen.time_zone is not None and zone_called(chosen.time_zone) is None:
        raise Invalid(
            phrase("There is no time zone '{name}'; write it like Europe/Berlin.", name=chosen.time_zone[:60]),
            field="time_zone",
        )
    if chosen.country is not None and not is_country(chosen.country):
        raise Invalid(
            phrase("No holidays are known of '{code}'; write a country like DE, or DE-BY.", code=chosen.country[:20]),
            field="country",
        )
    if (chosen.quiet_from is None) != (chosen.quiet_until is None):
        raise Invalid(phrase("Quiet hours have a beginning and an end; give both, or none."), field="quiet_from")
    if not chosen.working_days or not chosen.working_days <= frozenset(range(1, 8)):
        raise Invalid(phrase("Choose at least one working day, from Monday to Sunday."), field="working_days")
    if chosen.language is not None and _LOCALE.fullmatch(chosen.language) is None:
        raise Invalid(phrase("That is no language; write it like en or de."), field="language")
    return chosen


def must_prefer_as_a_person(actor: Actor) -> None:
    if not actor.is_member:
        raise NotAllowed(phrase("Only members have settings of their own; log in as one."), code="forbidden")


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _said(value) for name, value in changes.items() if name in CHANGEABLE}


def _said(value: Any) -> Any:
    match value:
        case time():
            return value.strftime("%H:%M")
        case frozenset():
            return sorted(value)
        case Telling():
            return value.value
        case _:
            return value
