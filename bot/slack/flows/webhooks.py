"""Webhooks by chat: looking, trying, pausing, a new secret that is shown once, removing after the question."""

from __future__ import annotations

from bot.slack.admin import webhooks
from bot.slack.answer import Answer, Replace
from bot.slack.cards import webhook_secret
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done, replacing, showing, turning
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase


async def test(room: Room, actor: Actor, click: Click) -> Answer:
    """Slack waits three seconds, a slow receiver may take longer: what came of it follows."""
    must_be_mapped(actor)
    return await webhooks.testing(room, actor, click.value)


async def redeliver(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    return await webhooks.redelivering(room, actor, click.value)


async def pause(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    await room.administration.webhooks.pause(actor, click.value, once=room.once(click, ("pause", click.value)))
    return Replace(await webhooks.shown(room, actor, click.value))


async def resume(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    await room.administration.webhooks.resume(actor, click.value, once=room.once(click, ("resume", click.value)))
    return Replace(await webhooks.shown(room, actor, click.value))


async def rotate(room: Room, actor: Actor, click: Click) -> Answer:
    """The answer takes the window's place and goes nowhere else."""
    must_be_mapped(actor)
    once = room.once(click, ("rotate", click.value))
    made = await room.administration.webhooks.rotate(actor, click.value, once=once)
    return Replace(webhook_secret.draw(made.webhook.endpoint.name, made.secret, rotated=True))


async def remove(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    gone = await room.administration.webhooks.remove(actor, sent.metadata)
    return done(phrase("Removed"), phrase("The webhook {gone} is gone.", gone=gone.name))


MEMBER = Flow(
    "webhooks",
    clicks={
        **turning("webhooks", webhooks.listed),
        "webhooks.show": showing(webhooks.shown),
        "webhooks.deliveries": showing(webhooks.deliveries),
        "webhooks.test": test,
        "webhooks.redeliver": redeliver,
        "webhooks.pause": pause,
        "webhooks.resume": resume,
        "webhooks.rotate": rotate,
        "webhooks.remove": replacing(webhooks.removing),
    },
    forms={"webhooks.remove": Form(remove)},
)
