"""`ask [type] [title]`: opens the form."""

from __future__ import annotations

from bot.slack.answer import Answer, Open
from bot.slack.cards import ask
from bot.slack.commands.base import Command, plain
from bot.slack.payload import Slash
from bot.slack.room import Room, must_be_mapped
from core.model.organisation import BUILT_IN_TYPES
from core.model.people import Actor

USAGE = "[type] [title]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    must_be_mapped(actor)
    first, _, rest = slash.text.partition(" ")
    type, title = (first, rest) if first in BUILT_IN_TYPES else ("custom", slash.text)
    projects = await room.read(lambda reader: reader.projects(actor.organisation))
    return Open(ask.draw([project.name for project in projects], type=type, title=plain(title)))


MEMBER = Command("ask", USAGE, "Ask for an approval", run)
