"""`review #n`: closes the review that broken glass owes."""

from __future__ import annotations

from bot.slack.admin import emergencies
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, number_alone
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    request = await room.numbered(actor, number_alone(slash, USAGE))
    return Open(await emergencies.reviewing(room, actor, request))


MEMBER = Command("review", USAGE, phrase("Look at what was decided by break-glass, and close its review"), run)
