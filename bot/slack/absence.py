"""Absence by chat: wishes as people type them, and what is said back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any, Final

from bot.languages import LANGUAGES, language_of
from bot.slack.admin.written import NAME
from bot.slack.cards import delegate, preferences, rows
from bot.slack.cards.rows import Row
from bot.slack.drawing.blocks import Json
from bot.slack.room import Room, must_be_mapped
from core.administration.delegations import Given
from core.errors import Invalid
from core.model.absence import Preferences, Telling
from core.model.people import Actor
from core.phrases import phrase
from core.scheduling.calendar import WorkingTime, working_time
from core.scheduling.moments import END_OF_DAY, START_OF_DAY, WEEKDAYS, parse_moment, say_moment

WISH: Final = re.compile(
    r"(?P<who>\S+)\s+(?:from\s+(?P<starts>.+?)\s+)?until\s+(?P<until>.+?)(?:\s+(?:for|in)\s+(?P<project>\S+))?",
    re.IGNORECASE,
)
USAGE: Final = phrase("@who until friday [for PROJECT] | show | stop")

_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})")
_QUIET: Final = re.compile(r"(\d{1,2}:\d{2})\s*(?:-|–|to|until)\s*(\d{1,2}:\d{2})")
NOTHING: Final = frozenset({"none", "no", "off", "never", "-", ""})
YES: Final = frozenset({"yes", "on", "true"})

# --------------------------------------------------------------------------------------------------------- delegations


async def asking(room: Room, actor: Actor, until: str = "") -> Json:
    must_be_mapped(actor)
    found = await room.administration.projects.list(actor)
    return delegate.draw([(one.id, one.name) for one in found], until=until)


async def given_by(room: Room, actor: Actor, text: str) -> Mapping[str, Any]:
    """What `delegations.give` takes, of `ada@example.com until friday 5pm for payments`."""
    match = WISH.fullmatch(" ".join(text.split()))
    if match is None:
        raise Invalid(phrase("Say who, and until when; write it like {name} delegate {usage}.", name=NAME, usage=USAGE))
    return await dated(room, actor, match["who"], match["until"], match["starts"], match["project"])


async def dated(
    room: Room, actor: Actor, who: str, until: str, starts: str | None, project: str | None
) -> Mapping[str, Any]:
    now, working = await clock_of(room, actor)
    return {
        "to": who.removeprefix("@"),
        "until": _moment(until, now, working, "until"),
        "starts_at": None
        if starts in {None, "now", "today"}
        else _moment(starts, now, working, "starts", START_OF_DAY),
        "project": project,
    }


async def moment(room: Room, actor: Actor, text: str, field: str) -> tuple[datetime, WorkingTime]:
    """What somebody typed, in their own time zone, and how to say it back to them."""
    now, working = await clock_of(room, actor)
    return _moment(text, now, working, field), working


def _moment(text: str, now: datetime, working: WorkingTime, field: str, hour: time = END_OF_DAY) -> datetime:
    try:
        return parse_moment(text, now, working, hour)
    except Invalid as wrong:
        raise Invalid(wrong.sentence, field=field) from None


async def until(room: Room, actor: Actor, text: str | None) -> tuple[datetime | None, str]:
    """When a freeze ends (`4h`, `friday 8am`) in the admin's own zone, and how to say it back; nothing: not by itself."""
    if text is None:
        return None, phrase("until it is lifted")
    at, working = await moment(room, actor, text, "until")
    return at, phrase("until {moment}", moment=say_moment(at, working))


async def clock_of(room: Room, actor: Actor) -> tuple[datetime, WorkingTime]:
    """What time it is, and how this person's days go."""
    chosen = await room.administration.preferences.get(actor)
    return await room.administration.now(), working_time(chosen)


def said_of(given: Given, working: WorkingTime) -> str:
    where = phrase("in {project}", project=given.project) if given.project else phrase("in all projects")
    until = say_moment(given.delegation.until, working)
    if given.delegation.starts_at > given.delegation.made_at:
        return phrase(
            "{taker} decides for you {where} from {starts} until {until}. You can still decide yourself.",
            taker=given.taker,
            where=where,
            starts=say_moment(given.delegation.starts_at, working),
            until=until,
        )
    return phrase(
        "{taker} decides for you {where} until {until}. You can still decide yourself, and hear what was decided for you.",
        taker=given.taker,
        where=where,
        until=until,
    )


async def listed(room: Room, actor: Actor) -> Json:
    """Given and taken; admins see everybody's."""
    must_be_mapped(actor)
    everybody = await room.administration.manages(actor)
    found = await room.administration.delegations.list(actor, everybody=everybody)
    _, working = await clock_of(room, actor)
    shown = [
        Row(_who(one), _when(one, working), "delegate.stop", one.delegation.id, phrase("Stop")) for one in found[:20]
    ]
    heading = phrase("Who decides for whom.") if found else phrase("Nobody has delegated anything.")
    note = phrase("Delegate with {name} delegate @who until friday.", name=NAME)
    return rows.draw(phrase("Delegations"), heading, shown, note=note)


def _who(one: Given) -> str:
    return phrase("{taker} for {giver}", taker=one.taker, giver=one.giver)


