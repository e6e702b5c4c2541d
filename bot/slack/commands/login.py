"""`login [deciding]`: a one-time code for the command line."""

from __future__ import annotations

from bot.slack.answer import Answer, Whisper
from bot.slack.cards import login
from bot.slack.commands.base import NAME, Command
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room, must_be_mapped
from core.errors import Invalid
from core.model.people import Actor
from core.phrases import phrase

USAGE = "[deciding]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    must_be_mapped(actor)
    if slash.text not in ("", "deciding"):
        raise Invalid(
            phrase(
                "'{slash}' is not understood; write it like {name} login {usage}.",
                slash=slash.text[:40],
                name=NAME,
                usage=USAGE,
            )
        )
    may_decide = slash.text == "deciding"
    code = await room.administration.logins.show_code(actor, may_decide=may_decide)
    return Whisper(login.draw(code, may_decide=may_decide))


MEMBER = Command("login", USAGE, phrase("A code for your terminal; with 'deciding' you can decide there too"), run)
