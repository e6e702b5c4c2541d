"""Answer: the button under a question, and its modal."""

from __future__ import annotations

from bot.slack.answer import Answer, FieldErrors, Open
from bot.slack.cards import answer
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, pointed_at
from bot.slack.room import Room
from core.errors import Conflict
from core.lifecycle.who import must_be_open
from core.model import command as c
from core.model.people import Actor
from core.phrases import phrase


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    target = pointed_at(click)
    request = await room.see(actor, target.request, c.Answer(""))
    must_be_open(request)
    question = next((q for q in request.open_questions if q.id == click.question), None)
    if question is None:
        raise Conflict(
            phrase("That question was already answered; write a comment if there is more to say."),
            code="already_answered",
        )
    return Open(answer.draw(request, await room.backdrop(request), question))


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    text = sent.text("answer")
    if text is None:
        return FieldErrors({"answer": phrase("Write an answer.")})
    await room.do(actor, sent, pointed_at(sent), c.Answer(text, sent.question))
    return None


MEMBER = Flow("answer", clicks={"question.answer": click}, forms={"answer": Form(submit, {"answer": "answer"})})
