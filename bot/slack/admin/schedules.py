"""Schedules by chat: the calendars of who is on duty, and who that is now."""

from __future__ import annotations

from bot.slack.admin.lookup import counted
from bot.slack.blocks import Json, utc
from bot.slack.cards import rows, sheet, sure
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.room import Room
from core.administration.schedules import OnDuty
from core.model.people import Actor


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.schedules.list(actor)
    page = [
        Row(one.schedule.name, _line(one), "schedules.show", one.schedule.name) for one in found[start : start + PAGE]
    ]
    heading = f"{counted(len(found), 'schedule')}. Rules ask whoever is on duty by oncall:NAME."
    note = "Add one with /countersign schedules add NAME https://… (an iCalendar feed)."
    return rows.draw("Schedules", heading, page, turn="schedules", start=start, total=len(found), note=note)


def _line(one: OnDuty) -> str:
    return f"Now: {', '.join(one.now)}" if one.nobody is None else f"NOBODY: {one.nobody}"


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    one = await room.administration.schedules.get(actor, wanted)
    schedule = one.schedule
    figures = [
        ("On duty now", ", ".join(one.now) or "nobody"),
        *([("Not members, so they do not count", ", ".join(one.unknown[:20]))] if one.unknown else []),
        *([("Next change", utc(one.next.starts))] if one.next else []),
        ("Feed", f"at {schedule.host}, last read {utc(schedule.fetched_at) if schedule.fetched_at else 'never'}"),
        *([("Trouble", schedule.problem)] if schedule.problem else []),
    ]
    acts = [
        Act("Read it again", "schedules.refresh", schedule.name),
        Act("Remove", "schedules.remove", schedule.name, "danger"),
    ]
    note = "The feed is read every five minutes, and believed for 24 hours while it cannot be read."
    return sheet.draw(
        Sheet("Schedule", f"oncall:{schedule.name}", one.nobody or "", figures=figures, acts=acts, note=note)
    )


async def removing(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    one = await room.administration.schedules.get(actor, wanted)
    name = one.schedule.name
    consequences = ["Requests that wait for whoever is on duty by it wait for nobody any more."]
    question = f"Remove the schedule {name}?"
    return sure.draw("schedules.remove", "Remove a schedule", question, consequences, yes="Remove", metadata=name)
