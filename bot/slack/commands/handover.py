"""`handover #n [@who] [a word to them]`: one's own seat in a request, given away for good; without a name, a form."""

from __future__ import annotations

from bot.slack.answer import Answer, Open
from bot.slack.cards import hand_over
from bot.slack.commands.base import NAME, Command, mentioned, number_and_text, said, target_of
from bot.slack.entrance.payload import Slash
from bot.slack.people.actor import KIND
from bot.slack.room import Room
from bot.slack.typed import plain
from core.errors import Invalid
from core.lifecycle.who import must_be_open
from core.model.command import GiveSeat
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n [@who] [a word to them]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    number, text = number_and_text(slash, USAGE)
    request = await room.numbered(actor, number, GiveSeat(""))
    if text is None:
        must_be_open(request)
        return Open(hand_over.draw(request, await room.backdrop(request)))
    users = mentioned(slash.text)
    if len(users) != 1 or not text.startswith("@"):
        raise Invalid(phrase("Name one person to hand over to, like {name} handover #{n} @who.", name=NAME, n=number))
    taker = await room.read(lambda reader: reader.identity(KIND, room.installation.issuer, users[0]))
    if taker is None:
        raise Invalid(phrase("This person is not linked to a member here; pick somebody else."), field="to")
    done = GiveSeat(taker.member, plain(slash.text.partition(">")[2]) or None)
    await room.do(actor, slash, target_of(request), done)
    return said(phrase("Your seat in #{number} is handed over.", number=number))


MEMBER = Command("handover", USAGE, phrase("Give your seat in a request to somebody else, for good"), run)
