"""Schedules by chat: turning the list, looking, reading a feed again, removing after the question."""

from __future__ import annotations

from bot.slack.admin import schedules
from bot.slack.answer import Answer, Replace
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done, replacing, showing, turning
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase


async def refresh(room: Room, actor: Actor, click: Click) -> Answer:
    """Slack waits three seconds, a slow feed may take longer: so it is read within a minute."""
    must_be_mapped(actor)
    await room.administration.schedules.refresh_soon(actor, click.value)
    return Replace(await schedules.shown(room, actor, click.value))


async def remove(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    gone = await room.administration.schedules.remove(actor, sent.metadata)
    return done(phrase("Removed"), phrase("The schedule {gone} is gone.", gone=gone.name))


MEMBER = Flow(
    "schedules",
    clicks={
        **turning("schedules", schedules.listed),
        "schedules.show": showing(schedules.shown),
        "schedules.refresh": refresh,
        "schedules.remove": replacing(schedules.removing),
    },
    forms={"schedules.remove": Form(remove)},
)