def _when(one: Given, working: WorkingTime) -> str:
    return phrase(
        "{where} · from {starts} · until {until}",
        where=one.project or phrase("all projects"),
        starts=say_moment(one.delegation.starts_at, working),
        until=say_moment(one.delegation.until, working),
    )


async def stop(room: Room, actor: Actor, whom: str | None) -> Sequence[Given]:
    """What this person has given: all of it, or to one."""
    must_be_mapped(actor)
    found = await room.administration.delegations.list(actor)
    taker = None
    if whom is not None:
        taker = (await room.administration.members.get(actor, whom.removeprefix("@").lower())).id
    mine = [one for one in found if one.delegation.giver == actor.id and taker in (None, one.delegation.taker)]
    return [await room.administration.delegations.stop(actor, one.delegation.id) for one in mine]


# ---------------------------------------------------------------------------------------------------------- preferences


async def preferring(room: Room, actor: Actor) -> Json:
    must_be_mapped(actor)
    return preferences.draw(await room.administration.preferences.get(actor))


def said_preferences(chosen: Preferences) -> str:
    """Everything that is set, in one line each way."""
    quiet = preferences.say_quiet(chosen) or phrase("none")
    return phrase(
        "You are told by {told}; quiet hours {quiet}; working days {days}; time zone {zone}; holidays of {country}; "
        "the hour for once a day {digest}; copies of cards in channels {copies}; language {language}.",
        told=chosen.told.value,
        quiet=quiet,
        days=say_days(chosen.working_days),
        zone=chosen.zone,
        country=chosen.country or phrase("no country"),
        digest=chosen.digest_at.strftime("%H:%M"),
        copies=phrase("yes") if chosen.copies else phrase("no"),
        language=LANGUAGES[language_of(chosen.locale)],
    )


def say_days(days: frozenset[int]) -> str:
    return ", ".join(WEEKDAYS[day - 1][:3] for day in sorted(days))


def setting(name: str, typed: str) -> dict[str, Any]:
    """One setting as people type it; `Invalid` says what may be typed."""
    word = typed.strip()
    low = word.lower()
    match name:
        case "told":
            return {"told": _told(low)}
        case "quiet":
            return quiet_hours(word)
        case "days" | "working_days":
            return {"working_days": _days(low)}
        case "zone" | "time_zone":
            return {"time_zone": None if low in NOTHING or low == "profile" else word}
        case "country" | "holidays":
            return {"country": None if low in NOTHING else word.upper()}
        case "digest" | "digest_at":
            return {"digest_at": clock(word, "digest_at")}
        case "copies":
            return {"copies": _copies(low)}
        case "language":
            return {"language": _language(low)}
        case _:
            raise Invalid(
                phrase(
                    "There is no setting '{name}'; there are told, quiet, days, zone, country, digest, copies and language.",
                    name=name[:40],
                )
            )


def _told(word: str) -> Telling:
    try:
        return Telling(word)
    except ValueError:
        raise Invalid(
            phrase("'{word}' is no way of telling; there are dm, mention, digest and nothing.", word=word[:40]),
            field="told",
        ) from None


def _copies(word: str) -> bool:
    if word not in YES | NOTHING | {"false"}:
        raise Invalid(
            phrase("'{word}' is neither yes nor no; write copies yes, or copies no.", word=word[:40]), field="copies"
        )
    return word in YES


def _language(word: str) -> str | None:
    if word in NOTHING or word == preferences.AUTO:
        return None
    if word in LANGUAGES:
        return word
    raise Invalid(
        phrase(
            "'{word}' is no language spoken here; there are {languages}, and auto for that of your Slack profile.",
            word=word[:40],
            languages=", ".join(LANGUAGES),
        ),
        field="language",
    )


def quiet_hours(typed: str) -> dict[str, Any]:
    if typed.strip().lower() in NOTHING:
        return {"quiet_from": None, "quiet_until": None}
    match = _QUIET.fullmatch(typed.strip().lower())
    if match is None:
        raise Invalid(
            phrase("'{typed}' are no quiet hours; write them like 22:00-07:00, or none.", typed=typed[:40]),
            field="quiet_from",
        )
    return {"quiet_from": clock(match[1], "quiet_from"), "quiet_until": clock(match[2], "quiet_from")}


def clock(typed: str, field: str) -> time:
    match = _CLOCK.fullmatch(typed.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise Invalid(phrase("'{typed}' is no time of day; write it like 09:00.", typed=typed[:40]), field=field)
    return time(int(match[1]), int(match[2]))


def _days(word: str) -> frozenset[int]:
    """`mon-fri`, `mon, wed, fri`, `all`."""
    if word in ("all", "every day"):
        return frozenset(range(1, 8))
    found: set[int] = set()
    for part in re.split(r"[,\s]+", word):
        first, _, last = part.partition("-")
        start, end = _day(first), _day(last or first)
        found |= {(start + step - 1) % 7 + 1 for step in range((end - start) % 7 + 1)}
    return frozenset(found)


def _day(word: str) -> int:
    found = next((day for day, name in enumerate(WEEKDAYS, start=1) if len(word) >= 2 and name.startswith(word)), None)
    if found is None:
        raise Invalid(
            phrase("'{word}' is no day of the week; write days like mon-fri, or mon, wed.", word=word[:40]),
            field="working_days",
        )
    return found
