"""`approve #n [comment]`: the present revision again, with the button that confirms."""

from __future__ import annotations

from bot.slack.answer import Answer, Open
from bot.slack.cards import approve
from bot.slack.commands.base import Command, number_and_text
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.lifecycle.who import must_be_open
from core.model.command import Approve
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n [comment]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    number, comment = number_and_text(slash, USAGE)
    request = await room.numbered(actor, number, Approve(comment))
    must_be_open(request)
    return Open(approve.draw(request, await room.backdrop(request), comment or ""))


MEMBER = Command("approve", USAGE, phrase("Approve a request, after seeing it once more"), run)
