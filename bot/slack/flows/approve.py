"""Approve decides at once; with a comment it is a modal that shows the present revision again."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, decided_before, pointed_at, redrawn
from bot.slack.repeated import keep_words
from bot.slack.room import Room
from core.model.command import Approve
from core.model.people import Actor


async def click(room: Room, actor: Actor, click: Click) -> Answer | None:
    target = pointed_at(click)
    done = await room.do(actor, click, target, Approve(revision=target.revision, stage=target.stage))
    return await redrawn(room, actor, click, done.request)


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    target = pointed_at(sent)
    comment = sent.text("comment")
    given = await room.do(actor, sent, target, Approve(comment, revision=target.revision, stage=target.stage))
    return decided_before(await keep_words(room, actor, sent, target, given, comment))


MEMBER = Flow("approve", clicks={"request.approve": click}, forms={"approve": Form(submit, {"comment": "comment"})})
