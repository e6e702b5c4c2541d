"""`help [topic]`: written from what every sub-command says of itself."""

from __future__ import annotations

from bot.slack.answer import Answer, Whisper
from bot.slack.cards import help as card
from bot.slack.commands.base import Command
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor
from core.phrases import phrase

USAGE = "[topic]"


async def run(room: Room, _actor: Actor, slash: Slash) -> Answer:
    topic = slash.text.lower()
    if topic in room.manual:
        return Whisper(card.draw(room.manual[topic]))
    note = (
        phrase("There is nothing more to say about '{topic}'. This is what there is:", topic=topic[:40])
        if topic
        else ""
    )
    return Whisper(card.draw(room.help, note))


MEMBER = Command("help", USAGE, phrase("This list; with a topic, what can be said there"), run, open_to_all=True)
