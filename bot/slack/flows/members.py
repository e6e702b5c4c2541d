"""Members by chat: turning lists, looking, deactivating after the question, activating."""

from __future__ import annotations

from bot.slack.admin import members
from bot.slack.answer import Answer, Replace
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done, replacing, showing, turning
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase


async def deactivate(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    member = await room.administration.members.change(actor, sent.metadata, active=False)
    return done(phrase("Deactivated"), phrase("{member} may do nothing here any more.", member=member.name))


async def activate(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    member = await room.administration.members.change(actor, click.value, active=True)
    return done(
        phrase("Activated"),
        phrase("{member} may act here again, with the roles and groups they have.", member=member.name),
    )


async def leave_out(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    issuer, _, user = click.value.partition("/")
    await room.administration.identities.leave_out(actor, issuer, user)
    return Replace(await members.unmapped(room, actor))


MEMBER = Flow(
    "members",
    clicks={
        **turning("members", members.listed),
        **turning("members.unmapped", members.unmapped),
        "members.leave_out": leave_out,
        "members.show": showing(members.shown),
        "members.deactivate": replacing(members.deactivating),
        "members.activate": activate,
    },
    forms={"members.deactivate": Form(deactivate)},
)
