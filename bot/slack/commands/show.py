"""`show #n`: the card of a request, privately, with its buttons."""

from __future__ import annotations

from bot.slack.answer import Answer, Whisper
from bot.slack.cards import request as card
from bot.slack.commands.base import Command, number_alone
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    request = await room.numbered(actor, number_alone(slash, USAGE))
    return Whisper(card.draw(request, await room.backdrop(request)))


MEMBER = Command("show", USAGE, phrase("Show a request as it stands now"), run)
