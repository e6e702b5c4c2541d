"""`suspend NAME`: stops an agent at once; the window says what that means. `agents resume` lets it go on."""

from __future__ import annotations

from bot.slack.admin import agents
from bot.slack.admin.written import missing, words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase

USAGE = "NAME"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    """An agent's name may have several words, with or without quotes."""
    must_be_mapped(actor)
    words = await words_of(room, actor, slash)
    if not words:
        raise missing(phrase("The name of the agent"), phrase("suspend {usage}", usage=USAGE))
    return Open(await agents.suspending(room, actor, " ".join(words)))


MEMBER = Command("suspend", USAGE, phrase("Stop an agent at once: keys, claims, open requests"), run)
