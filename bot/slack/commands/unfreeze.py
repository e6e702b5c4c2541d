"""`unfreeze [PROJECT | everything]`: what was approved can be executed again; alone, the list of what is frozen."""

from __future__ import annotations

from bot.slack.admin import freezes
from bot.slack.admin.written import one_of, words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, said
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase

USAGE = "[PROJECT | everything]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    must_be_mapped(actor)
    words = await words_of(room, actor, slash)
    if not words:
        return Open(await freezes.listed(room, actor))
    wanted = one_of(words, phrase("unfreeze {usage}", usage=USAGE))
    project = None if wanted.lower() == "everything" else wanted
    await room.administration.freezes.lift(actor, project, once=room.once(slash, ("lift", wanted)))
    return said(phrase("The freeze of {what} is lifted; what was approved can be executed again.", what=wanted))


MEMBER = Command("unfreeze", USAGE, phrase("Lift a freeze"), run)
