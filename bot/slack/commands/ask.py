"""`ask [type] [title]`: opens the type's form."""

from __future__ import annotations

from bot.slack.answer import Answer, Open
from bot.slack.asking import chosen, offer
from bot.slack.commands.base import Command
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from bot.slack.typed import plain
from core.model.people import Actor
from core.phrases import phrase

USAGE = "[type] [title]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    offered = await offer(room, actor)
    type, title = chosen(offered, slash.text)
    return Open(offered.form(type, title=plain(title)))


MEMBER = Command("ask", USAGE, phrase("Ask for an approval"), run)
