"""`delegate @who until friday [for PROJECT]`: somebody decides for me while I am away."""

from __future__ import annotations

from bot.slack import absence
from bot.slack.admin.written import as_written
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, said
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase, phrases

USAGE = absence.USAGE


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    must_be_mapped(actor)
    text = await as_written(room, actor, slash.text)
    first, _, rest = text.partition(" ")
    match first.lower():
        case "":
            return Open(await absence.asking(room, actor))
        case "show" | "list":
            return Open(await absence.listed(room, actor))
        case "stop":
            return _stopped(len(await absence.stop(room, actor, rest.strip() or None)))
        case _:
            wanted = await absence.given_by(room, actor, text)
            given = await room.administration.delegations.give(actor, once=room.once(slash, text), **wanted)
            _, working = await absence.clock_of(room, actor)
            return said(absence.said_of(given, working))


def _stopped(count: int) -> Answer:
    if not count:
        return said(phrase("Nobody decides for you, so there is nothing to stop."))
    return said(
        phrases(
            "The delegation is stopped. What was decided meanwhile stands.",
            "{count} delegations are stopped. What was decided meanwhile stands.",
            count,
        )
    )


MEMBER = Command("delegate", USAGE, phrase("Somebody decides for you while you are away"), run)
