"""`break-glass #n reason`: opens the window that says what it means; nothing happens before it is sent."""

from __future__ import annotations

from bot.slack.admin import emergencies
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, number_and_text
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n reason"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    number, reason = number_and_text(slash, USAGE)
    request = await room.numbered(actor, number)
    return Open(await emergencies.breaking(room, actor, request, reason or ""))


MEMBER = Command(
    "break-glass", USAGE, phrase("Decide alone in an emergency; everybody is told, and it is reviewed"), run
)
