"""`settings safety`: trust budgets on or off, how far they go, what each machine has earned."""

from __future__ import annotations

from bot.slack.admin import safety
from bot.slack.admin.written import words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import NAME, Command, said
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room, must_be_mapped
from core.errors import Invalid
from core.model.people import Actor
from core.phrases import phrase

WORD = phrase("settings safety")
USAGE = "[on | off | change]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    must_be_mapped(actor)
    match [word.lower() for word in await words_of(room, actor, slash)]:
        case []:
            return Open(await safety.shown(room, actor))
        case ["change"]:
            return Open(await safety.form(room, actor))
        case [("on" | "off") as word]:
            await room.administration.safety.change(actor, {"enabled": word == "on"}, once=room.once(slash, word))
            how = (
                phrase("small requests of machines that earned it pass unasked")
                if word == "on"
                else phrase("people are always asked")
            )
            return said(
                phrase(
                    "Trust budgets are {state}: {how}. See {name} {word}.", state=word, how=how, name=NAME, word=WORD
                )
            )
        case _:
            raise Invalid(
                phrase(
                    "'{slash}' is not understood; write it like {name} {word} {usage}.",
                    slash=slash.text[:40],
                    name=NAME,
                    word=WORD,
                    usage=USAGE,
                )
            )


MEMBER = Command(WORD, USAGE, phrase("Trust budgets: whether and how far, and what machines have earned"), run)
