"""`extend #n tomorrow 5pm`: a later deadline."""

from __future__ import annotations

from bot.slack import absence
from bot.slack.answer import Answer
from bot.slack.commands.base import Command, must_say, number_and_text, said, target_of
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model import command as c
from core.model.people import Actor
from core.phrases import phrase
from core.scheduling.moments import say_moment

USAGE = "#n tomorrow 5pm"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    number, text = number_and_text(slash, USAGE)
    request = await room.numbered(actor, number, c.Extend(await room.administration.now()))
    typed = must_say(text, slash, USAGE, phrase("The new deadline")).removeprefix("until ")
    at, working = await absence.moment(room, actor, typed, "expires_at")
    await room.do(actor, slash, target_of(request), c.Extend(at))
    return said(phrase("#{number} waits until {at} now.", number=number, at=say_moment(at, working)))


MEMBER = Command("extend", USAGE, phrase("Give a request more time"), run)
