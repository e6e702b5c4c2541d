"""`history #n`: the story of a request, from its ledger."""

from __future__ import annotations

from bot.slack.answer import Answer, Whisper
from bot.slack.cards import history
from bot.slack.commands.base import Command, number_alone
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from bot.slack.story import story_of
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    request = await room.numbered(actor, number_alone(slash, USAGE))
    rows, names = await room.read(lambda reader: story_of(reader, request))
    return Whisper(history.draw(request, rows, names))


MEMBER = Command("history", USAGE, phrase("Everything that happened to a request"), run)
