"""Comment: a remark, a question to whoever asked, or an approval with these words."""

from __future__ import annotations

from bot.slack.answer import Answer, FieldErrors, Open
from bot.slack.cards import comment
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, decided_before, pointed_at
from bot.slack.repeated import keep_words
from bot.slack.room import Room
from bot.slack.target import Target
from core.model.command import Approve, Ask, Command, Comment
from core.model.people import Actor
from core.phrases import phrase


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    target = pointed_at(click)
    request = await room.see(actor, target.request, Comment(""))
    view = comment.draw(request, await room.backdrop(request))
    return Open({**view, "private_metadata": str(target)})


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    target = pointed_at(sent)
    text = sent.text("text")
    if text is None:
        return FieldErrors({"text": phrase("Write something.")})
    given = await room.do(actor, sent, target, _command(str(sent.values.get("kind")), text, target))
    return decided_before(await keep_words(room, actor, sent, target, given, text))


def _command(kind: str, text: str, target: Target) -> Command:
    match kind:
        case "question":
            return Ask(text, target.revision)
        case "approve":
            return Approve(text, revision=target.revision, stage=target.stage)
        case _:
            return Comment(text)


MEMBER = Flow("comment", clicks={"request.comment": click}, forms={"comment": Form(submit, {"comment": "text"})})
