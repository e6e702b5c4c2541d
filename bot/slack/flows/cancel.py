"""Cancel: the requester or an admin takes the request back, after being asked once more."""

from __future__ import annotations

from bot.slack.answer import Answer, Open
from bot.slack.cards import cancel
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, pointed_at
from bot.slack.room import Room
from core.lifecycle.who import must_be_open
from core.model.command import Cancel
from core.model.people import Actor


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    target = pointed_at(click)
    request = await room.see(actor, target.request, Cancel())
    must_be_open(request)
    return Open(cancel.draw(request, await room.backdrop(request)))


async def submit(room: Room, actor: Actor, sent: Submission) -> None:
    await room.do(actor, sent, pointed_at(sent), Cancel(sent.text("comment")))


MEMBER = Flow("cancel", clicks={"request.cancel": click}, forms={"cancel": Form(submit, {"comment": "comment"})})
