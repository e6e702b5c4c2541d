"""`settings me`: how I am told of what waits for me, and when. Alone it opens the form."""

from __future__ import annotations

from bot.languages import speaking_to
from bot.slack import absence
from bot.slack.admin.written import as_written
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, said
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room, must_be_mapped
from core.errors import Invalid
from core.model.people import Actor
from core.phrases import phrase

WORD = phrase("settings me")
USAGE = phrase(
    "[told dm | quiet 22:00-07:00 | days mon-fri | zone Europe/Berlin | country DE | digest 09:00 | copies yes | language de]"
)


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    must_be_mapped(actor)
    text = await as_written(room, actor, slash.text)
    name, _, typed = text.partition(" ")
    if not name:
        return Open(await absence.preferring(room, actor))
    if not typed.strip():
        raise Invalid(
            phrase("What shall {name} be? Write it like {word} {usage}.", name=name[:40], word=WORD, usage=USAGE)
        )
    changes = absence.setting(name.lower(), typed)
    chosen = await room.administration.preferences.change(actor, changes, once=room.once(slash, text))
    with speaking_to(chosen.locale):
        return said(absence.said_preferences(chosen))


MEMBER = Command(WORD, USAGE, phrase("How you are told of what waits for you, and when"), run)
