"""Schedules by chat: the calendars of who is on duty, and who that is now."""

from __future__ import annotations

from bot.slack.cards import rows, sheet, sure
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import Json, utc
from bot.slack.room import Room
from core.administration.schedules import OnDuty
from core.model.people import Actor
from core.phrases import phrase, phrases


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.schedules.list(actor)
    page = [
        Row(one.schedule.name, _line(one), "schedules.show", one.schedule.name) for one in found[start : start + PAGE]
    ]
    heading = phrase(
        "{counted}. Rules ask whoever is on duty by oncall:NAME.",
        counted=phrases("{count:,} schedule", "{count:,} schedules", len(found)),
    )
    note = phrase("Add one with /countersign schedules add NAME https://… (an iCalendar feed).")
    return rows.draw(phrase("Schedules"), heading, page, turn="schedules", start=start, total=len(found), note=note)


def _line(one: OnDuty) -> str:
    return (
        phrase("Now: {now}", now=", ".join(one.now))
        if one.nobody is None
        else phrase("NOBODY: {nobody}", nobody=one.nobody)
    )


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    one = await room.administration.schedules.get(actor, wanted)
    schedule = one.schedule
    figures = [
        (phrase("On duty now"), ", ".join(one.now) or "nobody"),
        *([(phrase("Not members, so they do not count"), ", ".join(one.unknown[:20]))] if one.unknown else []),
        *([(phrase("Next change"), utc(one.next.starts))] if one.next else []),
        (
            phrase("Feed"),
            phrase(
                "at {host}, last read {utc}",
                host=schedule.host,
                utc=utc(schedule.fetched_at) if schedule.fetched_at else phrase("never"),
            ),
        ),
        *([(phrase("Trouble"), schedule.problem)] if schedule.problem else []),
    ]
    acts = [
        Act(phrase("Read it again"), "schedules.refresh", schedule.name),
        Act(phrase("Remove"), "schedules.remove", schedule.name, "danger"),
    ]
    note = phrase("The feed is read every five minutes, and believed for 24 hours while it cannot be read.")
    return sheet.draw(
        Sheet(phrase("Schedule"), f"oncall:{schedule.name}", one.nobody or "", figures=figures, acts=acts, note=note)
    )


async def removing(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    one = await room.administration.schedules.get(actor, wanted)
    name = one.schedule.name
    consequences = [phrase("Requests that wait for whoever is on duty by it wait for nobody any more.")]
    question = phrase("Remove the schedule {name}?", name=name)
    return sure.draw(
        "schedules.remove", phrase("Remove a schedule"), question, consequences, yes=phrase("Remove"), metadata=name
    )
