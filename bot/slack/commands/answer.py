"""`answer #n text`: answers the question that is open; where several are, their buttons say which."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.commands.base import Command, must_say, number_and_text, said, target_of
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.errors import Invalid
from core.model import command as c
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n text"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    number, text = number_and_text(slash, USAGE)
    words = must_say(text, slash, USAGE, phrase("The answer"))
    request = await room.numbered(actor, number, c.Answer(words))
    if len(request.open_questions) > 1:
        raise Invalid(
            phrase(
                "{count} questions are open; use the Answer button under the one you mean.",
                count=len(request.open_questions),
            )
        )
    await room.do(actor, slash, target_of(request), c.Answer(words))
    return said(phrase("You answered the question on request #{number}.", number=number))


MEMBER = Command("answer", USAGE, phrase("Answer the open question of a request you asked"), run)
