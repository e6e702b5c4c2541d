"""Groups by chat: turning the list, looking, removing after the question."""

from __future__ import annotations

from bot.slack.admin import groups, mirrors
from bot.slack.answer import Answer
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done, replacing, showing, turning
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase


async def remove(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    gone = await room.administration.groups.remove(actor, sent.metadata)
    return done(phrase("Removed"), phrase("The group @{group} is gone.", group=gone.group.name))


async def look(room: Room, actor: Actor, click: Click) -> Answer:
    """Ask Slack once more, now."""
    must_be_mapped(actor)
    await room.administration.must_manage(actor)
    return await mirrors.looked_again(room, actor, click.value)


MEMBER = Flow(
    "groups",
    clicks={
        **turning("groups", groups.listed),
        "groups.show": showing(groups.shown),
        "groups.remove": replacing(groups.removing),
        "groups.unmirror": replacing(mirrors.stopping),
        "groups.look": look,
    },
    forms={
        "groups.remove": Form(remove),
        "groups.mirror": Form(mirrors.started),
        "groups.unmirror": Form(mirrors.stopped),
    },
)
