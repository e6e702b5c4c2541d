"""`cancel #n [reason]`: the requester or an admin takes the request back."""

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
    request = await room.numbered(actor, number, c.Cancel(text))
    await room.do(actor, slash, target_of(request), c.Cancel(text))
    return said(phrase("Request #{number} is cancelled.", number=number))


MEMBER = Command("cancel", USAGE, phrase("Cancel a request you asked"), run)
