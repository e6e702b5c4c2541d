"""More time: the deadline of one request, moved later where that is allowed."""

from __future__ import annotations

from bot.slack import absence
from bot.slack.answer import Answer, Open
from bot.slack.cards import extend
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done, pointed_at
from bot.slack.room import Room, must_be_mapped
from core.lifecycle.who import must_be_open
from core.model.command import Extend
from core.model.people import Actor
from core.phrases import phrase
from core.scheduling.moments import say_moment


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    target = pointed_at(click)
    now = await room.administration.now()
    request = await room.see(actor, target.request, Extend(now))
    must_be_open(request)
    return Open(extend.draw(request, await room.backdrop(request)))


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    target = pointed_at(sent)
    must_be_mapped(actor)
    at, working = await absence.moment(room, actor, sent.text("expires_at") or "", "expires_at")
    await room.do(actor, sent, target, Extend(at))
    return done(phrase("More time"), phrase("It waits until {at} now.", at=say_moment(at, working)))


MEMBER = Flow("extend", clicks={"request.extend": click}, forms={"extend": Form(submit, {"expires_at": "expires_at"})})
