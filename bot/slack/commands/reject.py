"""`reject #n reason`: decides at once, as long as the request has not been changed since it was asked."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.commands.base import Command, must_say, number_and_text, said, target_of
from bot.slack.entrance.payload import Slash
from bot.slack.repeated import keep_words
from bot.slack.room import Room
from core.model.command import Reject
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n reason"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    number, text = number_and_text(slash, USAGE)
    reason = must_say(text, slash, USAGE, phrase("The reason"))
    request = await room.numbered(actor, number, Reject(reason))
    target = target_of(request)
    given = await room.do(actor, slash, target, Reject(reason, stage=request.stage))
    before = await keep_words(room, actor, slash, target, given, reason)
    return said(before or phrase("You rejected request #{number}.", number=number))


MEMBER = Command("reject", USAGE, phrase("Reject a request; one rejection ends it"), run)
