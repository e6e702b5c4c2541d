"""Freezes: the window that makes one, and lifting one from the list."""

from __future__ import annotations

from bot.slack import absence
from bot.slack.admin import freezes
from bot.slack.answer import Answer, FieldErrors, Replace
from bot.slack.cards.freeze import EVERYWHERE
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done, turning
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase


async def save(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    reason = sent.text("reason")
    if reason is None:
        return FieldErrors({"reason": phrase("Say why; everybody whose work it holds reads it.")})
    chosen = sent.values.get("project")
    project = None if chosen in (None, EVERYWHERE) else str(chosen)
    typed = sent.text("until")
    until, said = await absence.until(room, actor, typed)
    await room.administration.freezes.freeze(
        actor, project, reason, until=until, once=room.once(sent, (project, reason, typed))
    )
    return done(
        phrase("Frozen"),
        phrase("Nothing is executed there now, {until}. Lift it with /countersign unfreeze.", until=said),
    )


async def lift(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    project = None if click.value == EVERYWHERE else click.value
    await room.administration.freezes.lift(actor, project, once=room.once(click, ("lift", project)))
    return Replace(await freezes.listed(room, actor))


MEMBER = Flow(
    "freezes",
    clicks={"freezes.lift": lift, **turning("freezes", freezes.listed)},
    forms={"freeze": Form(save, {"reason": "reason", "until": "until", "project": "project"})},
)
