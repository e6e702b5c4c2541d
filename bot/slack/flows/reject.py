"""Reject asks for its reason in a modal; in Slack a reason is always wanted."""

from __future__ import annotations

from bot.slack.answer import Answer, FieldErrors, Open
from bot.slack.cards import reject
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, decided_before, pointed_at
from bot.slack.repeated import keep_words
from bot.slack.room import Room
from core.lifecycle.who import must_be_current, must_be_open
from core.model.command import Reject
from core.model.people import Actor
from core.phrases import phrase


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    target = pointed_at(click)
    request = await room.see(actor, target.request, Reject())
    must_be_open(request)
    must_be_current(request, target.revision, target.stage)
    return Open(reject.draw(request, await room.backdrop(request)))


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    target = pointed_at(sent)
    reason = sent.text("comment")
    if reason is None:
        return FieldErrors({"comment": phrase("Say why, so that whoever asked knows what to change.")})
    given = await room.do(actor, sent, target, Reject(reason, revision=target.revision, stage=target.stage))
    return decided_before(await keep_words(room, actor, sent, target, given, reason))


MEMBER = Flow("reject", clicks={"request.reject": click}, forms={"reject": Form(submit, {"comment": "comment"})})
