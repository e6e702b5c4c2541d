"""Settings by chat: switching four eyes on, after the question."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.entrance.payload import Submission
from bot.slack.flows.base import Flow, Form, done
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase


async def switch_on(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    await room.administration.organisations.change(actor, four_eyes=True, once=room.once(sent, "on"))
    return done(
        phrase("Four eyes are on"),
        phrase("From now on another admin must agree before anything is changed that says who must or may say yes."),
    )


MEMBER = Flow("settings", forms={"settings.four_eyes": Form(switch_on)})
