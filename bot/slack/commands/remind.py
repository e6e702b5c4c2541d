"""`remind #n`: tells those who have not answered again."""

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
    request = await room.numbered(actor, number, c.Remind())
    await room.do(actor, slash, target_of(request), c.Remind())
    return said(phrase("Everybody who has not answered yet is being reminded."))


MEMBER = Command("remind", USAGE, phrase("Remind those who have not answered"), run)
