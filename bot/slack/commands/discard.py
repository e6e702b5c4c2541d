"""`discard #n [reason]`: what was approved is no longer wanted, before anybody has claimed it."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.commands.base import Command, number_and_text, said, target_of
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model import command as c
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n [reason]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    number, text = number_and_text(slash, USAGE)
    request = await room.numbered(actor, number, c.Discard(text))
    await room.do(actor, slash, target_of(request), c.Discard(text))
    return said(phrase("Request #{number} is discarded; nothing of it will be executed.", number=number))


MEMBER = Command("discard", USAGE, phrase("Take back what was approved before it is executed"), run)
