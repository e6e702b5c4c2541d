"""`withdraw #n [comment]`: takes one's own approval back."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.commands.base import Command, number_and_text, said, target_of
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model import command as c
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n [comment]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    number, text = number_and_text(slash, USAGE)
    request = await room.numbered(actor, number, c.Withdraw(text))
    await room.do(actor, slash, target_of(request), c.Withdraw(text))
    return said(phrase("Your approval of request #{number} no longer counts.", number=number))


MEMBER = Command("withdraw", USAGE, phrase("Take your approval back while the request is open"), run)
