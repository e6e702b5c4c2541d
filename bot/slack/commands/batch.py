"""`batch [#n]`: what waits for me by likeness, or whatever is like this request, to decide on several at once."""

from __future__ import annotations

from bot.slack.admin import batches
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, number_alone
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase

USAGE = "[#n]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    must_be_mapped(actor)
    if not slash.text:
        return Open(await batches.listed(room, actor))
    request = await room.numbered(actor, number_alone(slash, USAGE))
    return Open(await batches.shown(room, actor, request.id))


MEMBER = Command("batch", USAGE, phrase("Several like requests on one card, decided together or one by one"), run)
