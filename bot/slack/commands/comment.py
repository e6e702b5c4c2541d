"""`comment #n text`: a remark under the card."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.commands.base import Command, must_say, number_and_text, said, target_of
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model import command as c
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n text"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    number, text = number_and_text(slash, USAGE)
    words = must_say(text, slash, USAGE, phrase("The comment"))
    request = await room.numbered(actor, number, c.Comment(words))
    await room.do(actor, slash, target_of(request), c.Comment(words))
    return said(phrase("Your comment stands under request #{number}.", number=number))


MEMBER = Command("comment", USAGE, phrase("Say something about a request"), run)
