"""`help`: written from what every sub-command says of itself."""

from __future__ import annotations

from bot.slack.answer import Answer, Whisper
from bot.slack.cards import help as card
from bot.slack.commands.base import Command
from bot.slack.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor


async def run(room: Room, _actor: Actor, _slash: Slash) -> Answer:
    return Whisper(card.draw(room.help))


MEMBER = Command("help", "", "This list", run, open_to_all=True)
