"""`run #n`: calls upon whoever asked to do what was approved, as the card's button does."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.commands.base import Command, number_alone, said, target_of
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model import command as c
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    number = number_alone(slash, USAGE)
    request = await room.numbered(actor, number, c.Run())
    done = await room.do(actor, slash, target_of(request), c.Run())
    name = done.request.requester.name
    return said(phrase("{name} is called upon to do #{number} now; the card follows it.", name=name, number=number))


MEMBER = Command("run", USAGE, phrase("Have what was approved run now, once"), run)
